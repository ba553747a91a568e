#include "daemon/notify/vendor_signature.h"

#include <doctest/doctest.h>

#include <array>

#include "daemon/notify/standard_webhooks.h"
#include "tests/unit/notify/samples.h"

using namespace modelvane;
using namespace std::chrono_literals;

TEST_CASE("Feishu's published vector") {
  CHECK(feishu_signature("xxx", 1661860880) == "QnWVTSBe6FmQDE0bG6X0mURbI+DnvVyu1h+j5dHOjrU=");
}

TEST_CASE("DingTalk's vectors: key and message are swapped against Feishu's") {
  CHECK(dingtalk_signature("xxx", 1661860880) == "dIUMcehSFkPlWOGqwoP5EFcartyN67QSY9wbVW+hTbE=");
  CHECK(dingtalk_signature("SEC0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
                           1573729598123) == "1S9esPr/ElzxggQkN0NKE9xEp7DeXb4UInImRyloLeg=");
}

TEST_CASE("GitHub's published vector of X-Hub-Signature-256") {
  CHECK(github_signature("It's a Secret to Everybody", "Hello, World!") ==
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
}

TEST_CASE("the reference server's ed25519 signature, also beside an HMAC one") {
  const std::string key =
      "whsk_6Xb/dCcHpPea21PS1N9VY/"
      "NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==";
  const std::string expected =
      "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/"
      "enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
  const std::string body = R"({"test": 2432232314})";
  CHECK(sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, std::array{key}) == expected);
  CHECK(sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body,
             std::array<std::string, 2>{"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", key}) ==
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= " + expected);
  CHECK_FALSE(
      sign("msg_1", 1, body, std::array<std::string, 1>{"whsk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"})
          .has_value());
}

TEST_CASE("what has a meaning in a query is encoded") {
  CHECK(url_encoded("a+b/c=d&e~f.g-h_i") == "a%2Bb%2Fc%3Dd%26e~f.g-h_i");
  CHECK(url_encoded("書") == "%E6%9B%B8");
}

TEST_CASE("bots' signatures are made anew for each attempt, and left out without a secret") {
  const auto event = samples::stored(samples::event_of(EventType::AliasMoved));
  for (const auto* format : {"feishu", "dingtalk"}) {
    auto webhook = samples::webhook(format);
    const auto first = samples::request_of(webhook, {event}, samples::then());
    const auto second = samples::request_of(webhook, {event}, samples::then() + 30s);
    CHECK(first.url + first.body != second.url + second.body);
    webhook.vendor_secret = {};
    const auto unsigned_request = samples::request_of(webhook, {event}, samples::then());
    CHECK((unsigned_request.url + unsigned_request.body).find("sign") == std::string::npos);
  }
}

TEST_CASE(
    "a generic receiver gets X-Hub-Signature-256 when it is asked for, over the body that is "
    "sent") {
  auto webhook = samples::webhook("cloudevents");
  const auto event = samples::stored(samples::event_of(EventType::AliasMoved));
  const auto header = [&] {
    const auto request = samples::request_of(webhook, {event}, samples::then());
    for (const auto& [name, value] : request.headers) {
      if (name == "X-Hub-Signature-256") return value;
    }
    return std::string{};
  };
  CHECK(header().empty());
  webhook.github_signature = {SecretRef::From::Inline, "hush"};
  CHECK(header() == github_signature("hush", event.json));
}
