#include "daemon/web/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "daemon/web/request_head.h"

namespace modelvane {
namespace {

// One turn of one connection writes at most so much, so that a large answer on a fast link does not hold up the others.
constexpr std::size_t kWriteBytesPerTurn = 1024 * 1024;
// A client that goes on sending after its answer is cut off here.
constexpr std::size_t kDiscardBytesMax = 256 * 1024;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

Connection::~Connection() {
  ::close(fd_);
}

std::uint32_t Connection::interest() const {
  switch (state_) {
    case State::Reading: return EPOLLIN;
    case State::Waiting: return 0;  // errors are reported all the same
    case State::Writing: return EPOLLOUT;
    case State::Draining: return EPOLLIN;
    case State::Streaming: return unsent() == 0 ? EPOLLIN : EPOLLIN | EPOLLOUT;
  }
  return 0;
}

Connection::Progress Connection::receive() {
  std::array<char, 4096> buffer;
  const auto room = std::min(buffer.size(), kHeadBytesMax + 1 - std::min(kHeadBytesMax, input_.size()));
  const auto count = ::recv(fd_, buffer.data(), room, 0);
  if (count < 0) return would_block(errno) ? Progress::More : Progress::Closed;
  if (count == 0) return Progress::Closed;
  input_.append(buffer.data(), static_cast<std::size_t>(count));
  return Progress::Done;
}

void Connection::wait() {
  state_ = State::Waiting;
  deadline_ = SteadyClock::time_point::max();
  input_ = {};
}

void Connection::answer(std::string bytes, SteadyClock::time_point deadline) {
  state_ = State::Writing;
  deadline_ = deadline;
  output_ = std::move(bytes);
}

Connection::Progress Connection::send() {
  const auto end = std::min(output_.size(), sent_ + kWriteBytesPerTurn);
  while (sent_ < end) {
    const auto count = ::send(fd_, output_.data() + sent_, end - sent_, MSG_NOSIGNAL);
    if (count < 0) return would_block(errno) ? Progress::More : Progress::Closed;
    sent_ += static_cast<std::size_t>(count);
  }
  return sent_ == output_.size() ? Progress::Done : Progress::More;
}

void Connection::stream(std::string head, std::chrono::milliseconds patience, SteadyClock::time_point now) {
  state_ = State::Streaming;
  deadline_ = SteadyClock::time_point::max();
  patience_ = patience;
  append(head, now);
  // A peer that has vanished answers to nothing; without this the kernel would go on asking it for a quarter of an hour.
  const auto limit = static_cast<unsigned int>(2 * patience.count());
  ::setsockopt(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
}

void Connection::append(std::string_view bytes, SteadyClock::time_point now) {
  const bool is_idle = unsent() == 0;
  output_.erase(0, std::exchange(sent_, 0));
  output_ += bytes;
  if (!is_idle) return;
  owed_ = output_.size();
  deadline_ = now + patience_;
}

Connection::Progress Connection::send_on(SteadyClock::time_point now) {
  const auto before = unsent();
  const auto progress = send();
  if (progress == Progress::Closed) return progress;
  owed_ -= std::min(owed_, before - unsent());
  if (owed_ == 0) {
    owed_ = unsent();
    deadline_ = owed_ == 0 ? SteadyClock::time_point::max() : now + patience_;
  }
  return Progress::More;
}

void Connection::drain(SteadyClock::time_point deadline) {
  state_ = State::Draining;
  deadline_ = deadline;
  output_ = {};
  sent_ = 0;
  ::shutdown(fd_, SHUT_WR);
}

Connection::Progress Connection::discard() {
  std::array<char, 16 * 1024> buffer;
  const auto count = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (count < 0) return would_block(errno) ? Progress::More : Progress::Closed;
  discarded_ += static_cast<std::size_t>(count);
  return count == 0 || discarded_ > kDiscardBytesMax ? Progress::Closed : Progress::More;
}

}  // namespace modelvane
