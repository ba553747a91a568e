// What each receiver's answers mean: status and body.
#include <doctest/doctest.h>

#include <vector>

#include "daemon/notify/notify.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

const Time kNow = *parse_rfc3339("2026-11-22T10:00:00Z");

Verdict verdict(const std::string& format, int status, std::string body = "",
                HttpHeaders headers = {}) {
  WebhookConfig webhook;
  webhook.format = format;
  HttpReply reply;
  reply.status = status;
  reply.body = std::move(body);
  reply.headers = std::move(headers);
  return judge(webhook, reply, Mask{}, kNow);
}

struct Row {
  std::string format;
  int status;
  std::string body;
  VerdictClass kind;
};

}  // namespace

TEST_CASE("receivers that say no with 200 are understood, and any other 2xx is a yes") {
  using enum VerdictClass;
  const std::vector<Row> rows{
      {"slack", 200, "ok", Ok},
      {"slack", 200, "ok\n", Ok},
      {"slack", 200, "", Ok},
      {"slack", 200, R"({"success":true})", Ok},
      {"slack", 200, R"({"ok":false,"error":"channel_not_found"})", Config},
      {"slack", 400, "user_not_found", Config},
      {"slack", 503, "<html>invalid_payload</html>", Busy},
      {"slack", 200, "no_service", Config},
      {"slack", 200, "<p>no_service is what Slack says without a hook</p>", Ok},
      {"slack", 200, R"({"ok":true,"text":"channel_is_archived"})", Ok},
      {"slack", 400, "invalid_blocks: no text", Payload},
      {"slack", 410, "", Config},
      {"slack", 200, "invalid_blocks", Payload},
      {"slack", 400, "invalid_payload", Payload},
      {"slack", 403, "action_prohibited", Config},
      {"slack", 404, "channel_not_found", Config},
      {"slack", 410, "channel_is_archived", Gone},
      {"slack", 500, "rollup_error", Busy},
      {"mattermost", 200, "ok", Ok},
      {"mattermost", 400, R"({"id":"web.incoming_webhook.invalid.app_error"})", Config},
      {"mattermost", 400, R"({"id":"web.incoming_webhook.text.app_error"})", Payload},
      {"discord", 200, R"({"id":"1"})", Ok},
      {"discord", 204, "", Ok},
      {"discord", 404, R"({"code":10015})", Gone},
      {"discord", 404, "<html>not found</html>", Config},
      {"discord", 400, R"({"code":50035})", Payload},
      {"discord", 400, R"({"code":220001})", Config},
      {"teams", 202, "", Ok},
      {"teams", 200, "1", Ok},
      {"teams", 400, R"({"error":{"code":"WorkflowTriggerIsNotEnabled"}})", Config},
      {"teams", 400, R"({"error":{"code":"TriggerInputSchemaMismatch"}})", Payload},
      {"teams", 200,
       "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error "
       "429",
       Busy},
      {"feishu", 200, R"({"code":0,"msg":"success"})", Ok},
      {"feishu", 200, R"({"StatusCode":0,"StatusMessage":"success"})", Ok},
      {"feishu", 200, R"({"code":9499})", Payload},
      {"feishu", 200, R"({"code":9499,"msg":"too many request"})", Busy},
      {"feishu", 400, R"({"code":9499,"msg":"too many request"})", Busy},
      {"feishu", 429, R"({"code":19002})", Busy},
      {"feishu", 200, R"({"code":11232})", Busy},
      {"feishu", 400, R"({"code":19021})", Config},
      {"feishu", 200, R"({"code":19022})", Config},
      {"feishu", 200, R"({"code":77777})", Busy},
      {"feishu", 200, R"({"code":200,"msg":"ok"})", Ok},
      {"feishu", 200, R"(a page on "code" and too many requests)", Ok},
      {"feishu", 200, "<html>", Ok},
      {"feishu", 500, "<html>", Busy},
      {"dingtalk", 200, R"({"errcode":0,"errmsg":"ok"})", Ok},
      {"dingtalk", 200, R"({"errcode":310000,"errmsg":"sign not match"})", Config},
      {"dingtalk", 200, R"({"errcode":130101})", Busy},
      {"dingtalk", 200, R"({"errcode":-1})", Busy},
      {"dingtalk", 200, R"({"errcode":460101})", Payload},
      {"dingtalk", 200, R"({"status":1111,"wait":5,"punish":"deny"})", Busy},
      {"dingtalk", 200, R"(what "punish" means)", Ok},
      {"dingtalk", 200, R"({"errcode":400102})", Config},
      {"dingtalk", 200, "{}", Ok},
      {"wecom", 200, R"({"errcode":0})", Ok},
      {"wecom", 200, R"({"errcode":45009})", Busy},
      {"wecom", 200, R"({"errcode":93000})", Config},
      {"wecom", 200, R"({"errcode":"0"})", Ok},
      {"google_chat", 200, R"({"name":"spaces/a/messages/b"})", Ok},
      {"google_chat", 400,
       R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}})",
       Config},
      {"google_chat", 400, R"({"error":{"code":400,"message":"Message is too long"}})", Payload},
      {"google_chat", 404, R"({"error":{"code":404,"status":"NOT_FOUND"}})", Config},
      {"google_chat", 429, R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}})", Busy},
      {"telegram", 200, R"({"ok":true,"result":{}})", Ok},
      {"telegram", 400, R"({"ok":false,"description":"Bad Request: chat not found"})", Config},
      {"telegram", 400, R"({"ok":false,"description":"Bad Request: message is too long"})",
       Payload},
      {"telegram", 403, R"({"ok":false,"description":"Forbidden: bot was kicked"})", Config},
      {"telegram", 404, R"({"ok":false,"description":"Not Found"})", Config},
      {"telegram", 429, R"({"ok":false,"parameters":{"retry_after":5}})", Busy},
      {"ntfy", 200, R"({"id":"a"})", Ok},
      {"ntfy", 400, R"({"code":40009,"error":"invalid request: topic invalid"})", Config},
      {"ntfy", 400, R"({"code":40014,"error":"invalid request"})", Payload},
      {"ntfy", 403, R"({"code":40301})", Config},
      {"ntfy", 429, R"({"code":42901})", Busy},
      {"email", 250, "", Ok},
      {"email", 451, "451 greylisted", Busy},
      {"email", 535, "535 wrong password", Config},
      {"email", 550, "550 no such user", Config},
      {"email", 552, "552 too big", Payload},
      {"email", 554, "554 5.3.4 Message too big for system", Payload},
      {"jsm", 202, R"({"result":"Request will be processed"})", Ok},
      {"jsm", 403, R"({"message":"Key format is not valid!"})", Config},
      {"jsm", 422, R"({"message":"Request body is not processable"})", Payload},
      {"jsm", 429, R"({"message":"You are making too many requests!"})", Busy},
      {"pagerduty", 202, "{}", Ok},
      {"pagerduty", 400, "{}", Payload},
      {"pagerduty", 400, R"({"status":"invalid event","errors":["'routing_key' is invalid"]})",
       Config},
      {"pagerduty", 400, R"({"status":"invalid event","errors":["Invalid Routing Key"]})", Config},
      {"pagerduty", 429, "", Busy},
      {"github_dispatch", 204, "", Ok},
      {"github_dispatch", 404, "", Config},
      {"github_dispatch", 422, "", Payload},
      {"github_dispatch", 403, R"({"message":"You have exceeded a secondary rate limit"})", Busy},
      {"github_dispatch", 403, R"({"message":"Resource not accessible"})", Config},
      {"gitlab_trigger", 201, "{}", Ok},
      {"gitlab_trigger", 404, "", Config},
      {"gitlab_trigger", 400, R"({"message":{"base":["Reference not found"]}})", Config},
      {"grafana_annotation", 200, R"({"id":1})", Ok},
      {"alertmanager", 200, "", Ok},
      {"alertmanager", 400, "bad", Payload},
      {"alertmanager", 415, "", Payload},
  };
  for (const auto& row : rows) {
    CAPTURE(row.format);
    CAPTURE(row.status);
    CAPTURE(row.body);
    const auto made = verdict(row.format, row.status, row.body);
    CHECK(label(made.kind) == label(row.kind));
    CHECK(made.sentence.empty() == (row.kind == Ok));
  }
}

TEST_CASE("a refusal names the code, what it means and what the receiver said") {
  CHECK(verdict("feishu", 200, R"({"code":19021,"msg":"sign match fail"})").sentence ==
        "the receiver answered with code 19021 (the signing secret is wrong, or this clock is an "
        "hour off): "
        R"({"code":19021,"msg":"sign match fail"})");
  CHECK(verdict("slack", 200, "no_service").sentence ==
        "the receiver answered with status 200 and no_service: no_service");
}

TEST_CASE("limits ask for air, in each receiver's own words") {
  using enum VerdictClass;
  CHECK(verdict("feishu", 200, R"({"code":11232})").throttled);
  CHECK(verdict("dingtalk", 200, R"({"errcode":130101})").throttled);
  CHECK(verdict("cloudevents", 413, "", {{"retry-after", "9"}}).kind == Busy);
  CHECK(verdict("github_dispatch", 403, "secondary rate limit").throttled);
  CHECK(verdict("github_dispatch", 403, "secondary rate limit", {{"retry-after", "90"}})
            .retry_after == 90s);
  const auto discord =
      verdict("discord", 429,
              R"({"message":"You are being rate limited.","retry_after":1.25,"global":false})");
  CHECK(discord.kind == Busy);
  CHECK(discord.throttled);
  CHECK(discord.retry_after == 1250ms);
  CHECK(verdict("discord", 429, R"({"retry_after":1e300})").retry_after == 24h);
  CHECK(verdict("discord", 429, R"({"retry_after":"soon"})", {{"retry-after", "3"}}).retry_after ==
        3s);
}

TEST_CASE("a lost connection means the same to every receiver") {
  using enum VerdictClass;
  for (const auto& format : kFormats) {
    WebhookConfig webhook;
    webhook.format = format.name;
    const auto lost = judge(
        webhook, std::unexpected(HttpFailure{.reason = Reason::Connect, .sentence = "refused"}),
        Mask{}, kNow);
    CHECK(lost.kind == Busy);
  }
}
