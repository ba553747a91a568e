// The formats of webhooks as the config reads them. Errors are in tests/golden/config/formats.yml.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "config_world.h"
#include "daemon/config/load_config.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

std::vector<WebhookConfig> webhooks(const std::string& yaml) {
  test::set_up_environment();
  const auto config = parse_config(
      "endpoints: [{provider: internlm}]\nwebhooks:\n  - " + yaml + "\n", "modelvane.yml");
  REQUIRE_MESSAGE(config.has_value(), config.error()[0].sentence);
  return config->webhooks;
}

}  // namespace

TEST_CASE(
    "every format has the limits and the patience of its receiver, unless the user says "
    "otherwise") {
  const auto slack = webhooks(R"({name: a, format: slack, url: "http://a/"})")[0];
  CHECK(slack.max_age == 6h);
  CHECK(slack.rate_limit == RateLimit{3, 1});
  const auto own = webhooks(
      R"({name: a, format: slack, url: "http://a/", max_age: 1h, rate_limit: {burst: 2, per_second: 0.5}})")
      [0];
  CHECK(own.max_age == 1h);
  CHECK(own.rate_limit == RateLimit{2, 0.5});
  const auto plain = webhooks(R"({name: a, url: "http://a/"})")[0];
  CHECK(plain.max_age == 24h);
  CHECK(plain.rate_limit.is_unlimited());
}

TEST_CASE("a cluster of Alertmanagers is one webhook for each member") {
  const auto members = webhooks(
      R"({name: am, format: alertmanager, urls: ["http://a/", "http://b/"], alert_duration: 2h})");
  REQUIRE(members.size() == 2);
  CHECK(members[0].name == "am/1");
  CHECK(members[1].name == "am/2");
  CHECK(reveal(members[1].url) == "http://b/");
  CHECK(members[1].alert_duration == 2h);
  CHECK(webhooks(R"({name: am, format: alertmanager, url: "http://a/"})")[0].name == "am");
  CHECK(webhooks(R"({name: am, format: alertmanager, urls: ["http://a/"]})")[0].name == "am");
}

TEST_CASE("a bot, a topic and an API key stand in a map of their format's name") {
  const auto telegram = webhooks(
      R"({name: a, format: telegram, telegram: {bot_token: "12:ab", chat_id: -100123, thread_id: 7}})")
      [0];
  CHECK(reveal(telegram.url) == "https://api.telegram.org");
  CHECK(reveal(telegram.vendor_secret) == "12:ab");
  CHECK(telegram.chat_id == "-100123");
  CHECK(telegram.thread_id == "7");
  CHECK(webhooks("{name: a, format: ntfy, ntfy: {topic: team}}")[0].topic == "team");
  const auto email = webhooks(
      R"({name: a, format: email, email: {smarthost: "mail.example.com:587", from: Vane <v@a>, to: [b@c], username: v, password: hush}})")
      [0];
  CHECK(reveal(email.url) == "smtp://mail.example.com:587");
  CHECK(email.email.wants_starttls);
  CHECK(email.email.to == std::vector<std::string>{"b@c"});
  CHECK(reveal(email.vendor_secret) == "hush");
  CHECK(email.timeout == 60s);
  const auto smtps = webhooks(
      R"({name: a, format: email, email: {smarthost: "mail.example.com:465", from: v@a, to: [b@c]}})")
      [0];
  CHECK(reveal(smtps.url) == "smtps://mail.example.com:465");
  CHECK_FALSE(smtps.email.wants_starttls);
  const auto jsm = webhooks("{name: a, format: jsm, jsm: {api_key: abc, priority: P2}}")[0];
  CHECK(jsm.priority == "P2");
  CHECK(reveal(jsm.vendor_secret) == "abc");
}

TEST_CASE("a template says how it is sent and what answers mean") {
  const auto own = webhooks(
      R"({name: a, format: template, url: "http://a/{{event.data.alias}}?t={{secret.t}}",
          template: {method: PUT, form: {text: "{{message.text}}", k: "{{ secret.t }}"}, secrets: {t: {value: hush}},
                     success: {status: [200, 409], pointer: /code, equals: 0}, retry_after: /wait}})")
      [0];
  CHECK(own.body.method == "PUT");
  CHECK(own.body.content_type == "application/x-www-form-urlencoded");
  CHECK(own.body.form.size() == 2);
  CHECK(reveal(own.body.secrets.at(0).second) == "hush");
  CHECK(own.body.success.statuses == std::vector<int>{200, 409});
  CHECK(own.body.success.equals == "0");
  CHECK_FALSE(own.body.success.equals_text);
  CHECK(own.body.retry_after == "/wait");
  const auto text = webhooks(
      R"({name: a, format: template, url: "http://a/", template: {body: {a: "{{event.id}}"}, success: {pointer: /ok, equals: "true"}}})")
      [0];
  CHECK(text.body.success.equals_text);
  CHECK(text.body.method == "POST");
}

TEST_CASE("services with one address need no url, but take one") {
  const auto pagerduty = webhooks("{name: a, format: pagerduty, routing_key_env: WH_SECRET}")[0];
  CHECK(reveal(pagerduty.url) == "https://events.pagerduty.com");
  CHECK(reveal(pagerduty.vendor_secret) == test::kSigningSecret);
  const auto github = webhooks(
      "{name: a, format: github_dispatch, repository: acme/eval.uation, authorization: "
      "{credentials_env: WH_SECRET}}")[0];
  CHECK(reveal(github.url) == "https://api.github.com");
  CHECK(github.repository == "acme/eval.uation");
  const auto gitlab = webhooks(
      R"({name: a, format: gitlab_trigger, url: "https://git.acme/", token_env: WH_SECRET, project: 7, ref: main})")
      [0];
  CHECK(reveal(gitlab.url) == "https://git.acme/");
  CHECK(gitlab.project == "7");
}

TEST_CASE(
    "a bot's signing secret may have any form, and generic receivers may have both kinds of "
    "signature") {
  const auto bot =
      webhooks(R"({name: a, format: dingtalk, url: "http://a/", signing: {secret: SECabc}})")[0];
  CHECK(reveal(bot.vendor_secret) == "SECabc");
  CHECK(bot.signing_secrets.empty());
  const auto generic = webhooks(
      R"({name: a, url: "http://a/", signing: {secrets_env: [WH_SECRET]}, github_signature: {secret: s}})")
      [0];
  CHECK(generic.signing_secrets.size() == 1);
  CHECK(reveal(generic.github_signature) == "s");
}

TEST_CASE("an ed25519 key may sign, too") {
  const std::string key =
      "whsk_6Xb/dCcHpPea21PS1N9VY/"
      "NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
  CHECK(webhooks(
            fmt::format(R"({{name: a, url: "http://a/", signing: {{secrets: ["{}"]}}}})", key))[0]
            .signing_secrets.size() == 1);
}

TEST_CASE(
    "a template becomes JSON with gaps: texts are escaped, numbers and booleans stay what they "
    "are") {
  const auto body =
      webhooks(
          R"({name: a, url: "http://a/", format: template, template: {content_type: text/json, body: )"
          R"({"a \"b\"": "x {{event.data.to}} y", n: 1.5e3, t: true, z: 010, q: "1", e: null, l: ["{{ event }}"]}}})")
          [0]
              .body;
  CHECK(body.content_type == "text/json");
  REQUIRE(body.pieces.size() == 3);
  CHECK(body.pieces[0] == BodyTemplate::Piece{R"({"a \"b\"":"x )", "event.data.to", true});
  CHECK(body.pieces[1] ==
        BodyTemplate::Piece{R"( y","n":1.5e3,"t":true,"z":"010","q":"1","e":null,"l":[)", "event",
                            false});
  CHECK(body.pieces[2] == BodyTemplate::Piece{"]}", "", false});
}
