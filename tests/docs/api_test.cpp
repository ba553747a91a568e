// docs/API.md and the OpenAPI document tell of the same paths and parameters; that the server does
// as the latter says is shown by tests/system/openapi_test.cpp.
#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/docs/project.h"

using Json = nlohmann::json;

TEST_CASE(
    "docs/API.md tells of every path and parameter of the OpenAPI document, and of no other path") {
  const auto markdown = docs::read("docs/API.md");
  const auto words = docs::in_backticks(markdown);
  const auto paths = Json::parse(docs::read("daemon/web/openapi.json"))["paths"];
  const auto is_told = [&](const std::string& word) {
    return std::ranges::any_of(
        words, [&](const auto& told) { return told == word || told == "?" + word + "="; });
  };
  for (const auto& [path, item] : paths.items()) {
    CHECK_MESSAGE(is_told(path), path);
    for (const auto& method : item) {
      for (const auto& parameter : method.value("parameters", Json::array())) {
        const auto name = parameter["name"].get<std::string>();
        CHECK_MESSAGE((parameter["in"] == "path" || is_told(name) ||
                       markdown.find("`" + name + "=") != std::string::npos),
                      path << " takes " << name);
      }
    }
  }
  for (const auto& word : words) {
    if (word.starts_with("/api/")) CHECK_MESSAGE(paths.contains(word), word);
  }
}
