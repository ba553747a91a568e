// Polls under way. Each has one of kPollsAtOnce places from begin() to end(), and in between one
// request after another with the transport. The engine's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "daemon/engine/endpoint_watch.h"
#include "daemon/engine/poll_schedule.h"
#include "daemon/engine/tickets.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// Polls under way at once. 10,000 endpoints a minute that all hang for 10 s would need 1,667;
// beyond the quota polls start late, which poll_lateness_seconds shows, instead of eating sockets
// without end.
inline constexpr std::size_t kPollsAtOnce = 2'000;

// An endpoint with its place in the engine's plans.
struct Watch {
  EndpointWatch endpoint;
  std::size_t index = 0;                                           // in the order of the config
  std::vector<std::size_t> windows{};                              // of maintenance
  std::string host{};                                              // where its polls take a place
  PollSchedule::Standing standing = PollSchedule::Standing::Good;  // with which it took it
  Duration due{0};
  std::optional<Duration> begun{};  // the last poll
  std::uint64_t ticket = 0;         // of the request under way; 0 = none is
  bool is_restored = false;         // it has what the store knew
};

class Polls {
 public:
  // Both are borrowed.
  Polls(Transport& transport, Tickets& tickets) : transport_(transport), tickets_(tickets) {}

  bool have_room() const { return count_ < kPollsAtOnce; }
  std::size_t count() const { return count_; }

  void begin() { ++count_; }
  // The next request of a poll that has begun.
  void start(Watch& watch, HttpRequest request);
  // Whose request has ended; its poll goes on by start(), or end()s. Null: nobody's here.
  Watch* complete(std::uint64_t ticket);
  void end(Watch& watch);
  // Breaks off its request, and the poll with it.
  void cancel(Watch& watch);
  void cancel_all();

 private:
  Transport& transport_;
  Tickets& tickets_;
  std::unordered_map<std::uint64_t, Watch*> under_way_;
  std::size_t count_ = 0;
};

}  // namespace modelvane
