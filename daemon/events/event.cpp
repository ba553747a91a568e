#include "daemon/events/event.h"

#include <fmt/format.h>

#include "daemon/text/hash.h"

namespace modelvane {

std::string subject_of(std::string_view endpoint, std::string_view about) {
  if (endpoint.empty()) return about.empty() ? "daemon" : fmt::format("webhook/{}", about);
  return about.empty() ? std::string{endpoint} : fmt::format("{}/{}", endpoint, about);
}

std::string event_id(Time time, std::string_view instance, std::string_view endpoint,
                     std::uint64_t count) {
  const auto millis = static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count());
  const auto who =
      fmt::format("{}\n{}\n{}\n{}", instance, endpoint, time.time_since_epoch().count(), count);
  const auto high = stable_hash(who + "\nhigh");
  const auto low = stable_hash(who + "\nlow");
  return fmt::format("evt_{:012x}7{:03x}{:016x}", millis & 0xffffffffffffULL, high & 0xfffULL,
                     (low & 0x3fffffffffffffffULL) | (1ULL << 63));
}

}  // namespace modelvane
