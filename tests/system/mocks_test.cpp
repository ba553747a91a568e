// Servers that others wrote to stand in for OpenAI's API, against the real binary: what their lists
// say, what modelvane makes of it, and how it judges their refusals.

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "tests/system/harness.h"
#include "tests/system/npm_server.h"
#include "tests/unit/simulate/exchange.h"

using namespace system_test;

namespace {

using Json = nlohmann::json;

const std::string kMoving =
    R"({"object":"list","data":[{"id":"m-1"},{"id":"m-2"},{"id":"m-latest","ref_model":"m-1"}]})";
const std::string kMoved =
    R"({"object":"list","data":[{"id":"m-1"},{"id":"m-2"},{"id":"m-latest","ref_model":"m-2"}]})";

bool shows(const Serve& serve, const std::string& line) {
  return eventually([&] {
    return get(serve.url("/metrics")).body.find("\nmodelvane_" + line + "\n") != std::string::npos;
  });
}

double value_of(const Serve& serve, const std::string& series) {
  const std::string metrics = get(serve.url("/metrics")).body;
  const std::string start = "\nmodelvane_" + series + " ";
  const auto at = metrics.find(start);
  return at == std::string::npos ? -1 : std::stod(metrics.substr(at + start.size()));
}

// Exit code and what it printed.
std::pair<int, Json> probe(const std::vector<std::string>& arguments,
                           const std::map<std::string, std::string>& environment = {}) {
  std::vector<std::string> words{"probe", "--output", "json"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  Process process({.arguments = words, .environment = environment});
  const auto code = process.wait();
  auto answer = Json::parse(process.standard_output(), nullptr, false);
  REQUIRE_MESSAGE((code && answer.is_array() && answer.size() == 1), process.transcript());
  return {*code, answer[0]};
}

// The ids of a list as any program would read them.
std::vector<std::string> ids_of(const Json& list) {
  std::vector<std::string> ids;
  for (const auto& row : list["data"]) ids.push_back(row["id"]);
  std::sort(ids.begin(), ids.end());
  return ids;
}

struct Watched {
  TempFolder folder;
  MockLlm mock{folder};
  std::optional<Serve> serve;

  explicit Watched(const std::string& body) {
    REQUIRE_MESSAGE(mock.is_up(), mock.process().transcript());
    mock.answer_with(200, body);
    serve.emplace(
        folder, fmt::format("defaults: {{interval: 1s, timeout: 1s, recheck: 1s}}\n"
                            "endpoints: [{{name: m, provider: openai-compatible, url: \"{}\"}}]\n",
                            mock.url()));
    REQUIRE_MESSAGE(serve->is_up(), serve->process().transcript());
  }
};

}  // namespace

TEST_CASE(
    "openai-mock-api's list is the same to modelvane as to any reader, with either OpenAI preset") {
  TempFolder folder;
  OpenaiMockApi mock(folder, "right-key");
  REQUIRE_MESSAGE(mock.is_up(), mock.process().transcript());
  const std::map<std::string, std::string> keys{{"OPENAI_API_KEY", "right-key"},
                                                {"OPENAI_COMPATIBLE_API_KEY", "right-key"}};
  Serve serve(folder,
              fmt::format("defaults: {{interval: 1s, timeout: 1s}}\nendpoints:\n"
                          "  - {{name: any, provider: openai-compatible, url: \"{0}\"}}\n"
                          "  - {{name: own, provider: openai, url: \"{0}\"}}\n",
                          mock.url()),
              keys);
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  const std::vector<std::string> expected{"gpt-3.5-turbo", "gpt-4"};
  for (const std::string name : {"any", "own"}) {
    CAPTURE(name);
    CHECK(shows(serve, fmt::format("endpoint_up{{endpoint=\"{}\"}} 1", name)));
    CHECK(shows(serve, fmt::format("catalog_models{{endpoint=\"{}\"}} 2", name)));
    CHECK(shows(serve, fmt::format("poll_http_status_code{{endpoint=\"{}\"}} 200", name)));
    const auto [code, probed] =
        probe({"--config.file=" + folder.file("modelvane.yml"), name}, keys);
    CHECK(code == 0);
    CHECK(probed["models"] == expected);
    // OpenAI's own undated names are aliases whose targets it hides; elsewhere they are any ids.
    CHECK(probed["aliases"].size() == (name == "own" ? expected.size() : 0));
  }
}

TEST_CASE(
    "a key that openai-mock-api refuses is the reason auth, until the file holds the right one") {
  TempFolder folder;
  OpenaiMockApi mock(folder, "right-key");
  REQUIRE_MESSAGE(mock.is_up(), mock.process().transcript());
  const auto key = folder.write("key", "wrong-key\n");
  Serve serve(folder, fmt::format("defaults: {{interval: 1s, timeout: 1s}}\nendpoints: [{{name: "
                                  "own, provider: openai, url: \"{}\", "
                                  "authorization: {{credentials_file: \"{}\"}}}}]\n",
                                  mock.url(), key));
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(eventually([&] {
    return value_of(serve, R"(poll_failures_total{endpoint="own",reason="auth"})") >= 1;
  }));
  CHECK(value_of(serve, R"(poll_http_status_code{endpoint="own"})") == 401);
  const auto [code, refused] = probe({mock.url()});
  CHECK(code == 1);
  CHECK(refused["reason"] == "auth");
  CHECK(refused["error"].get<std::string>().find("invalid_api_key") != std::string::npos);
  folder.write("key", "right-key\n");
  CHECK(shows(serve, R"(endpoint_up{endpoint="own"} 1)"));
  CHECK(shows(serve, R"(catalog_models{endpoint="own"} 2)"));
}

TEST_CASE("a streamed echo at mock-llm learns target and move from first events alone") {
  TempFolder folder;
  MockLlm mock(folder);
  REQUIRE_MESSAGE(mock.is_up(), mock.process().transcript());
  mock.complete_with("gpt-4o", "gpt-4o-2024-08-06");
  Serve serve(folder,
              fmt::format("defaults: {{interval: 1s, timeout: 1s, recheck: 1s}}\n"
                          "endpoints: [{{name: own, provider: openai, url: \"{}\", "
                          "echo: {{interval: 10s}}}}]\n",
                          mock.url()),
              std::map<std::string, std::string>{{"OPENAI_API_KEY", "k"}});
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  const std::string info = R"(alias_info{endpoint="own",alias="gpt-4o",target=")";
  REQUIRE(shows(serve, info + R"(gpt-4o-2024-08-06",rule="echo"} 1)"));
  const auto seconds = [&](const std::string& what) {
    return value_of(serve,
                    "echo_first_token_seconds_" + what + R"({endpoint="own",alias="gpt-4o"})");
  };
  CHECK(seconds("count") >= 1);
  // The whole stream takes twenty seconds.
  CHECK(seconds("sum") / seconds("count") < 5);
  mock.complete_with("gpt-4o", "gpt-4o-2024-11-20");
  CHECK(shows(serve, info + R"(gpt-4o-2024-11-20",rule="echo"} 1)"));
  CHECK(shows(serve, R"(alias_changes_total{endpoint="own",alias="gpt-4o"} 1)"));
}

TEST_CASE("a streamed echo at openai-mock-api, which repeats the alias, discloses nothing") {
  TempFolder folder;
  OpenaiMockApi mock(folder, "right-key");
  REQUIRE_MESSAGE(mock.is_up(), mock.process().transcript());
  Serve serve(folder,
              fmt::format("defaults: {{interval: 1s, timeout: 1s, recheck: 1s}}\n"
                          "endpoints: [{{name: own, provider: openai, url: \"{}\", echo: true}}]\n",
                          mock.url()),
              std::map<std::string, std::string>{{"OPENAI_API_KEY", "right-key"}});
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  const auto count = R"(echo_first_token_seconds_count{endpoint="own",alias="gpt-4"})";
  CHECK(eventually([&] { return value_of(serve, count) >= 1; }));
  CHECK(get(serve.url("/metrics")).body.find("rule=\"echo\"") == std::string::npos);
  CHECK(value_of(serve, R"(endpoint_up{endpoint="own"})") == 1);
}

TEST_CASE("mock-llm's own list is the same to modelvane as to any reader") {
  TempFolder folder;
  MockLlm mock(folder);
  REQUIRE_MESSAGE(mock.is_up(), mock.process().transcript());
  const auto [code, probed] = probe({mock.url()});
  CHECK(code == 0);
  const auto expected = ids_of(Json::parse(get(mock.url()).body));
  CHECK(expected.size() == 1);
  CHECK(probed["models"] == expected);
}

TEST_CASE("an alias that moves at mock-llm is reported, with its old and its new target") {
  Watched watched{kMoving};
  REQUIRE(shows(*watched.serve,
                R"(alias_info{endpoint="m",alias="m-latest",target="m-1",rule="field"} 1)"));
  CHECK(shows(*watched.serve, R"(catalog_models{endpoint="m"} 3)"));
  watched.mock.answer_with(200, kMoved);
  REQUIRE(shows(*watched.serve,
                R"(alias_info{endpoint="m",alias="m-latest",target="m-2",rule="field"} 1)"));
  CHECK(shows(*watched.serve, R"(alias_changes_total{endpoint="m",alias="m-latest"} 1)"));
  const auto events = Json::parse(get(watched.serve->url("/api/v1/events")).body)["events"];
  REQUIRE(events.size() == 1);
  CHECK(events[0]["type"] == "io.modelvane.alias.moved");
  CHECK(events[0]["data"]["from"] == "m-1");
  CHECK(events[0]["data"]["to"] == "m-2");
}

TEST_CASE("a list that Express says is not modified is a good poll") {
  Watched watched{kMoving};
  CHECK(shows(*watched.serve, R"(poll_http_status_code{endpoint="m"} 304)"));
  const double polls = value_of(*watched.serve, R"(polls_total{endpoint="m"})");
  CHECK(eventually(
      [&] { return value_of(*watched.serve, R"(polls_total{endpoint="m"})") >= polls + 2; }));
  CHECK(value_of(*watched.serve, R"(poll_http_status_code{endpoint="m"})") == 304);
  CHECK(value_of(*watched.serve, R"(endpoint_up{endpoint="m"})") == 1);
  CHECK(value_of(*watched.serve, R"(catalog_models{endpoint="m"})") == 3);
}

TEST_CASE(
    "each way in which mock-llm can fail has its reason, and none of them changes what is known") {
  Watched watched{kMoving};
  REQUIRE(shows(*watched.serve,
                R"(alias_info{endpoint="m",alias="m-latest",target="m-1",rule="field"} 1)"));
  struct Failure {
    int status;
    std::string body;
    std::string reason;
  };
  const Failure failures[] = {
      {401,
       R"({"error":{"message":"Incorrect API key provided","type":"invalid_request_error","code":"invalid_api_key"}})",
       "auth"},
      {403, R"({"error":{"type":"permission_error"}})", "auth"},
      {429, R"({"error":{"type":"insufficient_quota"}})", "rate_limited"},
      {404, R"({"detail":"Not Found"})", "http_4xx"},
      {500, R"({"error":{"type":"server_error"}})", "http_5xx"},
      {503, R"({"error":{"type":"overloaded"}})", "http_5xx"},
      {200, R"({"object":"list","data":[]})", "empty"},
      {200, R"({"object":"list","rows":[{"id":"m-1"}]})", "bad_shape"},
      {200, R"({"object":"list","data":[{"name":"m-1"}]})", "bad_shape"},
  };
  for (const auto& failure : failures) {
    CAPTURE(failure.status);
    CAPTURE(failure.body);
    watched.mock.answer_with(failure.status, failure.body);
    const auto [code, probed] =
        probe({"--config.file=" + watched.folder.file("modelvane.yml"), "m"});
    CHECK(code == 1);
    CHECK(probed["status"] == failure.status);
    CHECK(probed["reason"] == failure.reason);
  }
  CHECK(eventually([&] {
    return value_of(*watched.serve, R"(poll_failures_total{endpoint="m",reason="bad_shape"})") >= 1;
  }));
  CHECK(value_of(*watched.serve,
                 R"(alias_info{endpoint="m",alias="m-latest",target="m-1",rule="field"})") == 1);
  CHECK(value_of(*watched.serve, R"(catalog_models{endpoint="m"})") == 3);
  const auto answer = Json::parse(get(watched.serve->url("/api/v1/events")).body);
  for (const auto& event : answer["events"])
    CHECK(event["type"].get<std::string>().starts_with("io.modelvane.endpoint."));
}
