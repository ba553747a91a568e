#include "daemon/core/schedule.h"

namespace modelvane {

std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  // FNV's low bits are weak for short, similar names ("gw-1", "gw-2"); one round of the splitmix64 finaliser spreads them.
  hash ^= hash >> 30;
  hash *= 0xbf58476d1ce4e5b9ULL;
  hash ^= hash >> 27;
  hash *= 0x94d049bb133111ebULL;
  return hash ^ (hash >> 31);
}

namespace {

Duration offset_within(std::string_view name, Duration length) {
  if (length <= Duration{0}) return Duration{0};
  return Duration{static_cast<Duration::rep>(stable_hash(name) % static_cast<std::uint64_t>(length.count()))};
}

}  // namespace

Time next_slot(std::string_view name, Duration interval, Time now) {
  const auto into_interval = (now.time_since_epoch() - offset_within(name, interval)) % interval;
  const auto positive = into_interval < Duration{0} ? into_interval + interval : into_interval;
  return now + (interval - positive);
}

Time first_slot(std::string_view name, Duration spread, Time now) {
  return now + offset_within(name, spread);
}

}  // namespace modelvane
