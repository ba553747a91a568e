// The last polls of an endpoint, kept small: 10,000 endpoints keep one each, and each poll makes a
// new one. When a poll ended is kept to a hundredth of a second, how long it took to a tenth of a
// millisecond: a list on the own network is read in less than one.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
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
    newest_ = std::chrono::floor<Hundredths>(poll.at.time_since_epoch()).count();
    const auto outcome = poll.reason ? 1 + static_cast<std::uint32_t>(*poll.reason) : 0;
    entries_[(first_ + size_) % kPollsMax] = {
        .at = static_cast<std::uint32_t>(newest_),
        .total_and_outcome =
            static_cast<std::uint32_t>(std::clamp<std::int64_t>(total, 0, kTotalMax))
                << kOutcomeBits |
            outcome};
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
    // The difference is right for 248 days before and after the newest.
    const auto later = static_cast<std::int32_t>(entry.at - static_cast<std::uint32_t>(newest_));
    const auto outcome = entry.total_and_outcome & kOutcomeMax;
    return {
        .at = Time{Hundredths{newest_ + later}},
        .total = Tenths{entry.total_and_outcome >> kOutcomeBits},
        .reason = outcome == 0 ? std::nullopt : std::optional{static_cast<Reason>(outcome - 1)}};
  }

 private:
  using Hundredths = std::chrono::duration<std::int64_t, std::centi>;
  using Tenths = std::chrono::duration<std::int64_t, std::ratio<1, 10'000>>;
  static constexpr int kOutcomeBits = 5;
  static constexpr std::uint32_t kOutcomeMax = (1U << kOutcomeBits) - 1;
  static_assert(kReasons.size() <= kOutcomeMax);
  // Three and a half hours; no poll may take one.
  static constexpr std::int64_t kTotalMax = (1LL << (32 - kOutcomeBits)) - 1;

  struct Entry {
    std::uint32_t at;                 // the last 32 bits
    std::uint32_t total_and_outcome;  // outcome: 0 = good, else the reason and one
  };

  std::int64_t newest_ = 0;
  std::array<Entry, kPollsMax> entries_{};
  std::uint8_t first_ = 0;
  std::uint8_t size_ = 0;
};

static_assert(sizeof(PollHistory) <= 800);

}  // namespace modelvane
