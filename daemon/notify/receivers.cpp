#include <algorithm>
#include <array>

#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

// The stored text, byte for byte. Without parameters and in lower case: the reference parser of npm
// compares the text.
Payload render_cloudevents(const Occasion& occasion) {
  return {.body = occasion.first().stored->json, .content_type = "application/cloudevents+json"};
}

constexpr std::array kReceivers{
    Receiver{"cloudevents", render_cloudevents},
    Receiver{"alertmanager", render_alertmanager},
    Receiver{"alertmanager_webhook", render_alertmanager_webhook},
    Receiver{"slack", render_slack, rule_slack},
    Receiver{"mattermost", render_mattermost, rule_mattermost},
    Receiver{"discord", render_discord, rule_discord},
    Receiver{"teams", render_teams, rule_teams},
    Receiver{"feishu", render_feishu, rule_feishu},
    Receiver{"dingtalk", render_dingtalk, rule_dingtalk},
    Receiver{"wecom", render_wecom, rule_wecom},
    Receiver{"pagerduty", render_pagerduty, rule_pagerduty},
    Receiver{"google_chat", render_google_chat, rule_google_chat},
    Receiver{"telegram", render_telegram, rule_telegram},
    Receiver{"ntfy", render_ntfy, rule_ntfy},
    Receiver{"jsm", render_jsm, rule_jsm},
    Receiver{"email", render_email, rule_email},
    Receiver{"github_dispatch", render_github_dispatch, rule_github_dispatch},
    Receiver{"gitlab_trigger", render_gitlab_trigger, rule_gitlab_trigger},
    Receiver{"grafana_annotation", render_grafana_annotation},
    Receiver{.format = "template", .render = render_template, .rule_of_user = rule_template},
};

constexpr bool has_every_format() {
  return std::ranges::all_of(kFormats, [](const FormatTraits& format) {
    return std::ranges::any_of(
        kReceivers, [&](const Receiver& receiver) { return receiver.format == format.name; });
  });
}
static_assert(has_every_format() && kReceivers.size() == kFormats.size());

}  // namespace

const Receiver& receiver_of(std::string_view format) {
  return *std::ranges::find(kReceivers, format, &Receiver::format);
}

}  // namespace modelvane
