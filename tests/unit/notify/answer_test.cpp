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
  // Their sources stand beside the tables of words and codes.
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
      {"slack", 200, R"({"ok":true})", Ok},
      {"slack", 200, R"({"ok":false,"error":"something new"})", Busy},
      {"slack", 200, R"({"ok":false,"error":"ratelimited"})", Busy},
      {"slack", 200, R"({"ok":false,"error":"invalid_auth"})", Config},
      {"slack", 200, R"({"ok":false,"error":"is_archived"})", Config},
      {"slack", 400, "missing_text_or_fallback_or_attachments", Payload},
      {"slack", 403, "invalid_token", Config},
      {"slack", 404, "no_team", Config},
      {"slack", 500, "internal_error", Busy},
      // Rocket.Chat
      {"slack", 200, R"({"success":false,"error":"Invalid integration id or token provided."})",
       Config},
      {"slack", 404, R"({"success":false,"error":"Invalid integration id or token provided."})",
       Config},
      {"slack", 400, R"({"success":false,"error":"Invalid integration id or token provided."})",
       Config},
      {"mattermost", 400, R"({"success":false,"error":"invalid-channel"})", Config},
      {"slack", 200, R"({"success":false,"error":"unknown-error"})", Busy},
      {"slack", 400, R"({"success":false,"error":"error-message-size-exceeded"})", Payload},
      // Zulip
      {"slack", 200, R"({"result":"success","msg":""})", Ok},
      {"slack", 200, R"({"result":"error","msg":"no"})", Busy},
      {"slack", 401, R"({"result":"error","code":"INVALID_API_KEY","msg":"Invalid API key"})",
       Config},
      {"slack", 400, R"({"result":"error","code":"STREAM_DOES_NOT_EXIST","stream":"x"})", Config},
      {"slack", 400, R"({"result":"error","code":"RATE_LIMIT_HIT","retry-after":2.5})", Busy},
      {"slack", 200, R"({"result":"error","code":"USER_DEACTIVATED"})", Config},
      {"slack", 400, "<html>Bad Request</html>", Config},
      {"mattermost", 400,
       R"({"id":"api.post.create_post.can_not_post_to_deleted.error","status_code":400})", Config},
      {"mattermost", 403, R"({"id":"web.incoming_webhook.permissions.app_error"})", Config},
      {"mattermost", 500, R"({"id":"web.incoming_webhook.channel.app_error"})", Config},
      {"mattermost", 501, R"({"id":"web.incoming_webhook.disabled.app_error"})", Config},
      {"mattermost", 400, R"({"id":"web.incoming_webhook.decode.app_error"})", Payload},
      {"mattermost", 413, R"({"id":"api.context.request_body_too_large.app_error"})", Payload},
      {"mattermost", 200, "ok", Ok},
      {"mattermost", 400, R"({"id":"web.incoming_webhook.invalid.app_error"})", Config},
      {"mattermost", 400, R"({"id":"web.incoming_webhook.text.app_error"})", Payload},
      {"discord", 200, R"({"id":"1"})", Ok},
      {"discord", 204, "", Ok},
      {"discord", 404, R"({"code":10015})", Gone},
      {"discord", 404, "<html>not found</html>", Config},
      {"discord", 400, R"({"code":50035})", Payload},
      {"discord", 400, R"({"code":220001})", Config},
      {"discord", 400, R"({"code":10003,"message":"Unknown Channel"})", Config},
      {"discord", 401, R"({"code":50027,"message":"Invalid Webhook Token"})", Config},
      {"discord", 403, R"({"code":50013,"message":"Missing Permissions"})", Config},
      {"discord", 400, R"({"code":50083,"message":"Thread is archived"})", Config},
      {"discord", 400, R"({"code":40067})", Config},
      {"discord", 400, R"({"code":50006,"message":"Cannot send an empty message"})", Payload},
      {"discord", 400, R"({"code":20016})", Busy},
      {"discord", 403, "error code: 1020", Config},
      {"discord", 503, R"({"code":130000})", Busy},
      {"discord", 404, R"({"code":0,"message":"404: Not Found"})", Config},
      {"teams", 202, "", Ok},
      {"teams", 200, "1", Ok},
      {"teams", 400, R"({"error":{"code":"WorkflowTriggerIsNotEnabled"}})", Config},
      {"teams", 400, R"({"error":{"code":"TriggerInputSchemaMismatch"}})", Payload},
      {"teams", 200,
       "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error "
       "429",
       Busy},
      {"teams", 404, R"({"error":{"code":"WorkflowNotFound"}})", Config},
      {"teams", 401, R"({"error":{"code":"DirectApiAuthorizationRequired"}})", Config},
      {"teams", 400, R"({"error":{"code":"DirectApiInvalidAuthorizationScheme"}})", Config},
      {"teams", 400, R"({"error":{"code":"MissingApiVersionParameter"}})", Config},
      {"teams", 400, R"({"error":{"code":"InvalidRequestContent"}})", Payload},
      {"teams", 400, "Summary or Text is required.", Payload},
      {"teams", 502, R"({"error":{"code":"NoResponse"}})", Busy},
      {"teams", 429, R"({"error":{"code":"WorkflowTriggerRequestThrottled"}})", Busy},
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
      {"feishu", 200, R"({"code":19001,"msg":"param invalid: incoming webhook access token invalid"})",
       Config},
      {"feishu", 200, R"({"code":19002,"msg":"params error, msg_type need"})", Payload},
      {"feishu", 200, R"({"code":19024,"msg":"Key Words Not Found"})", Config},
      {"feishu", 200, R"({"code":11247})", Busy},
      {"feishu", 404, "<html>", Config},
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
      {"dingtalk", 200, R"({"errcode":88,"sub_code":"60011"})", Config},
      {"dingtalk", 200, R"({"errcode":400013})", Config},
      {"dingtalk", 200, R"({"errcode":400101})", Config},
      {"dingtalk", 200, R"({"errcode":410100})", Busy},
      {"dingtalk", 200, R"({"errcode":400105})", Payload},
      {"dingtalk", 200, R"({"errcode":430102})", Payload},
      {"dingtalk", 200, R"({"errcode":99999})", Busy},
      {"dingtalk", 200, "{}", Ok},
      {"wecom", 200, R"({"errcode":0})", Ok},
      {"wecom", 200, R"({"errcode":45009})", Busy},
      {"wecom", 200, R"({"errcode":93000})", Config},
      {"wecom", 200, R"({"errcode":93000,"errmsg":"invalid webhook url, hint: [1]"})", Config},
      {"wecom", 200, R"({"errcode":93000,"errmsg":"Invalid input : content exceed max length."})",
       Payload},
      {"wecom", 200, R"({"errcode":0,"errmsg":"content exceed max length is no error here"})", Ok},
      {"wecom", 200, R"({"errcode":93004})", Config},
      {"wecom", 200, R"({"errcode":60020})", Config},
      {"wecom", 200, R"({"errcode":45002})", Payload},
      {"wecom", 200, R"({"errcode":44004})", Payload},
      {"wecom", 200, R"({"errcode":-1})", Busy},
      {"wecom", 200, R"({"errcode":"0"})", Ok},
      {"google_chat", 200, R"({"name":"spaces/a/messages/b"})", Ok},
      {"google_chat", 400,
       R"({"error":{"code":400,"message":"API key not valid. Please pass a valid API key."}})",
       Config},
      {"google_chat", 400, R"({"error":{"code":400,"message":"Message is too long"}})", Payload},
      {"google_chat", 404, R"({"error":{"code":404,"status":"NOT_FOUND"}})", Config},
      {"google_chat", 400,
       R"({"error":{"code":400,"message":"API key expired. Please renew the API key."}})", Config},
      {"google_chat", 400, R"({"error":{"code":400,"status":"FAILED_PRECONDITION"}})", Config},
      {"google_chat", 400, R"({"error":{"code":400,"status":"INVALID_ARGUMENT"}})", Payload},
      {"google_chat", 403, R"({"error":{"code":403,"status":"PERMISSION_DENIED"}})", Config},
      {"google_chat", 403, R"({"error":{"code":403,"status":"RESOURCE_EXHAUSTED"}})", Busy},
      {"google_chat", 400, "<!doctype html><title>Error 400</title>", Config},
      {"google_chat", 200, R"({"text":"API key not valid"})", Ok},
      {"google_chat", 429, R"({"error":{"code":429,"status":"RESOURCE_EXHAUSTED"}})", Busy},
      {"telegram", 200, R"({"ok":true,"result":{}})", Ok},
      {"telegram", 400, R"({"ok":false,"description":"Bad Request: chat not found"})", Config},
      {"telegram", 400, R"({"ok":false,"description":"Bad Request: message is too long"})",
       Payload},
      {"telegram", 403, R"({"ok":false,"description":"Forbidden: bot was kicked"})", Config},
      {"telegram", 404, R"({"ok":false,"description":"Not Found"})", Config},
      {"telegram", 429, R"({"ok":false,"parameters":{"retry_after":5}})", Busy},
      {"telegram", 400,
       R"({"ok":false,"description":"Bad Request: group chat was upgraded to a supergroup chat",)"
       R"("parameters":{"migrate_to_chat_id":-1001}})",
       Config},
      {"telegram", 400, R"({"ok":false,"description":"Bad Request: chat_id is empty"})", Config},
      {"telegram", 400, R"({"ok":false,"description":"Bad Request: message thread not found"})",
       Config},
      {"telegram", 400,
       R"({"ok":false,"description":"Bad Request: not enough rights to send text messages"})",
       Config},
      {"telegram", 400,
       R"({"ok":false,"description":"Bad Request: can't parse entities: Unsupported start tag"})",
       Payload},
      {"telegram", 401, R"({"ok":false,"error_code":401,"description":"Unauthorized"})", Config},
      {"telegram", 200, R"({"ok":false,"error_code":400,"description":"Bad Request: chat not found"})",
       Config},
      {"telegram", 200, R"({"ok":false,"error_code":429,"parameters":{"retry_after":5}})", Busy},
      {"telegram", 200, R"({"ok":false,"error_code":403})", Config},
      {"telegram", 200, R"({"ok":false})", Busy},
      {"telegram", 400, "<html>400 Bad Request</html>", Config},
      {"ntfy", 200, R"({"id":"a"})", Ok},
      {"ntfy", 400, R"({"code":40009,"error":"invalid request: topic invalid"})", Config},
      {"ntfy", 400, R"({"code":40014,"error":"invalid request"})", Payload},
      {"ntfy", 400, R"({"code":40010,"error":"invalid request: topic name is disallowed"})", Config},
      {"ntfy", 401, R"({"code":40101,"http":401,"error":"unauthorized"})", Config},
      {"ntfy", 409, R"({"code":40902})", Config},
      {"ntfy", 413, R"({"code":41301,"error":"attachment too large, or bandwidth limit reached"})",
       Busy},
      {"ntfy", 413, R"({"code":41303,"error":"JSON body too large"})", Payload},
      {"ntfy", 429, R"({"code":42908,"error":"limit reached: too many messages"})", Busy},
      {"ntfy", 507, R"({"code":50701})", Busy},
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
      {"jsm", 422, R"({"message":"Key format is not valid!","took":0.001})", Config},
      {"jsm", 422, R"({"message":"Could not authenticate"})", Config},
      {"jsm", 401, R"({"message":"Could not authenticate"})", Config},
      {"jsm", 403,
       R"({"code":40301,"message":"To perform this action, use an API key from an API integration."})",
       Config},
      {"jsm", 402, R"({"message":"Your account is not active"})", Config},
      {"jsm", 422, R"({"message":"Message can not be empty."})", Payload},
      {"jsm", 404, R"({"message":"No such page"})", Config},
      {"jsm", 429, R"({"message":"You are making too many requests!"})", Busy},
      {"pagerduty", 202, "{}", Ok},
      {"pagerduty", 400, "{}", Payload},
      {"pagerduty", 400, R"({"status":"invalid event","errors":["'routing_key' is invalid"]})",
       Config},
      {"pagerduty", 400, R"({"status":"invalid event","errors":["Invalid Routing Key"]})", Config},
      {"pagerduty", 400,
       R"({"status":"invalid event","message":"Event object is invalid","errors":["Length of )"
       R"('routing_key' is incorrect [should be 32 characters]"]})",
       Config},
      {"pagerduty", 400,
       R"({"status":"invalid event","message":"Event object is invalid","errors":["'summary' is )"
       R"(missing or blank"]})",
       Payload},
      {"pagerduty", 202, R"({"status":"success","message":"Event processed"})", Ok},
      {"pagerduty", 202, R"({"status":"invalid event","errors":["'payload' is missing"]})", Payload},
      {"pagerduty", 202, R"({"status":"invalid event","errors":["'routing_key' is invalid"]})",
       Config},
      {"pagerduty", 403, R"({"status":"throttle exceeded"})", Busy},
      {"pagerduty", 400, "<html>400 Bad Request</html>", Config},
      {"pagerduty", 429, "", Busy},
      {"github_dispatch", 204, "", Ok},
      {"github_dispatch", 404, "", Config},
      {"github_dispatch", 422, "", Payload},
      {"github_dispatch", 403, R"({"message":"You have exceeded a secondary rate limit"})", Busy},
      {"github_dispatch", 403, R"({"message":"Resource not accessible"})", Config},
      {"github_dispatch", 403, R"({"message":"Repository was archived so is read-only."})", Config},
      {"github_dispatch", 403, R"({"message":"You have triggered an abuse detection mechanism."})",
       Busy},
      {"github_dispatch", 401, R"({"message":"Bad credentials"})", Config},
      {"github_dispatch", 301, R"({"message":"Moved Permanently"})", Config},
      {"github_dispatch", 422,
       R"({"message":"Invalid request.\n\nNo more than 10 properties are allowed"})", Payload},
      {"gitlab_trigger", 401, R"({"message":"401 Unauthorized"})", Config},
      {"gitlab_trigger", 403, R"({"message":"403 Forbidden"})", Config},
      {"gitlab_trigger", 429, "Retry later", Busy},
      {"gitlab_trigger", 201, "{}", Ok},
      {"gitlab_trigger", 404, "", Config},
      {"gitlab_trigger", 400, R"({"message":{"base":["Reference not found"]}})", Config},
      {"grafana_annotation", 200, R"({"id":1})", Ok},
      {"grafana_annotation", 401, R"({"message":"Invalid API key"})", Config},
      {"grafana_annotation", 403, R"({"message":"You'll need additional permissions"})", Config},
      {"grafana_annotation", 400, R"({"message":"Failed to save annotation"})", Payload},
      {"grafana_annotation", 500, R"({"message":"Failed to save annotation"})", Busy},
      // incident.io
      {"template", 202, R"({"status":"accepted","deduplication_key":"a"})", Ok},
      {"template", 401, R"({"type":"authentication_error","status":401})", Config},
      {"template", 404, R"({"type":"not_found","status":404})", Config},
      {"template", 422, R"({"type":"validation_error","status":422})", Payload},
      {"template", 429, R"({"type":"rate_limit_exceeded","status":429})", Busy},
      {"alertmanager", 404, "<html>404 page not found</html>", Config},
      {"alertmanager", 400, "<html>Bad Request</html>", Config},
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

TEST_CASE("no page of something on the way is an end of anything, at any receiver") {
  using enum VerdictClass;
  for (const auto& format : kFormats) {
    if (format.name == "email") continue;  // speaks no HTTP
    for (const int status : {400, 401, 403, 404, 405, 415, 422, 451, 502, 511}) {
      CAPTURE(format.name);
      CAPTURE(status);
      const auto made = verdict(std::string{format.name}, status,
                                "<!DOCTYPE html><html><body>Sign in, channel_is_archived, 10015",
                                {{"content-type", "text/html"}});
      CHECK((made.kind == Config || made.kind == Busy));
    }
  }
}

TEST_CASE("DingTalk's gateway says how long it refuses") {
  CHECK(verdict("dingtalk", 200, R"({"status":1111,"wait":5,"punish":"deny"})").retry_after == 5s);
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
