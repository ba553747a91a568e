// The last polls of an endpoint, kept small: 10,000 endpoints keep one each, and each poll makes a
// new one. When a poll ended is kept to the millisecond, how long it took to a tenth of one: a list
// on the own network is read in less.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <ratio>

#include "daemon/catalog/reason.h"
#include "daemon/text/time.h"

namespace modelvane {

struct PastPoll {
  Time at{};
  Duration total{0};
  std::optional<Reason> reason;  // none: it was good
};

class PollHistory {
 public:
  // An hour and a half of one poll a minute.
  static constexpr std::size_t kPollsMax = 96;

  // Forgets the oldest when there are more.
  void add(const PastPoll& poll) {
    const auto total = std::chrono::round<Tenths>(poll.total).count();
    entries_[(first_ + size_) % kPollsMax] = {
        .at = std::chrono::floor<std::chrono::milliseconds>(poll.at).time_since_epoch().count(),
        .total = static_cast<std::uint32_t>(
            std::clamp<std::int64_t>(total, 0, std::numeric_limits<std::uint32_t>::max())),
        .outcome = poll.reason
                       ? static_cast<std::uint8_t>(1 + static_cast<std::uint8_t>(*poll.reason))
                       : std::uint8_t{0}};
    if (size_ < kPollsMax) {
      ++size_;
    } else {
      first_ = static_cast<std::uint8_t>((first_ + 1) % kPollsMax);
    }
  }

  std::size_t size() const { return size_; }
  // 0 = the oldest.
  PastPoll at(std::size_t index) const {
    const auto& entry = entries_[(first_ + index) % kPollsMax];
    return {.at = Time{std::chrono::milliseconds{entry.at}},
            .total = Tenths{entry.total},
            .reason = entry.outcome == 0 ? std::nullopt
                                         : std::optional{static_cast<Reason>(entry.outcome - 1)}};
  }

 private:
  // Of a millisecond; 32 bits hold almost five days, and no poll may take one.
  using Tenths = std::chrono::duration<std::int64_t, std::ratio<1, 10'000>>;

  struct Entry {
    std::int64_t at = 0;
    std::uint32_t total = 0;
    std::uint8_t outcome = 0;  // 0 = good, else the reason and one
  };

  std::array<Entry, kPollsMax> entries_{};
  std::uint8_t first_ = 0;
  std::uint8_t size_ = 0;
};

// With its bookkeeping about 1.5 kB.
static_assert(sizeof(PollHistory) <= 1'600);

}  // namespace modelvane
