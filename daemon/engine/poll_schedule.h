// Which endpoint is to be polled next, and how many polls one host gets at once. An endpoint whose
// host is busy waits at that host and holds up no other; its due time stays, so that the lateness
// of its start is measured. The engine's thread only.
#pragma once

#include <cstddef>
#include <deque>
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

// "https://Example.com:8443/v1/models?key=x" -> "example.com:8443".
std::string host_of(const std::string& url);

class PollSchedule {
 public:
  struct Due {
    std::size_t endpoint;
    Duration due;
  };

  // Forgets who waits; polls under way still count for their hosts.
  void clear();
  // `endpoint` is an index of the caller's; it is scheduled once at a time.
  void add(std::size_t endpoint, Duration due, const std::string& host);
  // The next one that is due and whose host has room, which it then takes.
  std::optional<Due> take(Duration now);
  // A poll at that host has ended.
  void release(const std::string& host);
  // When take() is worth another call.
  std::optional<Duration> next_due() const;

 private:
  struct Host {
    std::size_t under_way = 0;
    std::deque<std::pair<Duration, std::size_t>> waiting;
  };

  std::unordered_map<std::string, Host> hosts_;
  std::vector<Host*> host_by_endpoint_;
  std::set<std::pair<Duration, std::size_t>> due_;
};

}  // namespace modelvane
