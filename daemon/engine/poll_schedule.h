// Which endpoint is to be polled next, and how many polls one host gets at once. An endpoint whose
// host is busy waits at that host and holds up no other; its due time stays, so that the lateness
// of its start is measured. The engine's thread only.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "daemon/text/time.h"

namespace modelvane {

// A provider sees at most so many connections from this process. At a second for an answer that
// makes 480 polls a minute.
inline constexpr std::size_t kPollsAtOncePerHost = 8;
// Of these, at most so many for endpoints whose last poll failed: they often hold their place for a
// whole timeout, and those that answer shall not wait for them.
inline constexpr std::size_t kFailingAtOncePerHost = 4;

// "https://Example.com:8443/v1/models?key=x" -> "example.com:8443".
std::string host_of(const std::string& url);

// The name of that: "example.com:8443" -> "example.com".
std::string name_of_host(const std::string& host);

class PollSchedule {
 public:
  enum class Standing { Good, Failing };  // how the endpoint's last poll ended
  struct Due {
    std::size_t endpoint;
    Duration due;
  };

  // Forgets who waits; polls under way still count for their hosts.
  void clear();
  // `endpoint` is an index of the caller's; it is scheduled once at a time.
  void add(std::size_t endpoint, Duration due, const std::string& host,
           Standing standing = Standing::Good);
  // One that is scheduled is due now instead.
  void hurry(std::size_t endpoint, Duration due, Duration now);
  // The next one that is due and whose host has room, which it then takes.
  std::optional<Due> take(Duration now);
  // A poll at that host has ended, of an endpoint that was added with that standing.
  void release(const std::string& host, Standing standing = Standing::Good);
  // When take() is worth another call.
  std::optional<Duration> next_due() const;

 private:
  struct Host {
    std::size_t under_way = 0;
    std::size_t failing_under_way = 0;
    // Mostly empty, and there are as many hosts as endpoints: an empty deque takes 600 bytes.
    std::list<std::pair<Duration, std::size_t>> waiting;  // good ones
    std::list<std::pair<Duration, std::size_t>> failing_waiting;

    bool has_room(Standing standing) const {
      return under_way < kPollsAtOncePerHost &&
             (standing == Standing::Good || failing_under_way < kFailingAtOncePerHost);
    }
    void wake_next(std::set<std::pair<Duration, std::size_t>>& due);
  };
  struct Place {
    Host* host = nullptr;
    Standing standing = Standing::Good;
  };

  std::unordered_map<std::string, Host> hosts_;
  std::vector<Place> places_;  // by endpoint
  std::set<std::pair<Duration, std::size_t>> due_;
};

}  // namespace modelvane
