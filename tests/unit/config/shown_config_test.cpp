#include "daemon/commands/shown_config.h"

#include <doctest/doctest.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <vector>

using namespace modelvane;

TEST_CASE(
    "the configuration in effect is shown with defaults, and of secrets where they come from") {
  Config config;
  config.instance = "prod-a";
  EndpointConfig endpoint;
  endpoint.name = "gateway";
  endpoint.url = "https://llm.example.com/v1/models?key=s3cret-query";
  endpoint.access.edit().authorization =
      Authorization{.credentials = {SecretRef::From::Inline, "s3cret-key"}};
  endpoint.access.edit().http_headers = {{"x-key", {SecretRef::From::Env, "GATEWAY_KEY"}}};
  endpoint.access.edit().proxy.url = "http://user:s3cret-proxy@proxy:3128";
  endpoint.reading.edit().rules = {{.pointer = "/ref_model"}};
  config.endpoints = {endpoint};
  WebhookConfig webhook;
  webhook.name = "oncall";
  webhook.url = {SecretRef::From::File, "/run/secrets/oncall"};
  webhook.signing_secrets = {{SecretRef::From::Inline, "s3cret-signing"}};
  config.webhooks = {webhook};
  config.include = {"/etc/modelvane/conf.d/*.yml"};
  config.discovery.push_back(
      {.name = "inventory",
       .url = "https://inventory.example.com/targets?key=s3cret-query",
       .access = {.authorization =
                      Authorization{.credentials = {SecretRef::From::Inline, "s3cret-key"}}}});

  const auto text = shown_config(config);
  CHECK(text.find("s3cret") == std::string::npos);
  const auto json = nlohmann::json::parse(text);
  const auto& shown = json["endpoints"][0];
  CHECK(shown["url"] == "https://llm.example.com/v1/models");
  CHECK(shown["access"]["authorization"]["credentials"] == "in the configuration file");
  CHECK(shown["access"]["http_headers"]["x-key"] == "environment variable GATEWAY_KEY");
  CHECK(shown["interval"] == "1m");
  CHECK(shown["confirm"]["vanished"]["polls"] == 3);
  CHECK(shown["aliases"][0]["pointer"] == "/ref_model");
  CHECK(json["webhooks"][0]["url"] == "file /run/secrets/oncall");
  CHECK(json["storage"]["retention"] == "400d");
  CHECK(json["include"][0] == "/etc/modelvane/conf.d/*.yml");
  CHECK(json["service_discovery"][0]["url"] == "https://inventory.example.com/targets");
}

TEST_CASE("whatever is changed in a configuration, its text is another one, and so is its hash") {
  Config config;
  EndpointConfig endpoint{.name = "gateway", .url = "https://llm.example.com/v1/models"};
  endpoint.reading.edit().rules = {{.pointer = "/ref_model"}};
  config.endpoints = {endpoint};
  config.webhooks = {WebhookConfig{.name = "oncall"}};
  const auto reading = [](auto change) {
    return [change](Config& one) { change(one.endpoints[0].edit().reading.edit()); };
  };
  const auto webhook = [](auto change) {
    return [change](Config& one) { change(one.webhooks[0]); };
  };
  const Time later{std::chrono::hours{1}};
  const std::vector<std::function<void(Config&)>> changes{
      [](Config& one) { one.endpoints[0].edit().was = "old"; },
      [](Config& one) { one.endpoints[0].edit().connection_age_max *= 2; },
      [](Config& one) { one.egress.allow = {*parse_address_range("10.0.0.0/8")}; },
      [](Config& one) { one.connectivity_targets = {"router:80"}; },
      [](Config& one) { one.postgres = PostgresConfig{}; },
      [&](Config& one) { one.maintenance = {{.name = "m", .when = OnceWindow{.to = later}}}; },
      [](Config& one) { one.maintenance = {{.name = "m", .when = WeeklyWindow{}}}; },
      reading([](Reading& one) { one.shape.pagination.kind = Pagination::Kind::LinkHeader; }),
      reading([](Reading& one) { one.shape.strip_prefix = "models/"; }),
      reading([](Reading& one) { one.rules[0].opaque = true; }),
      reading([](Reading& one) { one.rules[0].max_hops = 2; }),
      reading([](Reading& one) { one.alias_names.ids = {"latest"}; }),
      reading([](Reading& one) { one.models.exclude = {*Pattern::compile("^ft:")}; }),
      reading([](Reading& one) { one.lifecycle.retires_at = {"/ends"}; }),
      reading([](Reading& one) { one.endings = EndingsDocument{.url = "https://feed.example"}; }),
      webhook([](WebhookConfig& one) { one.aliases = {"*-latest"}; }),
      webhook([](WebhookConfig& one) { one.labels = {{"team", "search"}}; }),
      webhook([](WebhookConfig& one) { one.evidence = false; }),
      webhook([](WebhookConfig& one) { one.mentions = {{.events = {"*"}, .who = "@here"}}; }),
      webhook([](WebhookConfig& one) { one.heartbeat = std::chrono::minutes{5}; }),
      webhook([](WebhookConfig& one) { one.time_zone = "Europe/Berlin"; }),
      webhook([](WebhookConfig& one) { one.chat_id = "-100"; }),
      webhook([](WebhookConfig& one) { one.vendor_secret = {SecretRef::From::Env, "TOKEN"}; }),
  };
  const auto text = shown_config(config);
  CHECK(nlohmann::json::accept(text));
  for (std::size_t i = 0; i < changes.size(); ++i) {
    CAPTURE(i);
    auto changed = config;
    changes[i](changed);
    const auto other = shown_config(changed);
    CHECK(nlohmann::json::accept(other));
    CHECK(other != text);
  }
}

TEST_CASE("a configuration of several endpoints, or of none, is shown as a document") {
  Config config;
  CHECK(nlohmann::json::parse(shown_config(config))["endpoints"].empty());
  config.endpoints = {EndpointConfig{.name = "a"}, EndpointConfig{.name = "b"}};
  const auto json = nlohmann::json::parse(shown_config(config));
  REQUIRE(json["endpoints"].size() == 2);
  CHECK(json["endpoints"][1]["name"] == "b");
}

TEST_CASE("replicas that differ in name and address alone show one configuration") {
  Config config;
  config.postgres = PostgresConfig{};
  auto other = config;
  other.cluster = {.replica = "mv-b", .address = "https://mv-b:10178"};
  CHECK(shown_config(other) == shown_config(config));
  other.cluster.lease = std::chrono::seconds{20};
  CHECK(shown_config(other) != shown_config(config));
}
