#include "daemon/io/poller.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace modelvane {

Poller::Poller()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (epoll_ < 0 || wake_ < 0) {
    const int error = errno;
    if (epoll_ >= 0) close(epoll_);
    if (wake_ >= 0) close(wake_);
    throw std::system_error(error, std::generic_category(),
                            "the transport got no descriptor for its event loop");
  }
  watch(wake_, EPOLLIN, true);
}

Poller::~Poller() {
  close(wake_);
  close(epoll_);
}

void Poller::watch(int fd, std::uint32_t events, bool is_new) {
  epoll_event event{};
  event.events = events;
  event.data.fd = fd;
  const int first = is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_, first, fd, &event) == 0) return;
  // A descriptor number may have been closed and handed out again behind our back.
  if (errno == EEXIST) epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
  if (errno == ENOENT) epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void Poller::forget(int fd) {
  epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

std::span<const epoll_event> Poller::wait(std::chrono::nanoseconds timeout) {
  constexpr std::chrono::milliseconds kLongest{60'000};
  const auto clamped = std::clamp(std::chrono::ceil<std::chrono::milliseconds>(timeout),
                                  std::chrono::milliseconds{0}, kLongest);
  const int count = epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()),
                               static_cast<int>(clamped.count()));
  return {events_.data(), count < 0 ? 0 : static_cast<std::size_t>(count)};
}

void Poller::wake() {
  eventfd_write(wake_, 1);
}

bool Poller::take_wake(int fd) {
  if (fd != wake_) return false;
  eventfd_t ignored = 0;
  eventfd_read(wake_, &ignored);
  return true;
}

}  // namespace modelvane
