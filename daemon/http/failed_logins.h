// What to say of wrong passwords. Whoever guesses tries many in a second, and the log is for
// people: the first one is told at once, the next ones together. Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace modelvane {

struct FailedLogin {
  std::string user;  // as it was given: printable or not, of any length up to a few hundred bytes
  std::string peer;  // in text
  std::uint64_t others = 0;  // that were not told since the last one
};

class FailedLogins {
 public:
  static constexpr std::chrono::seconds kQuiet{10};

  // What is to be told now, if anything. `peer` as peer_of() tells it.
  std::optional<FailedLogin> note(std::string_view user, std::string_view peer,
                                  std::chrono::steady_clock::time_point now);

 private:
  std::mutex mutex_;
  std::optional<std::chrono::steady_clock::time_point> told_;  // under mutex_
  std::uint64_t untold_ = 0;                                   // under mutex_
};

}  // namespace modelvane
