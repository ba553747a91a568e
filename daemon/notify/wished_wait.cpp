#include "daemon/notify/wished_wait.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string_view>

#include "daemon/catalog/json_path.h"
#include "daemon/events/delivery.h"

namespace modelvane {
namespace {

constexpr int kTooManyRequests = 429;
constexpr std::array kRemaining{std::string_view{"x-ratelimit-remaining"},
                                std::string_view{"ratelimit-remaining"},
                                std::string_view{"x-rate-limit-remaining"}};
constexpr std::array kReset{
    std::string_view{"x-ratelimit-reset-after"}, std::string_view{"x-ratelimit-reset"},
    std::string_view{"ratelimit-reset"}, std::string_view{"x-rate-limit-reset"}};
// The same headers hold seconds from now with some and seconds since 1970 with others. No limit
// lasts for thirty years.
constexpr double kFirstPointInTime = 1e9;
// Some of these count milliseconds since 1970: as seconds it would be the year 33658.
constexpr double kFirstInMilliseconds = 1e12;
// A number that does not fit into a duration is no wish that can be granted.
constexpr double kSecondsMax = 86'400;

bool has_nothing_left(const HttpReply& reply) {
  return std::ranges::any_of(kRemaining,
                             [&](std::string_view name) { return reply.header(name) == "0"; });
}

Duration span_of(double seconds) {
  return std::chrono::ceil<Duration>(
      std::chrono::duration<double>{std::clamp(seconds, 0.0, kSecondsMax)});
}

std::optional<double> number_in(std::string_view text) {
  double value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size() || !(value >= 0))
    return std::nullopt;
  return value;
}

std::optional<Duration> wait_until_reset(const HttpReply& reply, Time now) {
  for (const auto name : kReset) {
    const auto value = number_in(reply.header(name));
    if (!value) continue;
    if (*value < kFirstPointInTime) return span_of(*value);
    const double at = *value >= kFirstInMilliseconds ? *value / 1000 : *value;
    return span_of(at - std::chrono::duration<double>{now.time_since_epoch()}.count());
  }
  return std::nullopt;
}

// What OpenAI-like gateways say beside Retry-After, which knows whole seconds only.
std::optional<Duration> wait_in_milliseconds(const HttpReply& reply) {
  const auto value = number_in(reply.header("retry-after-ms"));
  return value ? std::optional{span_of(*value / 1000)} : std::nullopt;
}

// The header field RateLimit of the drafts of the IETF's httpapi group: `limit=10, reset=6`, later
// `"default";r=0;t=6`.
std::optional<Duration> wait_of_rate_limit_field(const HttpReply& reply) {
  const auto text = reply.header("ratelimit");
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find_first_of(",; ", begin), text.size());
    const auto item = std::string_view{text}.substr(begin, end - begin);
    for (const std::string_view key : {"reset=", "t="}) {
      if (!item.starts_with(key)) continue;
      if (const auto value = number_in(item.substr(key.size()))) return span_of(*value);
    }
    begin = end + 1;
  }
  return std::nullopt;
}

// Google's APIs: {"error":{"details":[{"@type":".../google.rpc.RetryInfo","retryDelay":"6s"}]}}.
std::optional<Duration> wait_of_retry_info(const nlohmann::json& json) {
  const auto error = json.find("error");
  if (error == json.end() || !error->is_object()) return std::nullopt;
  const auto details = error->find("details");
  if (details == error->end() || !details->is_array()) return std::nullopt;
  for (const auto& detail : *details) {
    const auto delay = detail.is_object() ? detail.find("retryDelay") : detail.end();
    if (delay == detail.end() || !delay->is_string()) continue;
    std::string_view text = delay->get_ref<const std::string&>();
    if (!text.ends_with('s')) continue;
    text.remove_suffix(1);
    if (const auto value = number_in(text)) return span_of(*value);
  }
  return std::nullopt;
}

std::optional<Duration> wait_of_body(const HttpReply& reply) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  if (const auto wish = wait_of_retry_info(json)) return wish;
  const auto parameters = json.find("parameters");
  const auto& holder = parameters != json.end() && parameters->is_object() ? *parameters : json;
  const auto wish = holder.find("retry_after");
  if (wish == holder.end() || !wish->is_number()) return std::nullopt;
  return span_of(wish->get<double>());
}

}  // namespace

bool is_rate_limited(const HttpReply& reply) {
  return !reply.header("retry-after").empty() || has_nothing_left(reply);
}

std::optional<Duration> wished_wait(const HttpReply& reply, Time now) {
  if (const auto wish = parse_retry_after(reply.header("retry-after"), now)) return wish;
  const bool is_limit = reply.status == kTooManyRequests;
  if (is_limit || has_nothing_left(reply)) {
    if (const auto wish = wait_in_milliseconds(reply)) return wish;
    if (const auto wish = wait_until_reset(reply, now)) return wish;
    if (const auto wish = wait_of_rate_limit_field(reply)) return wish;
  }
  return is_limit ? wait_of_body(reply) : std::nullopt;
}

std::optional<Duration> wait_at(const std::string& pointer, const HttpReply& reply) {
  if (pointer.empty()) return std::nullopt;
  std::string storage;
  const auto value = pick(reply.body, steps_of(pointer), storage);
  const bool is_fit = value.is_text() || value.kind == JsonValue::Kind::Number;
  return is_fit ? parse_retry_after(value.text, Time{}) : std::nullopt;
}

}  // namespace modelvane
