// libcurl's multi handles on one Poller, as if they were one. One handle would do, but libcurl
// walks all connections that a handle keeps whenever a transfer ends and once a second: with 1,000
// kept connections that was a quarter of a poll's CPU. Requests to one host always meet in the same
// shard, where their kept connection is. The transport's thread only.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/io/poller.h"
#include "daemon/transport/resolver.h"

namespace modelvane {

class MultiShards {
 public:
  // Throws std::runtime_error when libcurl does not start. Borrows the poller.
  explicit MultiShards(Poller& poller);
  ~MultiShards();
  MultiShards(const MultiShards&) = delete;
  MultiShards& operator=(const MultiShards&) = delete;

  // The handle goes to work in the shard of that host, to which it belongs until remove().
  // Otherwise the sentence why not.
  std::optional<std::string> add(std::string_view host, void* easy);
  void remove(std::string_view host, void* easy);

  // An event of a descriptor that was watched for a shard; those of others are ignored.
  void act(const epoll_event& event);
  void run_timers(SteadyTime now);
  std::optional<SteadyTime> next_timer() const;

  struct Ended {
    void* easy;
    int code;  // CURLcode
  };
  // A transfer that has ended and was not returned before; its handle is still in its shard.
  std::optional<Ended> take_ended();

 private:
  struct Shard;
  // At 10,000 kept connections some 300 in each; a shard in use weighs 30 kB.
  static constexpr std::size_t kShards = 32;

  Shard& shard_of(std::string_view host) const;

  Poller& poller_;
  std::vector<Shard*> by_descriptor_;                   // null = watched for none
  std::vector<Shard*> acted_;                           // may have ended transfers
  std::array<std::unique_ptr<Shard>, kShards> shards_;  // last: closing them still uses the rest
};

}  // namespace modelvane
