// One record of each webhook format, as data: its limits, keys of the configuration, way to sign
// and paths. The function that renders it and the rule of its answers stand in
// notify/receivers.cpp, which does not compile without one for each record here. docs/FORMATS.md
// shows the same table to users.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string_view>

#include "daemon/text/time.h"

namespace modelvane {

// A token bucket: `burst` requests at once, then `per_second`. The default is no limit.
struct RateLimit {
  double burst = 0;
  double per_second = 0;
  bool is_unlimited() const { return per_second <= 0; }
  friend bool operator==(const RateLimit&, const RateLimit&) = default;
};

// StandardWebhooks: receivers of one's own, with webhook-* headers, GitHub's signature and 410 for
// "no more". BotSecret: the vendor's own way, with one secret of any form.
enum class SigningKind { None, StandardWebhooks, BotSecret };

struct FormatTraits {
  std::string_view name;
  std::size_t events_max = 1;  // that one message may carry
  RateLimit rate_limit;        // what the vendor takes, with a little room below its own limit
  Duration max_age = std::chrono::hours{24};
  bool is_state = false;        // the receiver holds a state that is posted again until it ends
                                // (alert.h); else each message counts
  bool holds_states = false;    // keeps open what an event began until another ends it
  bool knows_mentions = false;  // a message can call people by name
  bool is_for_people = false;   // what is over before it could be told is told as one line
  SigningKind signing = SigningKind::None;
  std::string_view secret_key{};  // of the config: the credential that it cannot do without
  std::span<const std::string_view> keys{};   // of the config, beside those of all formats
  std::string_view own_url{};                 // of a service that lives at one address
  std::span<const std::string_view> paths{};  // of its interface; their segments are globs
  bool is_whole_url = false;  // its vendor gives out the whole URL, which ends with no slash
  bool coalesces() const { return events_max > 1; }
};

namespace format_words {
inline constexpr std::array kAlertmanagerPaths{std::string_view{"/api/v2/alerts"},
                                               std::string_view{"/api/v1/alerts"}};
inline constexpr std::array kPagerDutyPaths{std::string_view{"/v2/change/enqueue"},
                                            std::string_view{"/v2/enqueue"}};
inline constexpr std::array kGithubPaths{std::string_view{"/repos/*/*/dispatches"}};
inline constexpr std::array kGitlabPaths{
    std::string_view{"/api/v4/projects/*/ref/*/trigger/pipeline"},
    std::string_view{"/api/v4/projects/*/trigger/pipeline"}};
inline constexpr std::array kGrafanaPaths{std::string_view{"/api/annotations"}};

// What speaks other services' languages at a webhook's URL.
inline constexpr std::array kDiscordPaths{std::string_view{"/slack"}, std::string_view{"/github"}};
inline constexpr std::array kTelegramPaths{std::string_view{"/bot*:*/sendMessage"}};
inline constexpr std::array kJsmPaths{std::string_view{"/v2/alerts"}};

inline constexpr std::array kTelegramKeys{std::string_view{"telegram"}};
inline constexpr std::array kNtfyKeys{std::string_view{"ntfy"}};
inline constexpr std::array kJsmKeys{std::string_view{"jsm"}};
inline constexpr std::array kEmailKeys{std::string_view{"email"}};
inline constexpr std::array kGithubKeys{std::string_view{"repository"}};
inline constexpr std::array kGitlabKeys{std::string_view{"project"}, std::string_view{"ref"}};
inline constexpr std::array kTemplateKeys{std::string_view{"template"}};
}  // namespace format_words

// People do not read what is hours old; a pipeline that starts after a long weekend is still of
// use.
inline constexpr Duration kChatMaxAge = std::chrono::hours{6};
inline constexpr Duration kPipelineMaxAge = std::chrono::hours{72};

inline constexpr std::array kFormats{
    FormatTraits{.name = "cloudevents", .signing = SigningKind::StandardWebhooks},
    FormatTraits{.name = "alertmanager",
                 .is_state = true,
                 .holds_states = true,
                 .paths = format_words::kAlertmanagerPaths},
    FormatTraits{.name = "alertmanager_webhook",
                 .holds_states = true,
                 .signing = SigningKind::StandardWebhooks},
    // One a second with short bursts; a message has room for about 13,000 characters.
    FormatTraits{.name = "slack",
                 .events_max = 40,
                 .rate_limit = {3, 1},
                 .max_age = kChatMaxAge,
                 .knows_mentions = true,
                 .is_for_people = true},
    FormatTraits{.name = "mattermost",
                 .events_max = 40,
                 .rate_limit = {10, 5},
                 .max_age = kChatMaxAge,
                 .knows_mentions = true,
                 .is_for_people = true},
    // 5 in 2 s and 30 a minute; 4,096 characters of description.
    FormatTraits{.name = "discord",
                 .events_max = 20,
                 .rate_limit = {5, 0.4},
                 .max_age = kChatMaxAge,
                 .knows_mentions = true,
                 .is_for_people = true,
                 .paths = format_words::kDiscordPaths,
                 .is_whole_url = true},
    // 100 an hour, 150 in two, 1,800 a day.
    FormatTraits{.name = "teams",
                 .events_max = 40,
                 .rate_limit = {5, 0.02},
                 .max_age = kChatMaxAge,
                 .knows_mentions = true,
                 .is_for_people = true,
                 .is_whole_url = true},
    // 5 a second and 100 a minute.
    FormatTraits{.name = "feishu",
                 .events_max = 40,
                 .rate_limit = {5, 1.5},
                 .max_age = kChatMaxAge,
                 .knows_mentions = true,
                 .is_for_people = true,
                 .signing = SigningKind::BotSecret,
                 .is_whole_url = true},
    // 20 a minute, above that blocked for ten.
    FormatTraits{.name = "dingtalk",
                 .events_max = 40,
                 .rate_limit = {2, 0.3},
                 .max_age = kChatMaxAge,
                 .knows_mentions = true,
                 .is_for_people = true,
                 .signing = SigningKind::BotSecret,
                 .is_whole_url = true},
    // 20 a minute; 4,096 bytes.
    FormatTraits{.name = "wecom",
                 .events_max = 15,
                 .rate_limit = {2, 0.3},
                 .max_age = kChatMaxAge,
                 .knows_mentions = true,
                 .is_for_people = true,
                 .is_whole_url = true},
    FormatTraits{.name = "pagerduty",
                 .rate_limit = {30, 2},
                 .holds_states = true,
                 .is_for_people = true,
                 .secret_key = "routing_key",
                 .own_url = "https://events.pagerduty.com",
                 .paths = format_words::kPagerDutyPaths},
    // One a second for a space; 4,096 characters, with others' text in code.
    FormatTraits{.name = "google_chat",
                 .events_max = 15,
                 .rate_limit = {3, 1},
                 .max_age = kChatMaxAge,
                 .knows_mentions = true,
                 .is_for_people = true,
                 .is_whole_url = true},
    // 20 a minute for a group; 4,096 characters.
    FormatTraits{.name = "telegram",
                 .events_max = 15,
                 .rate_limit = {3, 0.3},
                 .max_age = kChatMaxAge,
                 .knows_mentions = true,
                 .is_for_people = true,
                 .keys = format_words::kTelegramKeys,
                 .own_url = "https://api.telegram.org",
                 .paths = format_words::kTelegramPaths},
    // 60 at once, and then one in five seconds; 4,096 bytes.
    FormatTraits{.name = "ntfy",
                 .events_max = 15,
                 .rate_limit = {20, 0.2},
                 .max_age = kChatMaxAge,
                 .is_for_people = true,
                 .keys = format_words::kNtfyKeys,
                 .own_url = "https://ntfy.sh"},
    FormatTraits{.name = "jsm",
                 .rate_limit = {10, 1},
                 .holds_states = true,
                 .is_for_people = true,
                 .keys = format_words::kJsmKeys,
                 .own_url = "https://api.atlassian.com/jsm/ops/integration",
                 .paths = format_words::kJsmPaths},
    // A relay that takes less says so.
    FormatTraits{.name = "email",
                 .events_max = 20,
                 .rate_limit = {5, 0.5},
                 .is_for_people = true,
                 .keys = format_words::kEmailKeys},
    // 80 a minute and 500 an hour.
    FormatTraits{.name = "github_dispatch",
                 .rate_limit = {20, 0.13},
                 .max_age = kPipelineMaxAge,
                 .keys = format_words::kGithubKeys,
                 .own_url = "https://api.github.com",
                 .paths = format_words::kGithubPaths},
    FormatTraits{.name = "gitlab_trigger",
                 .rate_limit = {10, 0.25},
                 .max_age = kPipelineMaxAge,
                 .secret_key = "token",
                 .keys = format_words::kGitlabKeys,
                 .own_url = "https://gitlab.com",
                 .paths = format_words::kGitlabPaths},
    FormatTraits{
        .name = "grafana_annotation", .rate_limit = {20, 5}, .paths = format_words::kGrafanaPaths},
    FormatTraits{.name = "template",
                 .signing = SigningKind::StandardWebhooks,
                 .keys = format_words::kTemplateKeys},
};

// nullptr = there is no format of that name.
constexpr const FormatTraits* find_format(std::string_view name) {
  const auto* const found = std::find_if(kFormats.begin(), kFormats.end(),
                                         [&](const auto& format) { return format.name == name; });
  return found == kFormats.end() ? nullptr : found;
}

}  // namespace modelvane
