#include "daemon/config/load_config.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "config_world.h"
#include "daemon/config/access.h"
#include "daemon/events/event.h"

using namespace modelvane;
using modelvane::test::joined;
using modelvane::test::TemporaryFolder;
using namespace std::chrono_literals;

namespace {

// The sample configuration with the CA file that this test makes.
std::string sample(const std::string& ca_file) {
  return fmt::format(R"(instance: prod-a
defaults:
  interval: 60s
  timeout: 10s
  recheck: 5s
  connection: fresh
  body_limit: 16MiB
  confirm:
    moved:    {{polls: 2}}
    vanished: {{polls: 3, for: 10m}}
    removed:  {{polls: 3, for: 6h}}
    down:     {{polls: 3}}
    up:       {{polls: 2}}
  shrink_guard: {{ratio: 0.25, least: 5, hold: 6h}}
endpoints:
  - name: internlm
    provider: internlm
    authorization: {{credentials_env: INTERN_API_KEY}}
    http_headers: {{sso-ak: {{value_env: SSO_AK}}}}
    pins: {{internlm3-latest: [internlm3-8b-instruct]}}
    labels: {{team: search}}
  - name: gateway
    url: https://llm.example.com/v1/models
    list: {{items: /data, id: /id, strip_prefix: "", pagination: {{kind: none}}}}
    aliases: [{{field: /ref_model}}]
    models: {{include: ["^acme-"], exclude: []}}
    tls_config: {{ca_file: {}}}
    proxy_url: http://proxy:3128
webhooks:
  - name: oncall
    url_env: ONCALL_URL
    format: cloudevents
    signing: {{secrets_env: [WH_SECRET, WH_SECRET_OLD]}}
    events: ["alias.*", "endpoint.*"]
    endpoints: ["*"]
    timeout: 15s
    max_age: 24h
storage: {{retention: 400d}}
)",
                     ca_file);
}

// The config, or a failed test that shows the errors.
Config parsed(std::string_view yaml) {
  test::set_up_environment();
  auto config = parse_config(yaml, "a.yml");
  if (!config) FAIL(joined(config.error()));
  return std::move(*config);
}

std::string errors_of(std::string_view yaml) {
  test::set_up_environment();
  const auto config = parse_config(yaml, "a.yml");
  return config ? "" : joined(config.error());
}

SecretRef env(const std::string& name) {
  return {SecretRef::From::Env, name};
}

}  // namespace

TEST_CASE("the sample of the product's page loads to exactly its values") {
  const TemporaryFolder folder;
  const auto ca_file = folder.write("acme.pem", "x");
  EndpointConfig internlm;
  internlm.name = "internlm";
  internlm.provider = "internlm";
  internlm.url = "https://chat.intern-ai.org.cn/api/v1/models";
  internlm.access.edit().authorization = Authorization{"Bearer", env("INTERN_API_KEY")};
  internlm.access.edit().http_headers = {{"sso-ak", env("SSO_AK")}};
  internlm.reading.edit().shape = {};
  internlm.reading.edit().rules = {{Rule::Field, "/ref_model"}};
  internlm.reading.edit().alias_names.patterns = {Pattern::compile("-latest$").value()};
  internlm.interval = 60s;
  internlm.timeout = 10s;
  internlm.recheck = 5s;
  internlm.body_limit = 16U * 1024 * 1024;
  internlm.policy.moved = {.polls = 2};
  internlm.policy.vanished = {.polls = 3, .for_at_least = 10min};
  internlm.policy.removed = {.polls = 3, .for_at_least = 6h};
  internlm.policy.down = {.polls = 3};
  internlm.policy.up = {.polls = 2};
  internlm.policy.shrink_guard = {.ratio = 0.25, .least = 5, .hold = 6h};
  internlm.pins = {{"internlm3-latest", {"internlm3-8b-instruct"}}};
  internlm.labels = {{"team", "search"}};

  EndpointConfig gateway;
  gateway.name = "gateway";
  gateway.url = "https://llm.example.com/v1/models";
  gateway.reading.edit().rules = {{Rule::Field, "/ref_model"}};
  gateway.reading.edit().models.include = {Pattern::compile("^acme-").value()};
  gateway.policy.shrink_guard.least = 5;
  gateway.reading.edit().own.rules = true;
  gateway.access.edit().tls.ca_file = ca_file;
  gateway.access.edit().proxy.url = "http://proxy:3128";

  WebhookConfig oncall;
  oncall.name = "oncall";
  oncall.url = env("ONCALL_URL");
  oncall.format = "cloudevents";
  oncall.signing_secrets = {env("WH_SECRET"), env("WH_SECRET_OLD")};
  oncall.events = {"alias.*", "endpoint.*"};
  oncall.endpoints = {"*"};
  oncall.timeout = 15s;
  oncall.max_age = 24h;

  const auto config = parsed(sample(ca_file));
  CHECK(config.instance == "prod-a");
  REQUIRE(config.endpoints.size() == 2);
  CHECK(config.endpoints[0] == internlm);
  CHECK(config.endpoints[1] == gateway);
  REQUIRE(config.webhooks.size() == 1);
  CHECK(config.webhooks[0] == oncall);
  CHECK(config.retention == 400 * 24h);
}

TEST_CASE("provider internlm alone is enough when its key is in the environment") {
  const auto config = parsed("endpoints:\n  - provider: internlm\n");
  REQUIRE(config.endpoints.size() == 1);
  const EndpointConfig& endpoint = config.endpoints[0];
  CHECK(endpoint.name == "internlm");
  CHECK(endpoint.url == "https://chat.intern-ai.org.cn/api/v1/models");
  CHECK(endpoint.access->authorization == Authorization{"Bearer", env("INTERN_API_KEY")});
  CHECK(endpoint.reading->rules == std::vector<AliasRule>{{Rule::Field, "/ref_model"}});
  CHECK(config.retention == 400 * 24h);
  CHECK(config.instance.empty());
}

TEST_CASE("an endpoint with headers or authentication of its own does not get the preset's key") {
  const auto config = parsed(
      "endpoints:\n  - {name: a, provider: internlm, http_headers: {sso-ak: hush}}\n"
      "  - {name: b, provider: internlm, basic_auth: {username: u, password: hush}}\n"
      "  - {name: c, provider: internlm, authorization: {type: Token, credentials: hush}}\n");
  CHECK_FALSE(config.endpoints[0]->access->authorization.has_value());
  CHECK(config.endpoints[0]->access->http_headers[0].second ==
        SecretRef{SecretRef::From::Inline, "hush"});
  CHECK_FALSE(config.endpoints[1]->access->authorization.has_value());
  CHECK(config.endpoints[1]->access->basic_auth ==
        BasicAuth{"u", {SecretRef::From::Inline, "hush"}});
  CHECK(config.endpoints[2]->access->authorization ==
        Authorization{"Token", {SecretRef::From::Inline, "hush"}});
}

TEST_CASE("a preset can be pointed elsewhere and read otherwise") {
  const auto config = parsed(
      "endpoints:\n  - {provider: internlm, url: \"http://127.0.0.1:10180/v1/models\", list: "
      "{items: \"\"}, "
      "aliases: [], connection: reuse}\n");
  const EndpointConfig& endpoint = config.endpoints[0];
  CHECK(endpoint.url == "http://127.0.0.1:10180/v1/models");
  CHECK(endpoint.reading->shape.items == std::vector<std::string>{""});
  CHECK(endpoint.reading->shape.id == std::vector<std::string>{"/id"});
  CHECK(endpoint.reading->rules.empty());
  CHECK(endpoint.reuse_connection);
}

TEST_CASE("an endpoint overrides defaults key by key, and a partial confirm keeps the rest") {
  const auto config = parsed(R"(
defaults:
  interval: 30s
  confirm: {vanished: {for: 1h}, moved: {polls: 5}}
  shrink_guard: {ratio: 0.5}
endpoints:
  - {name: a, provider: internlm}
  - {name: b, provider: internlm, interval: 2m, confirm: {vanished: {polls: 7}}, body_limit: 1KiB}
)");
  const EndpointConfig& a = config.endpoints[0];
  CHECK(a.interval == 30s);
  CHECK(a.policy.vanished == Confirm{.polls = 3, .for_at_least = 1h});
  CHECK(a.policy.moved == Confirm{.polls = 5});
  CHECK(a.policy.shrink_guard == ShrinkGuard{.ratio = 0.5, .hold = 6h});
  const EndpointConfig& b = config.endpoints[1];
  CHECK(b.interval == 2min);
  CHECK(b.policy.vanished == Confirm{.polls = 7, .for_at_least = 1h});
  CHECK(b.policy.moved == Confirm{.polls = 5});
  CHECK(b.body_limit == 1024);
}

TEST_CASE("an inherited timeout and recheck shrink to a short interval") {
  const auto config =
      parsed("defaults: {timeout: 20s}\nendpoints: [{provider: internlm, interval: 2s}]\n");
  CHECK(config.endpoints[0]->interval == 2s);
  CHECK(config.endpoints[0]->timeout == 2s);
  CHECK(config.endpoints[0]->recheck == 2s);
}

TEST_CASE("text is taken as written: null-like words, numbers and octals stay text") {
  const auto config =
      parsed("endpoints: [{provider: internlm, labels: {a: 010, b: 1.10, c: \"null\", d: yes}}]\n");
  CHECK(
      config.endpoints[0]->labels ==
      std::map<std::string, std::string>{{"a", "010"}, {"b", "1.10"}, {"c", "null"}, {"d", "yes"}});
}

TEST_CASE("an anchor may be reused") {
  const auto config = parsed(
      "endpoints:\n  - {name: a, provider: internlm, labels: &l {team: x}}\n"
      "  - {name: b, provider: internlm, labels: *l}\n");
  CHECK(config.endpoints[1]->labels.at("team") == "x");
}

TEST_CASE("relative paths count from the folder of the config file") {
  const TemporaryFolder folder;
  folder.write("intern.key", "hush\n");
  const auto file = folder.write(
      "a.yml",
      "endpoints: [{provider: internlm, authorization: {credentials_file: intern.key}}]\n");
  const auto config = load_config(file);
  REQUIRE(config.has_value());
  const auto& secret = config->endpoints[0]->access->authorization->credentials;
  CHECK(secret == SecretRef{SecretRef::From::File, (folder.path() / "intern.key").string()});
  CHECK(reveal(secret) == "hush");
}

TEST_CASE("a webhook has the defaults of the product's page") {
  const auto config =
      parsed("endpoints: [{provider: internlm}]\nwebhooks: [{name: w, url: \"http://a/\"}]\n");
  const auto& webhook = config.webhooks.at(0);
  CHECK(webhook.format == "cloudevents");
  CHECK(webhook.events == std::vector<std::string>{"*"});
  CHECK(webhook.endpoints == std::vector<std::string>{"*"});
  CHECK(webhook.timeout == 15s);
  CHECK(webhook.max_age == 24h);
  CHECK(webhook.signing_secrets.empty());
}

TEST_CASE("every event type may be subscribed to by its name") {
  for (const auto type : kEventTypes.labels()) {
    const auto config =
        parsed(fmt::format("endpoints: [{{provider: internlm}}]\n"
                           "webhooks: [{{name: w, url: \"http://a/\", events: [{}]}}]\n",
                           type));
    CHECK(config.webhooks[0].events == std::vector{std::string{type}});
  }
}

TEST_CASE("all errors of a file come at once, in the order of the file") {
  CHECK(errors_of("webhooks:\n"
                  "  - {name: w, url: \"http://a/\", endpoints: [intrnlm]}\n"
                  "endpoints:\n"
                  "  - provider: internlm\n"
                  "    timeout: fast\n"
                  "    interval: 0s\n"
                  "  - {name: internlm, url: \"http://b/\", aliases: []}\n"
                  "defaults: {recheck: [5s]}\n"
                  "storage: {retention: 5m}\n") ==
        "a.yml:2:45: webhooks[0].endpoints[0]: \"intrnlm\" matches no endpoint name; did you mean "
        "\"internlm\"?\n"
        "a.yml:5:14: endpoints[0].timeout: must be a duration such as 30s, 1m30s or 6h, not "
        "\"fast\"\n"
        "a.yml:6:15: endpoints[0].interval: must be from 1s to 1d, not \"0s\"\n"
        "a.yml:7:12: endpoints[1].name: the name \"internlm\" is taken by endpoints[0] (line 4); "
        "give each its own name\n"
        "a.yml:8:21: defaults.recheck: must be a duration such as 30s, 1m30s or 6h, not a list\n"
        "a.yml:9:22: storage.retention: must be from 1d to 3650d, not \"5m\"\n");
}

TEST_CASE("the number of reported errors is bounded") {
  std::string yaml = "endpoints:\n";
  for (int i = 0; i < 1500; ++i) yaml += "  - {provider: nobody}\n";
  test::set_up_environment();
  const auto config = parse_config(yaml, "a.yml");
  REQUIRE_FALSE(config.has_value());
  CHECK(config.error().size() == 1001);
  CHECK(config.error().back().sentence == "and 500 more errors after this one");
}

TEST_CASE("10,000 endpoints and 64 webhooks load, one more of either does not") {
  const auto many = [](int endpoints, int webhooks) {
    std::string yaml = "endpoints:\n";
    for (int i = 0; i < endpoints; ++i)
      yaml += fmt::format("  - {{name: e{}, url: \"http://h{}/\", aliases: []}}\n", i, i);
    if (webhooks > 0) yaml += "webhooks:\n";
    for (int i = 0; i < webhooks; ++i)
      yaml += fmt::format("  - {{name: w{}, url: \"http://h/\"}}\n", i);
    return yaml;
  };
  CHECK(parsed(many(10'000, 64)).endpoints.size() == 10'000);
  CHECK(errors_of(many(10'001, 0)) ==
        "a.yml:2:3: endpoints: must have at most 10000 endpoints, not 10001; run a second "
        "modelvane\n");
  CHECK(errors_of(many(1, 65)) == "a.yml:4:3: webhooks: must have at most 64 webhooks, not 65\n");
}

TEST_CASE("a file that is too large is refused before it is parsed") {
  CHECK(errors_of(std::string(32U * 1024 * 1024 + 1, '#')) ==
        "a.yml: the configuration is larger than 32MiB; split it over several daemons\n");
}

TEST_CASE("a bad value in the environment or a file is an error at the key that names it") {
  const TemporaryFolder folder;
  const auto bad_file = folder.write("signing", "whsec_hush\n");
  CHECK(
      errors_of(fmt::format("endpoints: [{{provider: internlm}}]\n"
                            "webhooks:\n"
                            "  - {{name: a, url_env: BAD_URL}}\n"
                            "  - name: b\n"
                            "    url: http://a/\n"
                            "    signing: {{secrets_file: [{}]}}\n",
                            bad_file)) ==
      "a.yml:3:24: webhooks[0].url_env: the variable's value must start with http:// or https://\n"
      "a.yml:6:30: webhooks[1].signing.secrets_file[0]: the file's text must be \"whsec_\" and the "
      "base64 of 24 to 64 random "
      "bytes; "
      "make one with: echo \"whsec_$(openssl rand -base64 32)\"\n");
}

TEST_CASE("the example configuration loads with nothing but INTERN_API_KEY") {
  test::set_up_environment();
  ::unsetenv("SSO_AK");
  ::unsetenv("ONCALL_URL");
  ::unsetenv("WH_SECRET");
  const auto config = load_config(MODELVANE_SOURCE_DIR "/config/modelvane.yml");
  if (!config) FAIL(joined(config.error()));
  REQUIRE(config->endpoints.size() == 1);
  // What the example spells out are the defaults.
  const auto bare = parse_config("endpoints: [{provider: internlm}]\n", "a.yml");
  REQUIRE(bare.has_value());
  CHECK(config->endpoints[0] == bare->endpoints[0]);
  CHECK(config->retention == bare->retention);
}

TEST_CASE("the commented-out parts of the example load, too, once their files exist") {
  test::set_up_environment();
  const TemporaryFolder folder;
  const auto key = folder.write("gateway.key", "hush");
  std::istringstream lines{test::read_text(MODELVANE_SOURCE_DIR "/config/modelvane.yml")};
  std::string yaml;
  // Examples are commented out with "# " in front of YAML: a key, or a list item.
  for (std::string line; std::getline(lines, line);) {
    const auto hash = line.find("# ");
    const bool is_comment = hash != std::string::npos && line.find_first_not_of(' ') == hash;
    const auto rest = is_comment ? line.substr(hash + 2) : "";
    const auto word = rest.substr(std::min(rest.size(), rest.find_first_not_of(" -")));
    const bool is_yaml =
        is_comment && word.find(": ") != std::string::npos && word.find(' ') == word.find(": ") + 1;
    const bool is_section = rest == "webhooks:" || word == "http_headers:";
    yaml += (is_yaml || is_section ? line.substr(0, hash) + rest : line) + "\n";
  }
  const auto replace = [&yaml](const std::string& from, const std::string& to) {
    REQUIRE(yaml.find(from) != std::string::npos);
    yaml.replace(yaml.find(from), from.size(), to);
  };
  replace("/etc/modelvane/gateway.key", key);
  replace("/etc/ssl/acme.pem", key);
  const auto config = parse_config(yaml, "modelvane.yml");
  if (!config) FAIL(joined(config.error()), yaml);
  CHECK(config->endpoints.size() == 2);
  CHECK(config->webhooks.size() == 2);
  CHECK(config->instance == "prod-a");
}

TEST_CASE("every way to read a list can be written down") {
  const auto config = parsed(R"(
endpoints:
  - name: a
    url: https://gw.example.com/v1/models?limit=5
    list: {items: [/data, ""], pagination: {kind: cursor, next: /last_id, more: /has_more, query: after_id}}
    aliases:
      - {field: /root, max_hops: 2, document: {url: model/info, id: /model_name}}
      - {lookup: "models/{id}"}
      - {echo: "https://gw.example.com/v1/chat/{id}", body: "{}", fingerprint: /fp}
    alias_names: {ids: [x], patterns: ["-latest$"]}
    lifecycle: {deprecated: ["!/active"]}
    hints: [/context_length]
    query: {key: {value_env: SSO_AK}, v: "2"}
)");
  const auto& reading = *config.endpoints[0]->reading;
  CHECK(reading.shape.items == std::vector<std::string>{"/data", ""});
  CHECK(reading.shape.pagination ==
        Pagination{Pagination::Kind::Cursor, "/last_id", "/has_more", "after_id"});
  const auto& rules = reading.rules;
  REQUIRE(rules.size() == 3);
  CHECK(rules[0].document ==
        SecondDocument{"https://gw.example.com/v1/model/info", {"/data"}, {"/model_name"}});
  CHECK(rules[0].max_hops == 2);
  CHECK(rules[1].url == "https://gw.example.com/v1/models/{id}");
  CHECK(rules[1].pointer == "/id");
  CHECK(rules[1].interval == 10min);
  CHECK(rules[2].url == "https://gw.example.com/v1/chat/{id}");
  CHECK(rules[2].interval == 6h);
  CHECK(rules[2].daily_budget == 24);
  CHECK(reading.alias_names.name("x"));
  CHECK(reading.alias_names.name("y-latest"));
  CHECK(reading.lifecycle.deprecated == std::vector<std::string>{"!/active"});
  CHECK(reading.hints == std::vector<std::string>{"/context_length"});
  HttpRequest request;
  request.url = config.endpoints[0]->url;
  REQUIRE(apply(config.endpoints[0]->access, request));
  CHECK(request.url == "https://gw.example.com/v1/models?limit=5&key=sso-value-51c0&v=2");
}

TEST_CASE(
    "every prefix of a file, and every file with one byte changed, gives a config or errors") {
  test::set_up_environment();
  const TemporaryFolder folder;
  const auto whole = sample(folder.write("acme.pem", "x"));
  std::size_t configs = 0;
  const auto check = [&configs](const std::string& yaml) {
    const auto config = parse_config(yaml, "a.yml");
    configs += config.has_value() ? 1U : 0U;
    if (config) return;
    REQUIRE_FALSE(config.error().empty());
    for (const auto& error : config.error()) {
      CHECK(error.sentence.find(test::kInternKey) == std::string::npos);
      CHECK(error.sentence.find("very-secret-path") == std::string::npos);
    }
  };
  for (std::size_t length = 0; length <= whole.size(); ++length) check(whole.substr(0, length));
  constexpr std::string_view kBytes{"\0\"'{}[]:#&*!-\n \t\xFF", 17};
  for (std::size_t i = 0; i < whole.size(); ++i) {
    auto changed = whole;
    changed[i] = kBytes[i % kBytes.size()];
    check(changed);
  }
  CHECK(configs > 0);
}

TEST_CASE("the buckets of the poll's duration can be set, in ascending order") {
  const auto config = parsed(
      "endpoints: [{name: a, url: 'http://h/', aliases: [], duration_buckets: [0.1, 0.5, 2]}]\n");
  CHECK(config.endpoints.at(0)->duration_buckets == std::vector<double>{0.1, 0.5, 2});
  const auto refused = parse_config(
      "endpoints: [{name: a, url: 'http://h/', aliases: [], duration_buckets: [0.5, 0.1]}]\n",
      "modelvane.yml");
  REQUIRE_FALSE(refused.has_value());
  CHECK(to_text(refused.error().at(0))
            .ends_with("duration_buckets[1]: must be larger than the bound before it"));
}

TEST_CASE("a served rule has a source of its own, with its own keys, known or written out") {
  const auto config = parsed(R"~(endpoints:
  - name: known
    url: http://h/
    authorization: {credentials: list-key}
    aliases: [{served: {url: "http://prometheus:9090", source: litellm, http_headers: {X-Scope-OrgID: me}}}]
  - name: own
    url: http://h/
    aliases: [{served: {url: "http://p", query: "sum(a)", alias: x, target: y, least: 50, share: 0.1, interval: 5m}}]
)~");
  const EndpointConfig& known = config.endpoints.at(0);
  const auto& litellm = known.reading->rules.at(0);
  CHECK(litellm.kind == Rule::Served);
  CHECK(litellm.url == "http://prometheus:9090");
  CHECK(litellm.served.query ==
        "sum by (requested_model, litellm_model_name) "
        "(increase(litellm_deployment_success_responses_total[5m]))");
  CHECK(litellm.served.alias == "requested_model");
  CHECK(litellm.served.target == "litellm_model_name");
  CHECK(litellm.interval == 1min);
  CHECK(known.served_access->http_headers.size() == 1);
  CHECK_FALSE(known.served_access->authorization);
  CHECK(known.access->http_headers.empty());
  const auto& own = config.endpoints.at(1)->reading->rules.at(0);
  CHECK(own.served ==
        ServedSource{.query = "sum(a)", .alias = "x", .target = "y", .least = 50, .share = 0.1});
  CHECK(own.interval == 5min);
}

TEST_CASE("endpoints that read and reach their lists alike hold one value of each") {
  const auto config = parsed(
      "endpoints:\n"
      "  - {name: a, url: 'http://a/v1/models', aliases: [{field: /to}], http_headers: {k: one}}\n"
      "  - {name: x, url: 'http://x/v1/models', aliases: [{field: /x}], http_headers: {k: two}}\n"
      "  - {name: b, url: 'http://b/v1/models', aliases: [{field: /to}], http_headers: {k: "
      "one}}\n");
  const EndpointConfig& a = config.endpoints[0];
  const EndpointConfig& x = config.endpoints[1];
  const EndpointConfig& b = config.endpoints[2];
  CHECK(&*a.reading == &*b.reading);
  CHECK(&*a.access == &*b.access);
  CHECK(&*a.served_access == &*a.endings_access);
  CHECK(&*a.served_access == &*x.served_access);
  CHECK(x.reading->rules.at(0).pointer == "/x");
  CHECK(x.access->http_headers.at(0).second.where == "two");
}
