// The presets against lists in their providers' shapes (tests/golden/model_lists), and against the
// page that is made from them.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "daemon/catalog/read_catalog.h"
#include "daemon/config/load_config.h"
#include "daemon/config/providers.h"
#include "daemon/config/recognise.h"

using namespace modelvane;

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

void expect_file(const std::string& path, const std::string& text) {
  if (std::getenv("MODELVANE_UPDATE") != nullptr) std::ofstream{path, std::ios::binary} << text;
  CHECK(text == read_file(path));
}

std::string to_text(const Catalog& catalog) {
  std::string text = fmt::format("models: {}\n", fmt::join(catalog.ids.all(), ", "));
  for (const auto& alias : catalog.aliases)
    text += fmt::format("{} -> {} ({})\n", alias.id, alias.target, label(alias.rule));
  if (!catalog.undisclosed.empty())
    text += fmt::format("undisclosed: {}\n", fmt::join(catalog.undisclosed, ", "));
  for (const auto& end : catalog.lifecycles) {
    text += fmt::format("{} ends {}{}\n", end.id,
                        end.retires_at ? to_rfc3339(*end.retires_at) : "some day",
                        end.replacement.empty() ? "" : ", replacement " + end.replacement);
  }
  for (const auto& hint : catalog.hints)
    text += fmt::format("{} hints {}\n", hint.id, fmt::join(hint.values, " "));
  return text;
}

const std::string kLists = std::string{MODELVANE_GOLDEN} + "/model_lists/";

void expect_golden(const ProviderPreset& preset, const std::string& list) {
  CAPTURE(list);
  const auto reading = reading_of(preset, preset.url.empty() ? preset.example : preset.url);
  CatalogReader reader{reading};
  const auto page = reader.add_page(read_file(kLists + list + ".json"));
  REQUIRE_MESSAGE(page.has_value(), page.error().sentence);
  for (std::size_t i = 0; i < reading.rules.size(); ++i) {
    if (!reading.rules[i].document) continue;
    REQUIRE(reader.add_document(i, read_file(kLists + list + "-document.json")));
  }
  const auto catalog = reader.take();
  REQUIRE_MESSAGE(catalog.has_value(), catalog.error().sentence);
  expect_file(kLists + list + ".txt", to_text(*catalog));
}

}  // namespace

TEST_CASE("every preset reads a list in its provider's shape") {
  for (const auto& preset : providers()) expect_golden(preset, preset.name);
}

TEST_CASE("Fireworks' control plane is read like its inference list") {
  expect_golden(*find_provider("fireworks"), "fireworks-control-plane");
}

TEST_CASE("a provider's other lists are read by the same preset") {
  expect_golden(*find_provider("internlm"), "internlm-2026");
  expect_golden(*find_provider("xai"), "xai-language-models");
  expect_golden(*find_provider("azure-deployments"), "azure-deployments-arm");
}

TEST_CASE("every preset says what it was made from, and when that was") {
  for (const auto& preset : providers()) {
    CAPTURE(preset.name);
    CHECK(preset.made_from.find("202") != std::string::npos);
  }
}

TEST_CASE("a preset's key comes from whichever of its variables is set") {
  ::unsetenv("INTERN_API_KEY");
  ::setenv("INTERNVL_API_KEY", "a-key", 1);
  const auto other = parse_config("endpoints: [{provider: internlm}]", "test.yml");
  ::setenv("INTERN_API_KEY", "a-key", 1);
  const auto usual = parse_config("endpoints: [{provider: internlm}]", "test.yml");
  ::unsetenv("INTERN_API_KEY");
  ::unsetenv("INTERNVL_API_KEY");
  const auto none = parse_config("endpoints: [{provider: internlm}]", "test.yml");
  REQUIRE(other.has_value());
  CHECK(other->endpoints[0]->access->authorization->credentials.where == "INTERNVL_API_KEY");
  REQUIRE(usual.has_value());
  CHECK(usual->endpoints[0]->access->authorization->credentials.where == "INTERN_API_KEY");
  REQUIRE_FALSE(none.has_value());
}

TEST_CASE("the providers of the product's contract are all there") {
  for (const auto name : {"internlm",
                          "openrouter",
                          "mistral",
                          "xai",
                          "openai",
                          "anthropic",
                          "gemini",
                          "gemini-openai",
                          "deepseek",
                          "zhipu",
                          "moonshot",
                          "kimi-code",
                          "dashscope",
                          "groq",
                          "together",
                          "github-models",
                          "fireworks",
                          "cohere",
                          "azure-deployments",
                          "litellm",
                          "vllm",
                          "llamacpp",
                          "ollama",
                          "lmstudio",
                          "tgi",
                          "openai-compatible"}) {
    CAPTURE(name);
    const auto* preset = find_provider(name);
    REQUIRE(preset != nullptr);
    CHECK(!preset->title.empty());
    CHECK(preset->tells.ends_with("."));
    CHECK(preset->trap.ends_with("."));
    CHECK(preset->url.empty() != preset->example.empty());
    CHECK(preset->yaml.starts_with(fmt::format("- provider: {}\n", name)));
  }
}

TEST_CASE("the page of the providers is made from the presets") {
  expect_file(std::string{MODELVANE_GOLDEN} + "/../../docs/providers.md", providers_page());
}

TEST_CASE("a preset's key, headers and questions can be changed by the endpoint") {
  ::setenv("ANTHROPIC_API_KEY", "a-key", 1);
  const auto config = parse_config(R"(
endpoints:
  - {provider: anthropic}
  - {name: own-key, provider: anthropic, http_headers: {X-Api-Key: mine, anthropic-version: "2024-01-01"}}
  - {name: gateway, provider: anthropic, url: "https://gw.example.com/claude/v1/models?limit=50"}
)",
                                   "test.yml");
  REQUIRE(config.has_value());
  const EndpointConfig& preset = config->endpoints[0];
  CHECK(preset.access->http_headers.size() == 2);
  REQUIRE(preset.reading->rules.size() == 1);
  CHECK(preset.reading->rules[0].url == "https://api.anthropic.com/v1/models/{id}");
  CHECK(config->endpoints[1]->access->http_headers.size() == 2);
  CHECK(config->endpoints[1]->access->http_headers[0].second.where == "mine");
  CHECK(config->endpoints[2]->reading->rules[0].url ==
        "https://gw.example.com/claude/v1/models/{id}");
}

TEST_CASE("an echo is sent only for endpoints that ask for it") {
  ::setenv("DEEPSEEK_API_KEY", "a-key", 1);
  const auto config = parse_config(R"(
endpoints:
  - {provider: deepseek}
  - {name: asked, provider: deepseek, echo: true}
  - {name: seldom, provider: deepseek, echo: {interval: 12h, daily_budget: 4}}
)",
                                   "test.yml");
  REQUIRE(config.has_value());
  CHECK(config->endpoints[0]->reading->rules.empty());
  REQUIRE(config->endpoints[1]->reading->rules.size() == 1);
  CHECK(config->endpoints[1]->reading->rules[0].url == "https://api.deepseek.com/chat/completions");
  REQUIRE(config->endpoints[2]->reading->rules.size() == 1);
  CHECK(config->endpoints[2]->reading->rules[0].interval == std::chrono::hours{12});
  CHECK(config->endpoints[2]->reading->rules[0].daily_budget == 4);
}

TEST_CASE("a provider is recognised by its host, and a saved list by what it tells") {
  CHECK(provider_of_url("https://api.mistral.ai/v1/models")->name == "mistral");
  CHECK(provider_of_url("https://api.x.ai/v1/language-models")->name == "xai");
  CHECK(provider_of_url("https://generativelanguage.googleapis.com/v1beta/openai/models")->name ==
        "gemini-openai");
  CHECK(provider_of_url("https://llm.example.com/v1/models") == nullptr);
  CHECK(provider_of_url("https://api.mistral.ai.example.com/v1/models") == nullptr);
  for (const std::string name : {"internlm", "openrouter", "ollama", "lmstudio", "litellm",
                                 "bedrock-models", "databricks", "vertex", "openai-compatible"}) {
    CAPTURE(name);
    const auto found = provider_of_list(read_file(kLists + name + ".json"));
    REQUIRE(found.preset != nullptr);
    CHECK(found.preset->name == name);
  }
  CHECK(provider_of_list("<html>").preset == nullptr);
}

TEST_CASE("whose lists have signs of their own, they are recognised by these, and no others are") {
  for (const auto& preset : providers()) {
    if (preset.signs.empty()) continue;
    CAPTURE(preset.name);
    const auto found = provider_of_list(read_file(kLists + preset.name + ".json"));
    REQUIRE(found.preset != nullptr);
    CHECK(found.preset->name == preset.name);
  }
  // A list with a row of theirs among others.
  const auto mixed = provider_of_list(
      R"({"data":[{"id":"a","owned_by":"deepseek"},{"id":"b","owned_by":"x"},{"id":"c"}]})");
  CHECK(mixed.preset->name == "openai-compatible");
  CHECK(provider_of_list(R"({"data":[1,null,{"id":"a","display_name":"A"}]})").preset->name ==
        "openai-compatible");
}

TEST_CASE("what is printed for pasting is a configuration") {
  ::setenv("MISTRAL_API_KEY", "a-key", 1);
  const auto yaml = endpoint_yaml(*find_provider("mistral"), "https://api.mistral.ai/v1/models");
  CHECK(yaml.find("url:") == std::string::npos);
  CHECK(parse_config(yaml, "test.yml").has_value());
  const auto other = endpoint_yaml(*find_provider("vllm"), "http://gpu:8000/v1/models");
  CHECK(parse_config(other, "test.yml").value().endpoints[0]->url == "http://gpu:8000/v1/models");
  ::unsetenv("MISTRAL_API_KEY");
}
