#include "daemon/commands/shown_config.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

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
