// Where a request goes, whatever part of a receiver's URL the user wrote down.
#include "daemon/notify/base_url.h"

#include <doctest/doctest.h>

#include <array>
#include <vector>

#include "tests/unit/notify/samples.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

const Time kSentAt = *parse_rfc3339("2026-11-22T10:00:00Z");

std::string goal(const std::string& format, const std::string& url, EventType type) {
  auto webhook = samples::webhook(format);
  webhook.url = {SecretRef::From::Inline, url};
  return samples::request_of(webhook, {samples::stored(samples::event_of(type))}, kSentAt).url;
}

struct Interface {
  std::string format;
  EventType type;
  std::string path;                // where it must arrive, behind the host and a prefix
  std::vector<std::string> given;  // what people write behind the host
};

// Each way to write a host: a port, an address of IPv6, capitals.
const std::vector<std::string> kHosts{"https://receiver.example", "http://receiver.example:9093",
                                      "http://[2001:db8::7]:8080", "http://127.0.0.1",
                                      "HTTPS://Receiver.Example"};

}  // namespace

TEST_CASE("each part of a receiver's URL leads to each of its paths, behind any host and prefix") {
  using enum EventType;
  const std::string bot = "/bot123456:bot-token";
  const std::string gitlab = "/api/v4/projects/team%2Fevaluation/ref/main/trigger/pipeline";
  const std::vector<Interface> interfaces{
      {"alertmanager",
       AliasMoved,
       "/api/v2/alerts",
       {"", "/api", "/api/v2", "/api/v2/alerts", "/api/v1/alerts", "/api/v1"}},
      {"pagerduty",
       AliasMoved,
       "/v2/change/enqueue",
       {"", "/v2", "/v2/enqueue", "/v2/change", "/v2/change/enqueue"}},
      {"pagerduty",
       EndpointDown,
       "/v2/enqueue",
       {"", "/v2", "/v2/enqueue", "/v2/change", "/v2/change/enqueue"}},
      {"grafana_annotation", AliasMoved, "/api/annotations", {"", "/api", "/api/annotations"}},
      {"github_dispatch",
       AliasMoved,
       "/repos/acme/evaluation/dispatches",
       {"", "/repos", "/repos/acme/evaluation", "/repos/acme/evaluation/dispatches",
        "/repos/acme/other/dispatches"}},
      {"gitlab_trigger",
       AliasMoved,
       gitlab,
       {"", "/api", "/api/v4", "/api/v4/projects", gitlab, "/api/v4/projects/7/trigger/pipeline",
        "/api/v4/projects/7/ref/main/trigger/pipeline"}},
      {"telegram",
       AliasMoved,
       bot + "/sendMessage",
       {"", bot, bot + "/sendMessage", bot + "/sendmessage", "/bot99:another/sendMessage"}},
      {"jsm", AliasMoved, "/v2/alerts", {"", "/v2", "/v2/alerts"}},
      {"ntfy", AliasMoved, "/", {"", "/modelvane-team"}},
      {"discord",
       AliasMoved,
       "/api/webhooks/1/abc",
       {"/api/webhooks/1/abc", "/api/webhooks/1/abc/slack", "/api/webhooks/1/abc/github"}},
      {"feishu", AliasMoved, "/open-apis/bot/v2/hook/x", {"/open-apis/bot/v2/hook/x"}},
      {"dingtalk", AliasMoved, "/robot/send", {"/robot/send"}},
      {"wecom", AliasMoved, "/cgi-bin/webhook/send", {"/cgi-bin/webhook/send"}},
      {"teams",
       AliasMoved,
       "/workflows/1/triggers/manual/paths/invoke",
       {"/workflows/1/triggers/manual/paths/invoke"}},
      {"google_chat", AliasMoved, "/v1/spaces/A/messages", {"/v1/spaces/A/messages"}},
  };
  for (const auto& wanted : interfaces) {
    for (const auto& host : kHosts) {
      for (const std::string prefix : {"", "/am", "/team/a"}) {
        for (const auto& path : wanted.given) {
          for (const std::string end : {"", "/", "//"}) {
            const auto url = host + prefix + path + end;
            CAPTURE(wanted.format);
            CAPTURE(url);
            const auto reached = goal(wanted.format, url, wanted.type);
            CHECK(reached.substr(0, reached.find('?')) == host + prefix + wanted.path);
          }
        }
      }
    }
  }
}

TEST_CASE("a URL that is the user's own stays as it was written") {
  for (const std::string format : {"cloudevents", "alertmanager_webhook", "slack", "mattermost"}) {
    for (const std::string url :
         {"https://a.example", "https://a.example/", "https://a.example/T//B/x/",
          "https://a.example/x?a=b", "https://A.example:8443/x"})
      CHECK(goal(format, url, EventType::AliasMoved) == url);
  }
}

TEST_CASE("a prefix that only looks like a part of the interface is kept") {
  using enum EventType;
  CHECK(goal("telegram", "https://gw.example/bot-api", AliasMoved) ==
        "https://gw.example/bot-api/bot123456:bot-token/sendMessage");
  CHECK(goal("grafana_annotation", "http://gw/api/grafana/api/", AliasMoved) ==
        "http://gw/api/grafana/api/annotations");
  CHECK(goal("alertmanager", "http://gw/alerts", AliasMoved) == "http://gw/alerts/api/v2/alerts");
}

TEST_CASE("a service's own host is completed with the path at which its interface lives") {
  for (const std::string url :
       {"https://api.atlassian.com", "https://api.atlassian.com/", "https://API.atlassian.com/jsm",
        "https://api.atlassian.com/jsm/ops/integration/v2/alerts/"})
    CHECK(goal("jsm", url, EventType::AliasMoved).ends_with("/jsm/ops/integration/v2/alerts"));
  CHECK(goal("jsm", "https://api.opsgenie.com/v2/alerts", EventType::AliasMoved) ==
        "https://api.opsgenie.com/v2/alerts");
}

TEST_CASE("a query is kept, but for what the format says itself") {
  using enum EventType;
  CHECK(goal("alertmanager", "http://am:9093?team=a", AliasMoved) ==
        "http://am:9093/api/v2/alerts?team=a");
  CHECK(goal("alertmanager", "http://am:9093/?team=a", AliasMoved) ==
        "http://am:9093/api/v2/alerts?team=a");
  CHECK(goal("discord", "https://discord.com/api/webhooks/1/t?thread_id=7", AliasMoved) ==
        "https://discord.com/api/webhooks/1/t?thread_id=7&wait=true");
  CHECK(goal("discord", "https://discord.com/api/webhooks/1/t/?wait=false&thread_id=7",
             AliasMoved) == "https://discord.com/api/webhooks/1/t?thread_id=7&wait=true");
  CHECK(goal("gitlab_trigger",
             "https://gitlab.com/api/v4/projects/7/ref/main/trigger/pipeline?token=old&variables=a",
             AliasMoved) ==
        "https://gitlab.com/api/v4/projects/team%2Fevaluation/ref/main/trigger/pipeline"
        "?variables=a&token=trigger-token");
  const auto signed_url =
      goal("dingtalk", "https://oapi.dingtalk.com/robot/send?access_token=x&timestamp=1&sign=y",
           AliasMoved);
  CHECK(signed_url.starts_with(
      "https://oapi.dingtalk.com/robot/send?access_token=x&timestamp=1795341600000&sign="));
  CHECK(signed_url.find("sign=y") == std::string::npos);
}
