// The presets of the providers in the real binary, over HTTP: lists in each provider's shape,
// pages, questions about single aliases, refusals as the providers write them, and their wishes for
// fewer requests.

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <mutex>
#include <nlohmann/json.hpp>

#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane::simulated;
using namespace system_test;

namespace {

using Json = nlohmann::json;
using Keys = std::map<std::string, std::string>;

const std::string kPace = "defaults: {interval: 1s, timeout: 1s, recheck: 1s}\nendpoints:\n";

// An upstream that remembers what it was asked.
class Upstream {
 public:
  explicit Upstream(FakeUpstream::Answer answer)
      : server_([this, answer = std::move(answer)](const ServedRequest& request) {
          {
            const std::scoped_lock lock{mutex_};
            requests_.push_back(request);
          }
          return answer(request);
        }) {}

  std::string url(const std::string& path = "/v1/models") const { return server_.url(path); }
  std::vector<ServedRequest> requests() {
    const std::scoped_lock lock{mutex_};
    return requests_;
  }
  std::ptrdiff_t count(const std::string& path) {
    const auto all = requests();
    return std::ranges::count(all, path, &ServedRequest::path);
  }

 private:
  std::mutex mutex_;
  std::vector<ServedRequest> requests_;  // under mutex_
  FakeUpstream server_;                  // last: its threads use everything above
};

std::string rows(const std::vector<std::string>& ids) {
  Json all = Json::array();
  for (const auto& id : ids) all.push_back({{"id", id}});
  return all.dump();
}

ServedReply ok(std::string body) {
  return {.body = std::move(body)};
}

bool shows(const Serve& serve, const std::string& line) {
  return eventually([&] {
    return get(serve.url("/metrics")).body.find("\nmodelvane_" + line + "\n") != std::string::npos;
  });
}

bool has_failed(const Serve& serve, const std::string& endpoint, const std::string& reason) {
  const auto zero = fmt::format(
      "\nmodelvane_poll_failures_total{{endpoint=\"{}\",reason=\"{}\"}} 0\n", endpoint, reason);
  return eventually([&] {
    const auto metrics = get(serve.url("/metrics")).body;
    return !metrics.empty() && metrics.find(zero) == std::string::npos;
  });
}

Json probe(const std::string& config, const std::string& name, const Keys& environment,
           std::vector<std::string> options = {}) {
  options.insert(options.begin(), {"probe", "--output", "json", "--config.file=" + config, name});
  Process process({.arguments = std::move(options), .environment = environment});
  REQUIRE_MESSAGE(process.wait(), process.transcript());
  auto answer = Json::parse(process.standard_output(), nullptr, false);
  REQUIRE_MESSAGE((answer.is_array() && answer.size() == 1), process.transcript());
  return answer[0];
}

Json probe_preset(const std::string& provider, const std::string& variable,
                  const std::string& url) {
  const TempFolder folder;
  const auto config = folder.write(
      "probe.yml", fmt::format("endpoints: [{{provider: {}, url: \"{}\"}}]\n", provider, url));
  return probe(config, provider, {{variable, "k"}});
}

// "alias -> target (rule)" for each alias, or "alias (status)".
std::vector<std::string> aliases_of(const Serve& serve, const std::string& endpoint) {
  std::vector<std::string> all;
  const auto answer =
      Json::parse(get(serve.url("/api/v1/aliases?endpoint=" + endpoint)).body, nullptr, false);
  if (!answer.is_object()) return all;
  for (const auto& row : answer.at("aliases")) {
    const std::string alias = row["alias"];
    all.push_back(row["target"].is_null()
                      ? fmt::format("{} ({})", alias, row["status"].get<std::string>())
                      : fmt::format("{} -> {} ({})", alias, row["target"].get<std::string>(),
                                    row["rule"].get<std::string>()));
  }
  std::ranges::sort(all);
  return all;
}

struct Preset {
  std::string name;
  std::string variable;  // "" = needs no key
  std::string header;
  int models;
  std::vector<std::string> aliases;
};

const std::string kDigest = "365c0bd3c000a25d28ddbf732fe1c6add414de7275464c4e4d1c3b5fcb5d8ad1";

const Preset kPresets[] = {
    {"anthropic",
     "ANTHROPIC_API_KEY",
     "x-api-key",
     3,
     {"claude-3-7-sonnet-latest -> claude-3-7-sonnet-20250219 (lookup)",
      "claude-haiku-4-5 (undisclosed)", "claude-opus-4-5 (undisclosed)",
      "claude-sonnet-4-5 (undisclosed)"}},
    {"azure-deployments",
     "AZURE_OPENAI_API_KEY",
     "api-key",
     2,
     {"chat -> gpt-4.1 (field)", "embeddings -> text-embedding-3-large (field)"}},
    {"cohere", "COHERE_API_KEY", "authorization", 2, {}},
    {"dashscope",
     "DASHSCOPE_API_KEY",
     "authorization",
     3,
     {"qwen-plus (undisclosed)", "qwen-plus-latest (undisclosed)"}},
    {"deepseek", "DEEPSEEK_API_KEY", "authorization", 2, {"deepseek-flash (undisclosed)"}},
    {"fireworks", "FIREWORKS_API_KEY", "authorization", 2, {}},
    {"gemini", "GEMINI_API_KEY", "x-goog-api-key", 2, {"gemini-flash-latest (undisclosed)"}},
    {"gemini-openai", "GEMINI_API_KEY", "authorization", 2, {"gemini-flash-latest (undisclosed)"}},
    {"github-models",
     "GITHUB_TOKEN",
     "authorization",
     2,
     {"meta/llama-3.3-70b-instruct -> 4 (field)", "openai/gpt-4.1 -> 2025-04-14 (field)"}},
    {"groq", "GROQ_API_KEY", "authorization", 2, {}},
    {"internlm",
     "INTERN_API_KEY",
     "authorization",
     3,
     {"internlm2.5-latest -> internlm2.5-20b-0719 (field)",
      "internlm3-latest -> internlm3-8b-instruct (field)",
      "internvl2.5-latest -> internvl2.5-78b (field)"}},
    {"kimi-code",
     "KIMI_API_KEY",
     "authorization",
     1,
     {"kimi-for-coding -> k2.6-code-preview (field)"}},
    {"litellm",
     "LITELLM_API_KEY",
     "authorization",
     2,
     {"chat -> azure/gpt-x,openai/gpt-x (field)", "fast -> groq/llama-3.3-70b-versatile (field)"}},
    {"llamacpp",
     "LLAMA_API_KEY",
     "authorization",
     1,
     {"chat -> qwen3-8b (reverse)", "default -> qwen3-8b (reverse)", "qwen3-8b (undisclosed)"}},
    {"lmstudio",
     "LM_API_TOKEN",
     "authorization",
     1,
     {"qwen/qwen3-4b -> qwen/qwen3-4b@q4_k_m (field)"}},
    {"mistral",
     "MISTRAL_API_KEY",
     "authorization",
     7,
     {"mistral-large-latest -> mistral-large-2512 (field)",
      "mistral-medium -> mistral-medium-2508 (field)",
      "mistral-medium-latest -> mistral-medium-2508 (field)",
      "mistral-tiny -> open-mistral-7b (reverse)",
      "mistral-vibe-cli-latest -> mistral-medium-2508 (field)"}},
    {"moonshot", "MOONSHOT_API_KEY", "authorization", 2, {"kimi-latest (undisclosed)"}},
    {"ollama",
     "",
     "",
     2,
     {"llama3:8b -> " + kDigest + " (field)", "llama3:latest -> " + kDigest + " (field)"}},
    {"openai",
     "OPENAI_API_KEY",
     "authorization",
     4,
     {"chatgpt-image-latest (undisclosed)", "gpt-4o (undisclosed)",
      "gpt-5-chat-latest (undisclosed)"}},
    {"openai-compatible",
     "OPENAI_COMPATIBLE_API_KEY",
     "authorization",
     3,
     {"acme-latest -> acme-7b (field)", "acme-tuned -> acme-7b (field)"}},
    {"openrouter",
     "OPENROUTER_API_KEY",
     "authorization",
     4,
     {"~moonshotai/kimi-latest (undisclosed)", "~x-ai/grok-latest -> x-ai/grok-4.3 (field)"}},
    {"tgi",
     "",
     "",
     1,
     {"HuggingFaceH4/zephyr-7b-beta -> b70e0c9a2d9e14bd1e812d3c398e5f313e93b473 (field)"}},
    {"together", "TOGETHER_API_KEY", "authorization", 2, {}},
    {"vllm",
     "VLLM_API_KEY",
     "authorization",
     2,
     {"lora1 -> /loras/1 (field)", "prod -> /models/llama-3.3-70b (field)"}},
    {"xai",
     "XAI_API_KEY",
     "authorization",
     3,
     {"grok-4.3-latest -> grok-4.3 (reverse)", "grok-code-fast-1 -> grok-build-0.1 (reverse)",
      "grok-imagine-video-1.5-2026-05-30 -> grok-imagine-video-1.5-preview (reverse)",
      "grok-latest -> grok-4.3 (reverse)"}},
    {"zhipu", "ZHIPU_API_KEY", "authorization", 2, {}},
};

// "/xai/models" -> xai's list; below it, the answer to a question.
ServedReply golden_answer(const ServedRequest& request) {
  if (request.path.ends_with("/claude-3-7-sonnet-latest"))
    return ok(R"({"type":"model","id":"claude-3-7-sonnet-20250219"})");
  const auto name = request.path.substr(1, request.path.find('/', 1) - 1);
  std::ifstream file{MODELVANE_TESTS "/golden/model_lists/" + name + ".json", std::ios::binary};
  return ok({std::istreambuf_iterator<char>{file}, {}});
}

// Serves pages by the value of their query's last parameter; the first page is under "".
FakeUpstream::Answer pages(std::map<std::string, std::string> bodies) {
  return [bodies = std::move(bodies)](const ServedRequest& request) {
    const auto at = request.query.rfind('=');
    const auto page = bodies.find(at == std::string::npos ? "" : request.query.substr(at + 1));
    return page == bodies.end() ? ServedReply{.status = 404} : ok(page->second);
  };
}

}  // namespace

TEST_CASE(
    "every preset polls its provider's list with the key in the right header, and knows what each "
    "alias points to") {
  Upstream upstream(golden_answer);
  std::string config = kPace;
  Keys keys;
  for (const auto& preset : kPresets) {
    config += fmt::format("  - {{provider: {0}, url: \"{1}\"}}\n", preset.name,
                          upstream.url("/" + preset.name + "/models"));
    if (!preset.variable.empty()) keys[preset.variable] = "the-key";
  }
  TempFolder folder;
  Serve serve(folder, config, keys);
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  for (const auto& preset : kPresets) {
    CAPTURE(preset.name);
    CHECK(shows(serve,
                fmt::format("catalog_models{{endpoint=\"{}\"}} {}", preset.name, preset.models)));
    CHECK(shows(serve, fmt::format("endpoint_up{{endpoint=\"{}\"}} 1", preset.name)));
    const auto aliases = aliases_of(serve, preset.name);
    CHECK_MESSAGE(aliases == preset.aliases, fmt::format("{}", fmt::join(aliases, "; ")));
  }
  for (const auto& request : upstream.requests()) {
    const auto name = request.path.substr(1, request.path.find('/', 1) - 1);
    const auto preset = std::ranges::find(kPresets, name, &Preset::name);
    REQUIRE(preset != std::end(kPresets));
    CAPTURE(name);
    if (preset->variable.empty()) continue;
    CHECK(request.header(preset->header) ==
          (preset->header == "authorization" ? "Bearer the-key" : "the-key"));
  }
}

TEST_CASE("Anthropic's cursor leads from page to page, and each alias is looked up once") {
  Upstream upstream([](const ServedRequest& request) {
    if (request.path == "/v1/models/c-latest") return ok(R"({"type":"model","id":"c-3"})");
    if (request.query.ends_with("after_id=c-1"))
      return ok(fmt::format(R"({{"data":{},"has_more":true,"last_id":"c-2"}})", rows({"c-2"})));
    if (request.query.ends_with("after_id=c-2"))
      return ok(fmt::format(R"({{"data":{},"has_more":false,"last_id":"c-latest"}})",
                            rows({"c-3", "c-latest"})));
    return ok(fmt::format(R"({{"data":{},"has_more":true,"last_id":"c-1"}})", rows({"c-1"})));
  });
  TempFolder folder;
  Serve serve(folder,
              kPace + fmt::format("  - {{name: a, provider: anthropic, url: \"{}\"}}\n",
                                  upstream.url("/v1/models?limit=1")),
              Keys{{"ANTHROPIC_API_KEY", "k"}});
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(shows(serve, R"(catalog_models{endpoint="a"} 4)"));
  CHECK(shows(serve, R"(alias_info{endpoint="a",alias="c-latest",target="c-3",rule="lookup"} 1)"));
  // One more when the first poll was faster than the opening of the store: its answer could not be
  // judged.
  const auto asked = upstream.count("/v1/models/c-latest");
  CHECK(asked <= 2);
  const auto polled = upstream.count("/v1/models");
  CHECK(eventually([&] { return upstream.count("/v1/models") >= polled + 6; }));
  CHECK(upstream.count("/v1/models/c-latest") == asked);
  const auto requests = upstream.requests();
  CHECK(requests[1].query == "limit=1&after_id=c-1");
  for (const auto& request : requests) CHECK(request.header("anthropic-version") == "2023-06-01");
}

TEST_CASE("Gemini's page token leads from page to page") {
  Upstream upstream(pages({{"", R"({"models":[{"name":"models/g-1"}],"nextPageToken":"two"})"},
                           {"two", R"({"models":[{"name":"models/g-2"}],"nextPageToken":""})"}}));
  const auto probed = probe_preset("gemini", "GEMINI_API_KEY", upstream.url("/v1beta/models"));
  CHECK(probed["models"] == std::vector<std::string>{"g-1", "g-2"});
}

TEST_CASE("OpenRouter's links are followed, relative or absolute, and never to another host") {
  Upstream other([](const auto&) { return ok(R"({"data":[{"id":"stolen"}]})"); });
  const auto page = [](const std::string& id, const std::string& next) {
    return fmt::format(R"({{"data":[{{"id":"{}"}}],"links":{{"next":{}}}}})", id,
                       Json(next).dump());
  };
  Upstream upstream([&](const ServedRequest& request) {
    if (request.path == "/elsewhere") return ok(page("o-1", other.url("/api/v1/models")));
    if (request.query == "page=2") {
      return ok(
          page("o-2", fmt::format("http://{}/api/v1/models?page=3", request.headers.at("host"))));
    }
    if (request.query == "page=3") return ok(R"({"data":[{"id":"o-3"}],"links":{"next":null}})");
    return ok(page("o-1", "/api/v1/models?page=2"));
  });
  const auto probed =
      probe_preset("openrouter", "OPENROUTER_API_KEY", upstream.url("/api/v1/models"));
  CHECK(probed["models"] == std::vector<std::string>{"o-1", "o-2", "o-3"});
  const auto refused = probe_preset("openrouter", "OPENROUTER_API_KEY", upstream.url("/elsewhere"));
  CHECK(refused["reason"] == "partial");
  CHECK(other.requests().empty());
}

TEST_CASE("pages that lead in a circle end the poll, which counts as partial") {
  Upstream upstream(
      [](const auto&) { return ok(R"({"data":[{"id":"a"}],"has_more":true,"last_id":"a"})"); });
  const auto probed = probe_preset("anthropic", "ANTHROPIC_API_KEY", upstream.url());
  CHECK(probed["reason"] == "partial");
  CHECK(upstream.requests().size() == 2);
}

TEST_CASE("when a later page fails, the poll is partial and nothing is announced") {
  std::atomic<bool> breaks = false;
  Upstream upstream([&](const ServedRequest& request) {
    if (!request.query.ends_with("page_token=two")) {
      return ok(R"({"models":[{"name":"c-1"}],"next_page_token":"two"})");
    }
    return breaks ? ServedReply{.status = 503}
                  : ok(R"({"models":[{"name":"c-2"}],"next_page_token":""})");
  });
  TempFolder folder;
  Serve serve(folder,
              kPace + fmt::format("  - {{name: c, provider: cohere, url: \"{}\", confirm: "
                                  "{{removed: {{polls: 1, for: 0s}}}}}}\n",
                                  upstream.url()),
              Keys{{"COHERE_API_KEY", "k"}});
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(shows(serve, R"(catalog_models{endpoint="c"} 2)"));
  breaks = true;
  CHECK(has_failed(serve, "c", "partial"));
  const auto answer = Json::parse(get(serve.url("/api/v1/events")).body);
  for (const auto& event : answer.at("events"))
    CHECK(event["type"].get<std::string>().starts_with("io.modelvane.endpoint."));
  CHECK(shows(serve, R"(catalog_models{endpoint="c"} 2)"));
  breaks = false;
  CHECK(shows(serve, R"(endpoint_up{endpoint="c"} 1)"));
}

TEST_CASE(
    "an echo is asked only as often as its daily budget allows, and an answer resolves the alias") {
  Upstream upstream([](const ServedRequest& request) {
    if (request.method == "POST") return ok(R"({"model":"gpt-5-chat-2026-01-01"})");
    return ok(fmt::format(R"({{"data":{}}})", rows({"gpt-5-chat-latest", "gpt-6-chat-latest"})));
  });
  TempFolder folder;
  Serve serve(
      folder,
      kPace +
          fmt::format("  - {{name: o, provider: openai, url: \"{}\", echo: {{daily_budget: 1}}}}\n"
                      "  - {{name: silent, provider: openai, url: \"{}\"}}\n",
                      upstream.url(), upstream.url("/silent/models")),
      Keys{{"OPENAI_API_KEY", "k"}});
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(shows(
      serve,
      R"(alias_info{endpoint="o",alias="gpt-5-chat-latest",target="gpt-5-chat-2026-01-01",rule="echo"} 1)"));
  CHECK(eventually(
      [&] { return upstream.count("/v1/models") >= 4 && upstream.count("/silent/models") >= 3; }));
  CHECK(upstream.count("/v1/chat/completions") == 1);
  CHECK(upstream.count("/silent/chat/completions") == 0);
  const auto requests = upstream.requests();
  const auto question = std::ranges::find(requests, "POST", &ServedRequest::method);
  REQUIRE(question != requests.end());
  CHECK(Json::parse(question->body)["model"] == "gpt-5-chat-latest");
  CHECK(question->header("authorization") == "Bearer k");
}

TEST_CASE("a list that has not changed since its ETag is a good poll") {
  const std::string date = "Sun, 22 Nov 2026 09:00:00 GMT";
  Upstream upstream([&](const ServedRequest& request) {
    if (request.header("if-none-match") == "\"a1\"" && request.header("if-modified-since") == date)
      return ServedReply{.status = 304};
    return ServedReply{.body = R"({"data":[{"id":"a"}]})",
                       .headers = {{"ETag", "\"a1\""}, {"Last-Modified", date}}};
  });
  TempFolder folder;
  Serve serve(
      folder,
      kPace + fmt::format("  - {{name: z, provider: zhipu, url: \"{}\"}}\n", upstream.url()),
      Keys{{"ZHIPU_API_KEY", "k"}});
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK(shows(serve, R"(poll_http_status_code{endpoint="z"} 304)"));
  CHECK(shows(serve, R"(endpoint_up{endpoint="z"} 1)"));
  CHECK(shows(serve, R"(catalog_models{endpoint="z"} 1)"));
  CHECK(shows(serve, R"(poll_failures_total{endpoint="z",reason="redirect"} 0)"));
}

TEST_CASE("refusals get the reason that each provider means by them") {
  struct Refusal {
    std::string provider;
    std::string variable;
    int status;
    std::string body;
    std::string reason;
  };
  const Refusal refusals[] = {
      {"gemini", "GEMINI_API_KEY", 400,
       R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT",)"
       R"("details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}]}})",
       "auth"},
      {"xai", "XAI_API_KEY", 400,
       R"({"code":"Client specified an invalid argument","error":"Incorrect API key provided: xa***yz."})",
       "auth"},
      {"cohere", "COHERE_API_KEY", 498, R"({"message":"invalid api token"})", "auth"},
      {"litellm", "LITELLM_API_KEY", 401,
       R"({"error":{"message":"Authentication Error","type":"auth_error","param":"None","code":"401"}})",
       "auth"},
      {"anthropic", "ANTHROPIC_API_KEY", 401,
       R"({"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}})",
       "auth"},
      {"anthropic", "ANTHROPIC_API_KEY", 529,
       R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
       "http_5xx"},
      {"openai", "OPENAI_API_KEY", 429,
       R"({"error":{"type":"insufficient_quota","code":"insufficient_quota"}})", "rate_limited"},
      {"gemini", "GEMINI_API_KEY", 400,
       R"({"error":{"code":400,"message":"bad page token","status":"INVALID_ARGUMENT"}})",
       "http_4xx"},
      {"mistral", "MISTRAL_API_KEY", 301, "", "redirect"},
      {"github-models", "GITHUB_TOKEN", 200, "[]", "empty"},
      {"ollama", "", 200, R"({"models":null})", "empty"},
      {"openai-compatible", "OPENAI_COMPATIBLE_API_KEY", 200,
       "<!doctype html><title>Welcome</title>", "not_json"},
  };
  for (const auto& refusal : refusals) {
    CAPTURE(refusal.provider);
    CAPTURE(refusal.status);
    Upstream upstream(
        [&](const auto&) { return ServedReply{.status = refusal.status, .body = refusal.body}; });
    const auto probed =
        probe_preset(refusal.provider, refusal.variable.empty() ? "UNUSED_KEY" : refusal.variable,
                     upstream.url());
    CHECK(probed["status"] == refusal.status);
    CHECK(probed["reason"] == refusal.reason);
    CHECK(upstream.requests().size() == 1);
  }
}

TEST_CASE("a provider that asks for fewer requests gets them, whichever way it says so") {
  using Headers = std::vector<std::pair<std::string, std::string>>;
  const std::map<std::string, std::pair<Headers, std::string>> wishes{
      {"/seconds", {{{"Retry-After", "600"}}, ""}},
      {"/fraction", {{{"Retry-After", "600.5"}}, ""}},
      {"/date", {{{"Retry-After", "Fri, 31 Dec 2100 10:00:00 GMT"}}, ""}},
      {"/go", {{{"Retry-After", "10m59.56s"}}, ""}},
      {"/milliseconds", {{{"Retry-After", "1"}, {"Retry-After-Ms", "600000"}}, ""}},
      {"/reset", {{{"X-RateLimit-Reset-Requests", "10m2s"}}, ""}},
      {"/instant", {{{"Anthropic-RateLimit-Requests-Reset", "2100-12-31T10:00:09Z"}}, ""}},
      {"/body",
       {{},
        R"({"error":{"status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"634.07s"}]}})"}},
      {"/soon", {{{"Retry-After", "1"}}, ""}},
  };
  Upstream upstream([&](const ServedRequest& request) {
    const auto& [headers, body] = wishes.at(request.path);
    return ServedReply{.status = 429, .body = body, .headers = headers};
  });
  std::string config = kPace;
  for (const auto& [path, wish] : wishes)
    config += fmt::format("  - {{name: {}, aliases: [], url: \"{}\"}}\n", path.substr(1),
                          upstream.url(path));
  TempFolder folder;
  Serve serve(folder, config);
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  REQUIRE(eventually([&] {
    return std::ranges::all_of(wishes,
                               [&](const auto& wish) { return upstream.count(wish.first) > 0; });
  }));
  // The pace of one that asks for little shows how much time the others had for a request too many.
  const auto soon = upstream.count("/soon");
  CHECK(eventually([&] { return upstream.count("/soon") >= soon + 2; }));
  for (const auto& [path, wish] : wishes) {
    CAPTURE(path);
    CHECK(has_failed(serve, path.substr(1), "rate_limited"));
    if (path != "/soon") CHECK(upstream.count(path) == 1);
  }
}
