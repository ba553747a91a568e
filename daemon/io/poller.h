// epoll and one eventfd: waits for sockets, and for a wake-up from any thread or signal handler.
// All but wake() belongs to one thread.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace modelvane {

class Poller {
 public:
  // Throws std::system_error when the process is out of descriptors: there is no transport without
  // it.
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // `is_new` = not watched yet. A descriptor that cannot be watched is left alone; its exchange
  // then ends at its deadline.
  void watch(int fd, std::uint32_t events, bool is_new);
  void forget(int fd);
  // Waits at most that long (rounded up to milliseconds). The events are valid until the next call.
  std::span<const epoll_event> wait(std::chrono::nanoseconds timeout);
  void wake();
  // True when the descriptor is the wake-up's; its signal is consumed.
  bool take_wake(int fd);

 private:
  // Enough to amortise the system call; what does not fit is reported by the next one.
  static constexpr std::size_t kBatch = 256;

  int epoll_ = -1;
  int wake_ = -1;
  std::array<epoll_event, kBatch> events_{};
};

}  // namespace modelvane
