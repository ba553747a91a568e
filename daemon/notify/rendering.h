// What stands between notify.cpp and the renderers: an occasion goes in, a payload comes out. A
// renderer is a pure function, one file each; its own verdict function reads answers of receivers
// that say "no" with status 200. The table of all is in receivers.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/events/delivery.h"
#include "daemon/notify/message.h"
#include "daemon/notify/notify.h"
#include "daemon/transport/transport.h"

namespace modelvane {

struct Occasion {
  const WebhookConfig& webhook;
  const NotifyContext& context;
  std::vector<ReadEvent> events;  // oldest first, never empty
  std::string secret;             // what webhook.vendor_secret holds at this moment; "" without one
  std::string url{};              // template: as configured
  std::vector<std::pair<std::string, std::string>> named_secrets{};  // template
  Time now{};

  const ReadEvent& first() const { return events.front(); }
  // One event's message, or the digest of several.
  Message message() const {
    return events.size() == 1 ? make_message(first(), context) : make_digest(events, context);
  }
  // Whom the message calls, as the user wrote it: each once.
  std::vector<std::string> mentions() const;
};

struct Payload {
  std::string body;
  std::string content_type = "application/json";  // "" = there is no body
  std::string method = "POST";
  std::string url{};              // in place of the webhook's own; "" = that one
  std::string path{};             // put behind the webhook's URL unless that ends with it already
  std::string path_in_manuals{};  // of another way to send it: no part of the webhook's URL either
  std::string query{};            // encoded, without "?"
  HttpHeaders headers{};
  std::optional<Mail> mail{};
  std::size_t left_out = 0;  // lines of the message that its format has no room for
};

// What an answer means to that receiver; nullopt = what its status means to everybody (judge.cpp).
using Ruling = std::optional<Verdict>;

struct Receiver {
  std::string_view format;
  Payload (*render)(const Occasion& occasion);
  Ruling (*rule)(const HttpReply& reply) = nullptr;
  // In its place, where the user says what answers mean.
  Ruling (*rule_of_user)(const WebhookConfig& webhook, const HttpReply& reply) = nullptr;
};

// Of a format that find_format() knows.
const Receiver& receiver_of(std::string_view format);

Payload render_alertmanager(const Occasion& occasion);
Payload render_alertmanager_webhook(const Occasion& occasion);
Payload render_slack(const Occasion& occasion);
Payload render_mattermost(const Occasion& occasion);
Payload render_discord(const Occasion& occasion);
Payload render_teams(const Occasion& occasion);
Payload render_feishu(const Occasion& occasion);
Payload render_dingtalk(const Occasion& occasion);
Payload render_wecom(const Occasion& occasion);
Payload render_pagerduty(const Occasion& occasion);
Payload render_google_chat(const Occasion& occasion);
Payload render_telegram(const Occasion& occasion);
Payload render_ntfy(const Occasion& occasion);
Payload render_email(const Occasion& occasion);
Payload render_jsm(const Occasion& occasion);
Payload render_github_dispatch(const Occasion& occasion);
Payload render_gitlab_trigger(const Occasion& occasion);
Payload render_grafana_annotation(const Occasion& occasion);
Payload render_template(const Occasion& occasion);

Ruling rule_slack(const HttpReply& reply);
Ruling rule_slack_kin(const HttpReply& reply);
Ruling rule_mattermost(const HttpReply& reply);
Ruling rule_discord(const HttpReply& reply);
Ruling rule_teams(const HttpReply& reply);
Ruling rule_feishu(const HttpReply& reply);
Ruling rule_dingtalk(const HttpReply& reply);
Ruling rule_wecom(const HttpReply& reply);
Ruling rule_pagerduty(const HttpReply& reply);
Ruling rule_google_chat(const HttpReply& reply);
Ruling rule_telegram(const HttpReply& reply);
Ruling rule_email(const HttpReply& reply);
Ruling rule_ntfy(const HttpReply& reply);
Ruling rule_jsm(const HttpReply& reply);
Ruling rule_github_dispatch(const HttpReply& reply);
Ruling rule_gitlab_trigger(const HttpReply& reply);
Ruling rule_template(const WebhookConfig& webhook, const HttpReply& reply);

// One way to write JSON: compact, and never failing on bytes that are no UTF-8. A template keeps
// the library's header out of here.
template <typename Json>
std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace modelvane
