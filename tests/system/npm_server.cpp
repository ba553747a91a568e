#include "tests/system/npm_server.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/system/prometheus.h"
#include "tests/unit/simulate/exchange.h"

namespace system_test {

namespace {

Process::Options node(const std::string& script, std::vector<std::string> arguments,
                      std::map<std::string, std::string> environment = {}) {
  arguments.insert(arguments.begin(), {"node", MODELVANE_TESTS "/node_modules/" + script});
  return {.arguments = std::move(arguments),
          .environment = std::move(environment),
          .program = "/usr/bin/env"};
}

}  // namespace

// A file that does not exist stands for the built-in rules.
MockLlm::MockLlm(const TempFolder& folder)
    : port_(free_port()),
      process_(node("@dwmkerr/mock-llm/dist/main.js", {"--config", folder.file("mock-llm.yaml")},
                    {{"HOST", "127.0.0.1"}, {"PORT", std::to_string(port_)}})) {}

std::string MockLlm::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

void MockLlm::answer_with(int status, const std::string& body) const {
  const nlohmann::json rule{{"path", "/v1/models"},
                            {"method", "GET"},
                            {"response", {{"status", status}, {"content", body}}}};
  const auto reply = post(url("/config"), nlohmann::json{{"rules", {rule}}}.dump(),
                          {"Content-Type: application/json"});
  if (reply.status != 200) throw std::runtime_error("mock-llm refused its rules: " + reply.body);
}

OpenaiMockApi::OpenaiMockApi(const TempFolder& folder, const std::string& key)
    : port_(free_port()),
      process_(
          node("openai-mock-api/dist/cli.js",
               {"--port", std::to_string(port_), "--config",
                folder.write(
                    "openai-mock-api.yml",
                    fmt::format(
                        "apiKey: {}\nresponses: [{{id: any, messages: [{{role: user, content: a}}, "
                        "{{role: assistant, content: b}}]}}]\n",
                        key))})) {}

std::string OpenaiMockApi::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

}  // namespace system_test
