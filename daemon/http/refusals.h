// Requests that never reached what they asked for, counted by cause. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "daemon/text/labels.h"

namespace modelvane {

// Password: the name or the password is wrong. Busy: no place, too many passwords or slow readers;
// also who gave its place to another. Malformed: no HTTP that is served, or a head that never came.
// Host: not this server's name, or the page of another site.
enum class RefusalCause { Password, Busy, Malformed, Host };
inline constexpr auto kRefusalCauses = labelled<RefusalCause>({
    {RefusalCause::Password, "password"},
    {RefusalCause::Busy, "busy"},
    {RefusalCause::Malformed, "malformed"},
    {RefusalCause::Host, "host"},
});

constexpr std::string_view label(RefusalCause cause) {
  return kRefusalCauses.label(cause);
}

using RefusalCounts = std::array<std::uint64_t, kRefusalCauses.size()>;

class Refusals {
 public:
  void note(RefusalCause cause) {
    counts_[static_cast<std::size_t>(cause)].fetch_add(1, std::memory_order_relaxed);
  }
  RefusalCounts counts() const {
    RefusalCounts all{};
    for (std::size_t i = 0; i < all.size(); ++i)
      all[i] = counts_[i].load(std::memory_order_relaxed);
    return all;
  }

 private:
  std::array<std::atomic<std::uint64_t>, kRefusalCauses.size()> counts_{};
};

}  // namespace modelvane
