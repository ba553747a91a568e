// `service_discovery`: from Prometheus's lists of targets to endpoints.
#include "daemon/config/discovery.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "config_world.h"
#include "daemon/config/load_config.h"

using namespace modelvane;
using modelvane::test::joined;
using modelvane::test::TemporaryFolder;

namespace {

Config parsed_groups(const std::string& yaml) {
  test::set_up_environment();
  auto config = parse_config(yaml, "a.yml");
  if (!config) FAIL(joined(config.error()));
  return std::move(*config);
}

std::string errors_of(const std::string& yaml) {
  test::set_up_environment();
  const auto config = parse_config(yaml, "a.yml");
  return config ? "" : joined(config.error());
}

TargetGroups groups_of(const std::string& text) {
  auto groups = parse_target_groups(text, "list");
  if (!groups) FAIL(joined(groups.error()));
  return std::move(*groups);
}

std::string source(const std::string& endpoint) {
  return "service_discovery:\n  - {url: \"http://sd.example/targets\", endpoint: " + endpoint +
         "}\n";
}

// What a list comes to by a template.
std::expected<Endpoints, std::vector<ConfigError>> made(const std::string& endpoint,
                                                        const std::string& list) {
  const auto config = parsed_groups(source(endpoint));
  return endpoints_of(*config.discovery.at(0).endpoint, groups_of(list));
}

}  // namespace

TEST_CASE("a list of targets is read as Prometheus writes it, in JSON and in YAML") {
  const TargetGroups expected{{.targets = {"a:1", "b:2"}, .labels = {{"team", "search"}}},
                              {.targets = {"c:3"}, .labels = {}}};
  CHECK(groups_of(R"([{"targets": ["a:1", "b:2"], "labels": {"team": "search"}},
                      {"targets": ["c:3"]}])") == expected);
  CHECK(groups_of("- targets: [a:1, b:2]\n  labels: {team: search}\n- targets: [c:3]\n") ==
        expected);
  CHECK(groups_of("[\n\t{\n\t\t\"targets\": [\"a:1\", \"b:2\"],\n\t\t\"labels\": {\"team\": "
                  "\"search\"}\n\t},\n\t{\"targets\": [\"c:3\"]}\n]") == expected);
  CHECK(groups_of("[]").empty());
}

TEST_CASE("what is no list of targets is refused, and the error says where") {
  const auto errors = [](const std::string& text) {
    const auto groups = parse_target_groups(text, "list");
    return groups ? "" : joined(groups.error());
  };
  CHECK(errors("") == "list: the list is empty text; no target is written as []\n");
  CHECK(errors("{}").starts_with("list:1:1: must be a list of groups of targets, such as"));
  CHECK(errors("<html>busy</html>").starts_with("list:1:1: must be a list of"));
  CHECK(errors("[{\"targets\": [\"a\"], \"label\": {}}]") ==
        "list:1:21: [0].label: unknown key; did you mean \"labels\"?\n");
  CHECK(errors("[{\"labels\": {}}]").starts_with("list:1:2: [0].targets: is missing"));
  CHECK(errors("[{\"targets\": [\"\"]}]").starts_with("list:1:15: [0].targets[0]: must be"));
  CHECK(errors("[{\"targets\": [\"a\"], \"labels\": {\"a-b\": \"c\"}}]")
            .find("a label name must be letters") != std::string::npos);
  CHECK(errors("[{\"targets\": [\"a\"").starts_with("list:1:"));
}

TEST_CASE("a target becomes an endpoint with its own name, URL and the group's labels") {
  const auto endpoints = made("{provider: vllm}", R"([
    {"targets": ["gpu-1:8000", "https://gpu-2.example/v1/models"],
     "labels": {"team": "search", "__meta_rack": "r7"}}])");
  REQUIRE(endpoints);
  REQUIRE(endpoints->size() == 2);
  CHECK((*endpoints)[0]->name == "gpu-1-8000");
  CHECK((*endpoints)[0]->url == "https://gpu-1:8000/v1/models");
  CHECK((*endpoints)[0]->provider == "vllm");
  CHECK((*endpoints)[0]->labels == std::map<std::string, std::string>{{"team", "search"}});
  CHECK((*endpoints)[1]->name == "gpu-2.example-v1-models");
  CHECK((*endpoints)[1]->url == "https://gpu-2.example/v1/models");
}

TEST_CASE("a template names the target and its labels where they are wanted") {
  const auto endpoints = made(
      "{name: \"llm-{{labels.__meta_id}}\", provider: vllm, "
      "url: \"http://{{ target }}/v1/models\", labels: {team: own, rack: "
      "\"{{labels.__meta_rack}}\"}}",
      R"([{"targets": ["gpu-1:8000"],
                "labels": {"team": "search", "__meta_rack": "r7", "__meta_id": "42"}}])");
  REQUIRE(endpoints);
  CHECK((*endpoints)[0]->name == "llm-42");
  CHECK((*endpoints)[0]->url == "http://gpu-1:8000/v1/models");
  CHECK((*endpoints)[0]->labels ==
        std::map<std::string, std::string>{{"rack", "r7"}, {"team", "own"}});
}

TEST_CASE("without a template a target is a list whose rows name what they point to") {
  const auto config = parsed_groups("service_discovery: [{url: \"http://sd.example/targets\"}]\n");
  const auto endpoints =
      endpoints_of(*config.discovery.at(0).endpoint, groups_of(R"([{"targets": ["a:1"]}])"));
  REQUIRE(endpoints);
  CHECK((*endpoints)[0]->reading->rules.size() == 1);
  CHECK((*endpoints)[0]->interval == std::chrono::seconds{60});
}

TEST_CASE("a target that makes no endpoint spoils its list, and the error names both") {
  const auto endpoints =
      made("{provider: vllm}", R"([{"targets": ["gpu-1:8000", "ftp://gpu-2/x"]}])");
  REQUIRE_FALSE(endpoints);
  CHECK(joined(endpoints.error()).starts_with("a.yml:2:"));
  CHECK(joined(endpoints.error()).find("(target \"ftp://gpu-2/x\")") != std::string::npos);
  // The same target twice is one; two that are called alike are not.
  CHECK(made("{provider: vllm}", R"([{"targets": ["a:1", "a:1"]}])").value().size() == 1);
  CHECK_FALSE(made("{provider: vllm}", R"([{"targets": ["a:1", "a/1"]}])"));
}

TEST_CASE("a template is checked before there is any target") {
  CHECK(errors_of(source("{provider: vlm}"))
            .starts_with(
                "a.yml:2:61: service_discovery[0].endpoint.provider: unknown provider \"vlm\""));
  CHECK(errors_of(source("{provider: vllm, url: \"http://{{host}}/\"}"))
            .find("\"{{host}}\" stands for nothing; there are {{target}} and {{labels.NAME}}") !=
        std::string::npos);
  CHECK(errors_of(source("{provider: vllm, intervall: 5s}")).find("did you mean \"interval\"?") !=
        std::string::npos);
  CHECK(errors_of(source("{provider: internlm, authorization: {credentials_env: UNSET_KEY}}"))
            .find("UNSET_KEY") != std::string::npos);
  // A secret that bears the target's name is looked for when there is one.
  CHECK(errors_of(source("{provider: vllm, authorization: {credentials_file: "
                         "\"/keys/{{target}}\"}}")) == "");
}

TEST_CASE("endpoints of lists do not take names from the configuration, nor go beyond its limit") {
  auto config = parsed_groups(
      "endpoints: [{name: gpu-1-8000, provider: vllm, url: \"http://h/v1/models\"}]\n" +
      source("{provider: vllm}"));
  const auto one =
      endpoints_of(*config.discovery[0].endpoint, groups_of(R"([{"targets": ["gpu-1:8000"]}])"));
  CHECK(add_endpoints(config, one.value()).error() ==
        "the name \"gpu-1-8000\" is taken by another endpoint of the configuration");
  CHECK(config.endpoints.size() == 1);
  std::string list = "- targets:\n";
  for (std::size_t i = 0; i < kEndpointsMax; ++i) list += fmt::format("    - h{}:1\n", i);
  const auto many = endpoints_of(*config.discovery[0].endpoint, groups_of(list));
  CHECK(add_endpoints(config, many.value()).error() ==
        fmt::format("with these there would be {} endpoints; one modelvane has at most {}",
                    kEndpointsMax + 1, kEndpointsMax));
  // A cluster may have more.
  for (std::size_t i = kEndpointsMax; i <= kClusterEndpointsMax; ++i)
    list += fmt::format("    - h{}:1\n", i);
  CHECK_FALSE(parse_target_groups(list, "list"));
}

TEST_CASE("files of targets are added for commands that look once, and their errors are told") {
  test::set_up_environment();
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder.path() / "targets");
  folder.write("targets/b.yml", "- targets: [b:1]\n");
  folder.write("targets/a.json", R"([{"targets": ["a:1"]}])");
  const auto main = folder.write(
      "modelvane.yml", "service_discovery: [{files: [targets/*], endpoint: {provider: vllm}}]\n");
  const auto config = load_config_and_targets(main);
  REQUIRE(config);
  REQUIRE(config->endpoints.size() == 2);
  CHECK(config->endpoints[0]->name == "a-1");
  CHECK(config->endpoints[1]->name == "b-1");
  const auto bad = folder.write("targets/b.yml", "- target: [b:1]\n");
  const auto errors = load_config_and_targets(main);
  REQUIRE_FALSE(errors);
  CHECK(joined(errors.error()).starts_with(bad + ":1:3: [0]"));
}
