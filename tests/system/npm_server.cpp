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

void MockLlm::set(const std::string& config) const {
  const auto reply = post(url("/config"), config, {"Content-Type: application/json"});
  if (reply.status != 200) throw std::runtime_error("mock-llm refused its rules: " + reply.body);
}

void MockLlm::answer_with(int status, const std::string& body) const {
  const nlohmann::json rule{{"path", "/v1/models"},
                            {"method", "GET"},
                            {"response", {{"status", status}, {"content", body}}}};
  set(nlohmann::json{{"rules", {rule}}}.dump());
}

void MockLlm::complete_with(const std::string& asked, const std::string& model) const {
  const nlohmann::json list{{"object", "list"}, {"data", {{{"id", asked}}}}};
  const nlohmann::json answer{
      {"id", "1"},
      {"model", model},
      {"created", 1},
      {"choices", {{{"message", {{"role", "assistant"}, {"content", std::string(200, 'a')}}}}}}};
  const auto rule = [](const char* method, const char* path, const nlohmann::json& body) {
    return nlohmann::json{{"method", method},
                          {"path", path},
                          {"response", {{"status", 200}, {"content", body.dump()}}}};
  };
  set(nlohmann::json{
      {"streaming", {{"chunkSize", 1}, {"chunkIntervalMs", 100}}},
      {"rules", {rule("GET", "/v1/models", list), rule("POST", "/v1/chat/completions", answer)}}}
          .dump());
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
                        "{{role: assistant, content: b}}]}}, {{id: echo, messages: [{{role: user, "
                        "matcher: any}}, {{role: assistant, content: one two three four}}]}}]\n",
                        key))})) {}

std::string OpenaiMockApi::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

}  // namespace system_test
