// One table of all webhook formats, as data: what the outbox and the config have to know about a
// format without knowing its renderer. docs/FORMATS.md shows the same table to users.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
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

struct FormatTraits {
  std::string_view name;
  std::size_t events_max = 1;  // that one message may carry
  RateLimit rate_limit;        // what the vendor takes, with a little room below its own limit
  Duration max_age = std::chrono::hours{24};
  bool is_state = false;  // the receiver holds a state that is posted again until it ends
                          // (alert.h); else each message counts
  bool coalesces() const { return events_max > 1; }
};

// People do not read what is hours old; a pipeline that starts after a long weekend is still of
// use.
inline constexpr Duration kChatMaxAge = std::chrono::hours{6};
inline constexpr Duration kPipelineMaxAge = std::chrono::hours{72};

inline constexpr std::array kFormats{
    FormatTraits{.name = "cloudevents"},
    FormatTraits{.name = "alertmanager", .is_state = true},
    FormatTraits{.name = "alertmanager_webhook"},
    // One a second with short bursts; a message has room for about 13,000 characters.
    FormatTraits{.name = "slack", .events_max = 40, .rate_limit = {3, 1}, .max_age = kChatMaxAge},
    FormatTraits{
        .name = "mattermost", .events_max = 40, .rate_limit = {10, 5}, .max_age = kChatMaxAge},
    // 5 in 2 s and 30 a minute; 4,096 characters of description.
    FormatTraits{
        .name = "discord", .events_max = 20, .rate_limit = {5, 0.4}, .max_age = kChatMaxAge},
    // 100 an hour, 150 in two, 1,800 a day.
    FormatTraits{
        .name = "teams", .events_max = 40, .rate_limit = {5, 0.02}, .max_age = kChatMaxAge},
    // 5 a second and 100 a minute.
    FormatTraits{
        .name = "feishu", .events_max = 40, .rate_limit = {5, 1.5}, .max_age = kChatMaxAge},
    // 20 a minute, above that blocked for ten.
    FormatTraits{
        .name = "dingtalk", .events_max = 40, .rate_limit = {2, 0.3}, .max_age = kChatMaxAge},
    // 20 a minute; 4,096 bytes.
    FormatTraits{.name = "wecom", .events_max = 15, .rate_limit = {2, 0.3}, .max_age = kChatMaxAge},
    FormatTraits{.name = "pagerduty", .rate_limit = {30, 2}},
    // 80 a minute and 500 an hour.
    FormatTraits{.name = "github_dispatch", .rate_limit = {20, 0.13}, .max_age = kPipelineMaxAge},
    FormatTraits{.name = "gitlab_trigger", .rate_limit = {10, 0.25}, .max_age = kPipelineMaxAge},
    FormatTraits{.name = "grafana_annotation", .rate_limit = {20, 5}},
    FormatTraits{.name = "template"},
};

// nullptr = there is no format of that name.
constexpr const FormatTraits* find_format(std::string_view name) {
  const auto* const found = std::find_if(kFormats.begin(), kFormats.end(),
                                         [&](const auto& format) { return format.name == name; });
  return found == kFormats.end() ? nullptr : found;
}

}  // namespace modelvane
