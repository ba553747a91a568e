#include "daemon/notify/wished_wait.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string_view>

#include "daemon/catalog/json_path.h"
#include "daemon/catalog/refusal.h"
#include "daemon/events/delivery.h"
#include "daemon/notify/answer.h"
#include "daemon/text/token.h"

namespace modelvane {
namespace {

constexpr std::array kRemaining{std::string_view{"x-ratelimit-remaining"},
                                std::string_view{"ratelimit-remaining"},
                                std::string_view{"x-rate-limit-remaining"}};
// GitHub's holds seconds since 1970, Discord's and the IETF's seconds from now, others milliseconds
// since 1970 or a duration such as "1m30s".
constexpr std::array kReset{
    std::string_view{"x-ratelimit-reset-after"}, std::string_view{"x-ratelimit-reset"},
    std::string_view{"ratelimit-reset"}, std::string_view{"x-rate-limit-reset"},
    std::string_view{"x-ratelimit-reset-requests"}};
// No receiver of events means more; events of a chat are hours old by then.
constexpr Duration kLongestWait = std::chrono::hours{24};

// Where the JSON of a refusal says it: at its top, or in one of these objects (Telegram's
// `parameters`, incident.io's `rate_limit`).
constexpr std::array kHolders{std::string_view{"error"}, std::string_view{"parameters"},
                              std::string_view{"rate_limit"}, std::string_view{"data"}};

struct Name {
  std::string_view name;
  bool is_in_milliseconds = false;
};
constexpr std::array kNames{
    Name{"retry_after"},         Name{"retryAfter"},        Name{"retry-after"},
    Name{"retry_after_seconds"}, Name{"retryAfterSeconds"}, Name{"retry_after_ms", true},
    Name{"retryAfterMs", true},  Name{"retry_after_s"},
};

using Wish = std::optional<Duration>;

bool has_nothing_left(const HttpReply& reply) {
  return std::ranges::any_of(kRemaining,
                             [&](std::string_view name) { return reply.header(name) == "0"; });
}

// A number, a date, or a duration such as "120s".
Wish wait_in(std::string_view text, Time now) {
  if (const auto wish = parse_retry_after(text, now)) return wish;
  return parse_go_duration(trimmed(text, " "));
}

Wish in_milliseconds(Wish wish) {
  return wish ? Wish{*wish / 1000} : std::nullopt;
}

Wish wait_until_reset(const HttpReply& reply, Time now) {
  for (const auto name : kReset) {
    if (const auto wish = wait_in(reply.header(name), now)) return wish;
  }
  return std::nullopt;
}

// The header field RateLimit of the drafts of the IETF's httpapi group: `limit=10, reset=6`, later
// `"default";r=0;t=6`.
Wish wait_of_rate_limit_field(const HttpReply& reply, Time now) {
  const auto text = reply.header("ratelimit");
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find_first_of(",; ", begin), text.size());
    const auto item = std::string_view{text}.substr(begin, end - begin);
    for (const std::string_view key : {"reset=", "t="}) {
      if (!item.starts_with(key)) continue;
      if (const auto wish = parse_retry_after(item.substr(key.size()), now)) return wish;
    }
    begin = end + 1;
  }
  return std::nullopt;
}

// Google's APIs: {"error":{"details":[{"@type":".../google.rpc.RetryInfo","retryDelay":"6s"}]}}.
Wish wait_of_retry_info(const nlohmann::json& json) {
  const auto error = json.find("error");
  if (error == json.end() || !error->is_object()) return std::nullopt;
  const auto details = error->find("details");
  if (details == error->end() || !details->is_array()) return std::nullopt;
  for (const auto& detail : *details) {
    const auto delay = detail.is_object() ? detail.find("retryDelay") : detail.end();
    if (delay == detail.end() || !delay->is_string()) continue;
    if (const auto wish = parse_go_duration(delay->get_ref<const std::string&>())) return wish;
  }
  return std::nullopt;
}

Wish wait_of_value(const nlohmann::json& value, Time now) {
  if (value.is_string()) return wait_in(value.get_ref<const std::string&>(), now);
  if (!value.is_number() || !(value.get<double>() >= 0)) return std::nullopt;
  return wait_of_seconds(value.get<double>(), now);
}

Wish wait_of_object(const nlohmann::json& object, Time now) {
  for (const auto& [name, is_in_milliseconds] : kNames) {
    const auto value = object.find(name);
    if (value == object.end()) continue;
    const auto wish = wait_of_value(*value, now);
    if (wish) return is_in_milliseconds ? in_milliseconds(wish) : wish;
  }
  return std::nullopt;
}

Wish wait_of_body(const HttpReply& reply, Time now) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  if (const auto wish = wait_of_retry_info(json)) return wish;
  if (const auto wish = wait_of_object(json, now)) return wish;
  for (const auto holder : kHolders) {
    const auto object = json.find(holder);
    if (object == json.end() || !object->is_object()) continue;
    if (const auto wish = wait_of_object(*object, now)) return wish;
  }
  return std::nullopt;
}

Wish unbounded_wait(const HttpReply& reply, Time now) {
  if (const auto wish = wait_in(reply.header("retry-after"), now)) return wish;
  // What OpenAI-like gateways say beside it, which knows whole seconds only.
  if (const auto wish = in_milliseconds(parse_retry_after(reply.header("retry-after-ms"), Time{})))
    return wish;
  if (reply.status == kTooManyRequests || has_nothing_left(reply)) {
    if (const auto wish = wait_until_reset(reply, now)) return wish;
    if (const auto wish = wait_of_rate_limit_field(reply, now)) return wish;
  }
  return wait_of_body(reply, now);
}

Wish bounded(Wish wish) {
  return wish ? Wish{std::min(*wish, kLongestWait)} : std::nullopt;
}

}  // namespace

bool is_rate_limited(const HttpReply& reply) {
  return !reply.header("retry-after").empty() || has_nothing_left(reply) ||
         wait_of_body(reply, Time{}).has_value();
}

std::optional<Duration> wished_wait(const HttpReply& reply, Time now) {
  return bounded(unbounded_wait(reply, now));
}

std::optional<Duration> wait_at(const std::string& pointer, const HttpReply& reply, Time now) {
  if (pointer.empty()) return std::nullopt;
  std::string storage;
  const auto value = pick(reply.body, steps_of(pointer), storage);
  const bool is_fit = value.is_text() || value.kind == JsonValue::Kind::Number;
  return is_fit ? bounded(wait_in(value.text, now)) : std::nullopt;
}

}  // namespace modelvane
