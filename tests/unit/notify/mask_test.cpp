// Whatever a receiver, or a proxy on the way, repeats of a secret is not shown.
#include "daemon/notify/mask.h"

#include <doctest/doctest.h>

#include <functional>
#include <vector>

#include "daemon/notify/notify.h"
#include "daemon/text/hmac.h"
#include "daemon/text/url.h"
#include "tests/unit/notify/samples.h"

using namespace modelvane;

namespace {

using samples::given;

// Of all characters that one way of writing or another escapes.
const std::string kHardSecret = "Tr0u/b4&d<o>r\"q'u\\e+s t";

struct Place {
  std::string name;
  std::string secret;
  std::function<void(WebhookConfig&, const std::string&)> put;
};

std::vector<Place> places() {
  return {
      {"token", kHardSecret,
       [](auto& webhook, const auto& secret) {
         webhook.access.authorization =
             Authorization{.type = "Bearer", .credentials = given(secret)};
       }},
      {"password", kHardSecret,
       [](auto& webhook, const auto& secret) {
         webhook.access.basic_auth = BasicAuth{.username = "me", .password = given(secret)};
       }},
      {"header", kHardSecret,
       [](auto& webhook, const auto& secret) {
         webhook.access.http_headers = {{"X-Key", given(secret)}};
       }},
      {"word of a header", "abcdef",
       [](auto& webhook, const auto& secret) {
         webhook.access.http_headers = {{"Authorization", given("Token " + secret)}};
       }},
      {"query", kHardSecret,
       [](auto& webhook, const auto& secret) { webhook.access.query = {{"code", given(secret)}}; }},
      {"client secret", kHardSecret,
       [](auto& webhook, const auto& secret) {
         webhook.access.oauth2 = OAuth2{.client_id = "vane", .client_secret = given(secret)};
       }},
      {"key of AWS", kHardSecret,
       [](auto& webhook, const auto& secret) {
         webhook.access.sigv4 = SigV4{.region = "a",
                                      .service = "b",
                                      .access_key = given("AKIDEXAMPLE"),
                                      .secret_key = given(secret)};
       }},
      {"proxy", "pr0xy-w0rd",
       [](auto& webhook, const auto& secret) {
         webhook.access.proxy.url = "http://user:" + secret + "@proxy:3128";
       }},
      {"secret of the format", kHardSecret,
       [](auto& webhook, const auto& secret) { webhook.vendor_secret = given(secret); }},
      {"signing secret", kHardSecret,
       [](auto& webhook, const auto& secret) { webhook.signing_secrets = {given(secret)}; }},
      {"GitHub's signature", kHardSecret,
       [](auto& webhook, const auto& secret) { webhook.github_signature = given(secret); }},
      {"secret of a template", kHardSecret,
       [](auto& webhook, const auto& secret) { webhook.body.secrets = {{"name", given(secret)}}; }},
      {"path", "T0/B0/correct-horse-battery",
       [](auto& webhook, const auto& secret) {
         webhook.url = given("https://a.example/" + secret);
       }},
      {"short path", "/h/x1y2",
       [](auto& webhook, const auto& secret) {
         webhook.url = given("https://a.example" + secret + "?a=b");
       }},
      {"value in the URL", "s3cr",
       [](auto& webhook, const auto& secret) {
         webhook.url = given("https://a.example/send?room=7&access_token=" + secret + "&n=1");
       }},
      {"encoded value in the URL", "aB%2FcD%3D%3D",
       [](auto& webhook, const auto& secret) {
         webhook.url = given("https://a.example/send?sig=" + secret);
       }},
  };
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
  return text;
}

// As servers, proxies and libraries write what they were sent.
std::vector<std::string> written(const std::string& secret) {
  auto page = replaced(secret, "&", "&amp;");
  page = replaced(replaced(page, "<", "&lt;"), ">", "&gt;");
  auto json = replaced(replaced(secret, "\\", "\\\\"), "\"", "\\\"");
  auto of_go = replaced(replaced(json, "&", "\\u0026"), "<", "\\u003c");
  return {secret,
          percent_encode(secret),
          replaced(percent_encode(secret), "%20", "+"),
          replaced(percent_encode(secret), "%2F", "%2f"),
          json,
          replaced(json, "/", "\\/"),
          replaced(of_go, ">", "\\u003e"),
          replaced(replaced(page, "\"", "&quot;"), "'", "&#39;"),
          replaced(replaced(page, "\"", "&#34;"), "'", "&#39;"),
          replaced(replaced(page, "\"", "&quot;"), "'", "&#x27;")};
}

}  // namespace

TEST_CASE("no form of any secret of any format passes a receiver's answer into a sentence") {
  const Time now = *parse_rfc3339("2026-11-22T10:00:00Z");
  for (const auto& format : kFormats) {
    for (const auto& place : places()) {
      auto webhook = samples::webhook(format.name);
      place.put(webhook, place.secret);
      for (const auto& form : written(place.secret)) {
        if (form == replaced(place.secret, "%2F", "%2f")) continue;  // of an encoded value: itself
        for (const int status : {200, 400, 401, 403, 404, 422, 500}) {
          HttpReply reply;
          reply.status = status;
          reply.body = "refused <" + form + ">, sorry";
          CAPTURE(format.name);
          CAPTURE(place.name);
          CAPTURE(reply.body);
          const auto verdict = judge(webhook, reply, Mask{webhook}, now);
          CHECK(verdict.sentence.find(form) == std::string::npos);
        }
      }
    }
  }
}

TEST_CASE("what stands for a secret in base64 is a secret, too") {
  auto webhook = samples::webhook("cloudevents");
  webhook.access.basic_auth = BasicAuth{.username = "me", .password = given(kHardSecret)};
  webhook.access.oauth2 = OAuth2{.client_id = "vane", .client_secret = given("client-s3cret")};
  webhook.access.proxy.url = "http://user:pr0xy%2Fword@proxy:3128";
  const Mask mask{webhook};
  CHECK(mask.apply("Basic " + to_base64("me:" + kHardSecret)) == "Basic [...]");
  CHECK(mask.apply("Basic " + to_base64("vane:client-s3cret")) == "Basic [...]");
  CHECK(mask.apply("Basic " + to_base64("user:pr0xy/word")) == "Basic [...]");
  CHECK(mask.apply("pr0xy/word pr0xy%2fword") == "[...] [...]");
}

TEST_CASE("a secret that is a word of the receiver's own changes no verdict") {
  auto webhook = samples::webhook("slack");
  webhook.vendor_secret = given("channel_not_found");
  HttpReply reply;
  reply.status = 400;
  reply.body = "channel_not_found";
  const auto verdict = judge(webhook, reply, Mask{webhook}, Time{});
  CHECK(verdict.kind == VerdictClass::Config);
  CHECK(verdict.sentence == "the receiver answered with status 400: [...]");
}

TEST_CASE("words that are no secrets stay readable") {
  auto webhook = samples::webhook("slack");
  webhook.url = given("https://hooks.example.com/services/T0/B0/Zm9vYmFyYmF6MTIz?wait=true&team=a");
  CHECK(Mask{webhook}.apply("services wait true team a T0 Zm9vYmFyYmF6MTIz") ==
        "services wait true team a T0 [...]");
}
