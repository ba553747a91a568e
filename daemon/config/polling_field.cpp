#include "daemon/config/polling_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace modelvane {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Faster than a second is a load test, slower than a day is no watch.
constexpr Range<Duration> kInterval{seconds{1}, hours{24}};
// A poll that takes longer holds its slot for nothing.
constexpr Range<Duration> kPollTimeoutRange{milliseconds{1}, minutes{10}};
constexpr Range<Duration> kRecheck{seconds{1}, hours{24}};
constexpr Range<Duration> kConnectionAge{seconds{1}, hours{24}};
constexpr Range<Duration> kReread{seconds{1}, hours{24}};
// Less holds no list; more, times the polls in flight, would fill a small machine.
constexpr Range<std::size_t> kBodyLimit{std::size_t{1} << 10U, std::size_t{256} << 20U};
constexpr Range<int> kConfirmPolls{1, 100};
constexpr Range<Duration> kConfirmFor{seconds{0}, hours{24 * 30}};
constexpr Range<double> kShrinkRatio{0.0, 1.0};
constexpr Range<int> kShrinkLeast{1, 20'000};  // to as many ids as a list may have
// From a tenth of a millisecond to the longest time-out.
constexpr Range<double> kBucket{0.0001, 600.0};
// Each is a series of every endpoint.
constexpr std::size_t kBucketsMax = 32;
constexpr Range<Duration> kShrinkHold{seconds{0}, hours{24 * 30}};

void read_confirm(const Field& field, Confirm& confirm) {
  static constexpr std::array kKeys{std::string_view{"polls"}, std::string_view{"for"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  if (const auto* polls = fields->find("polls"))
    confirm.polls = polls->integer(kConfirmPolls).value_or(confirm.polls);
  if (const auto* span = fields->find("for"))
    confirm.for_at_least = span->duration(kConfirmFor).value_or(confirm.for_at_least);
}

void read_confirms(const Field& field, Policy& policy) {
  static constexpr std::array kKeys{std::string_view{"moved"}, std::string_view{"vanished"},
                                    std::string_view{"added"}, std::string_view{"removed"},
                                    std::string_view{"down"},  std::string_view{"up"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  const std::array targets{&policy.moved,   &policy.vanished, &policy.added,
                           &policy.removed, &policy.down,     &policy.up};
  for (std::size_t i = 0; i < kKeys.size(); ++i) {
    if (const auto* confirm = fields->find(kKeys[i])) read_confirm(*confirm, *targets[i]);
  }
}

void read_shrink_guard(const Field& field, ShrinkGuard& guard) {
  static constexpr std::array kKeys{std::string_view{"ratio"}, std::string_view{"least"},
                                    std::string_view{"hold"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  if (const auto* ratio = fields->find("ratio"))
    guard.ratio = ratio->number(kShrinkRatio).value_or(guard.ratio);
  if (const auto* least = fields->find("least"))
    guard.least = static_cast<std::size_t>(
        least->integer(kShrinkLeast).value_or(static_cast<int>(guard.least)));
  if (const auto* hold = fields->find("hold"))
    guard.hold = hold->duration(kShrinkHold).value_or(guard.hold);
}

void read_buckets(const Field& field, HistogramBounds& bounds) {
  const auto items = field.list("upper bounds in seconds, such as [0.1, 0.5, 1, 5]");
  if (!items) return;
  if (items->empty() || items->size() > kBucketsMax) {
    return field.fail(fmt::format("must have 1 to {} bounds, not {}", kBucketsMax, items->size()));
  }
  std::vector<double> read;
  for (const auto& item : *items) {
    const auto bound = item.number(kBucket);
    if (!bound) continue;
    if (!read.empty() && *bound <= read.back())
      item.fail("must be larger than the bound before it");
    read.push_back(*bound);
  }
  bounds = std::move(read);
}

// A span that must fit into the interval. `interval_is_known`: false while the interval itself is
// in error.
void read_within_interval(const Field* field, Range<Duration> range, Duration interval,
                          bool interval_is_known, Duration& span) {
  if (field == nullptr) return;
  const auto value = field->duration(range);
  if (!value) return;
  span = *value;
  if (interval_is_known && span > interval) {
    field->fail(fmt::format(
        "must not be longer than the interval ({}), and {} is; shorten it, or raise the interval",
        to_text(interval), to_text(span)));
  }
}

}  // namespace

std::span<const std::string_view> polling_keys() {
  static constexpr std::array kKeys{
      std::string_view{"interval"},     std::string_view{"timeout"},
      std::string_view{"recheck"},      std::string_view{"connection"},
      std::string_view{"body_limit"},   std::string_view{"confirm"},
      std::string_view{"shrink_guard"}, std::string_view{"duration_buckets"},
      std::string_view{"reread"},       std::string_view{"connection_max_age"},
  };
  return kKeys;
}

void read_polling(const Fields& fields, EndpointConfig& endpoint) {
  static constexpr std::array kConnections{std::string_view{"fresh"}, std::string_view{"reuse"}};
  bool interval_is_known = true;
  if (const auto* field = fields.find("interval")) {
    const auto interval = field->duration(kInterval);
    interval_is_known = interval.has_value();
    endpoint.interval = interval.value_or(endpoint.interval);
  }
  read_within_interval(fields.find("timeout"), kPollTimeoutRange, endpoint.interval,
                       interval_is_known, endpoint.timeout);
  read_within_interval(fields.find("recheck"), kRecheck, endpoint.interval, interval_is_known,
                       endpoint.recheck);
  if (const auto* field = fields.find("reread"))
    endpoint.reread = field->duration(kReread).value_or(endpoint.reread);
  if (const auto* field = fields.find("connection")) {
    if (const auto connection = field->choice(kConnections))
      endpoint.reuse_connection = *connection == "reuse";
  }
  if (const auto* field = fields.find("connection_max_age"))
    endpoint.connection_age_max =
        field->duration(kConnectionAge).value_or(endpoint.connection_age_max);
  if (const auto* field = fields.find("body_limit"))
    endpoint.body_limit = field->size(kBodyLimit).value_or(endpoint.body_limit);
  if (const auto* field = fields.find("confirm")) read_confirms(*field, endpoint.policy);
  if (const auto* field = fields.find("shrink_guard"))
    read_shrink_guard(*field, endpoint.policy.shrink_guard);
  if (const auto* field = fields.find("duration_buckets"))
    read_buckets(*field, endpoint.duration_buckets);
}

void fit_to_interval(EndpointConfig& endpoint) {
  endpoint.timeout = std::min(endpoint.timeout, endpoint.interval);
  endpoint.recheck = std::min(endpoint.recheck, endpoint.interval);
}

}  // namespace modelvane
