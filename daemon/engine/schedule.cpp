#include "daemon/engine/schedule.h"

#include "daemon/text/hash.h"

namespace modelvane {
namespace {

Duration offset_within(std::string_view name, Duration length) {
  if (length <= Duration{0}) return Duration{0};
  return Duration{
      static_cast<Duration::rep>(stable_hash(name) % static_cast<std::uint64_t>(length.count()))};
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
