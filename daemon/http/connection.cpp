#include "daemon/http/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <utility>

#include "daemon/http/request_head.h"

namespace modelvane {
namespace {

// One turn of one connection writes at most so much, so that a large answer on a fast link does not
// hold up the others.
constexpr std::size_t kWriteBytesPerTurn = 1024 * 1024;
// A body up to this size goes into the same packets as its head: copying it is cheaper than a
// packet or TLS record more.
constexpr std::size_t kJoinedBytesMax = 16 * 1024;
// A client that goes on sending after its answer is cut off here.
constexpr std::size_t kDiscardBytesMax = 256 * 1024;

}  // namespace

std::uint32_t Connection::interest() const {
  switch (state_) {
    case State::Reading: return channel_.blocked_on() != 0 ? channel_.blocked_on() : EPOLLIN;
    case State::Waiting: return 0;  // errors are reported all the same
    case State::Writing: return channel_.blocked_on() != 0 ? channel_.blocked_on() : EPOLLOUT;
    case State::Draining: return EPOLLIN;
    case State::Streaming: return unsent() == 0 ? EPOLLIN : EPOLLIN | EPOLLOUT;
  }
  return 0;
}

Connection::Progress Connection::receive() {
  std::array<char, 4096> buffer;
  auto progress = Progress::More;
  do {
    const auto room =
        std::min(buffer.size(), kHeadBytesMax + 1 - std::min(kHeadBytesMax, input_.size()));
    const auto moved = channel_.receive({buffer.data(), room});
    if (moved.state == Channel::Moved::State::NotTls) return Progress::NotTls;
    if (moved.state == Channel::Moved::State::Closed) return Progress::Closed;
    if (moved.state == Channel::Moved::State::None) return progress;
    input_.append(buffer.data(), moved.bytes);
    progress = Progress::Done;
  } while (channel_.has_more() && input_.size() <= kHeadBytesMax);
  return progress;
}

void Connection::wait(std::size_t head_bytes) {
  state_ = State::Waiting;
  deadline_ = SteadyClock::time_point::max();
  ++requests_;
  input_.erase(0, head_bytes);
  seen = 0;
  if (input_.empty()) input_ = {};  // and its memory: most connections are idle most of the time
}

void Connection::read_next(SteadyClock::time_point now, SteadyClock::time_point deadline) {
  state_ = State::Reading;
  reading_since_ = now;
  deadline_ = deadline;
  output_ = {};
  body_ = {};
  sent_ = 0;
  is_body_wanted = true;
  after = After::Closed;
}

void Connection::answer(std::string head, SharedText body, SteadyClock::time_point deadline) {
  state_ = State::Writing;
  deadline_ = deadline;
  sent_ = 0;
  output_ = std::move(head);
  body_ = std::move(body);
  if (body_.size() <= kJoinedBytesMax) {
    output_ += body_.view();
    body_ = {};
  }
}

std::string_view Connection::next_piece() const {
  if (sent_ < output_.size()) return std::string_view{output_}.substr(sent_);
  return body_.view().substr(sent_ - output_.size());
}

Connection::Progress Connection::send() {
  auto turn = kWriteBytesPerTurn;
  while (turn > 0 && unsent() > 0) {
    const auto moved = channel_.send(next_piece().substr(0, turn));
    if (moved.state == Channel::Moved::State::None) return Progress::More;
    if (moved.state != Channel::Moved::State::Some) return Progress::Closed;
    sent_ += moved.bytes;
    turn -= moved.bytes;
  }
  return unsent() == 0 ? Progress::Done : Progress::More;
}

void Connection::stream(std::string_view beginning, std::chrono::milliseconds patience,
                        SteadyClock::time_point now) {
  state_ = State::Streaming;
  deadline_ = SteadyClock::time_point::max();
  patience_ = patience;
  append(beginning, now);
  // A peer that has vanished answers to nothing; without this the kernel would go on asking it for
  // a quarter of an hour.
  const auto limit = static_cast<unsigned int>(2 * patience.count());
  ::setsockopt(fd(), IPPROTO_TCP, TCP_USER_TIMEOUT, &limit, sizeof limit);
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
  body_ = {};
  sent_ = 0;
  channel_.end();
}

Connection::Progress Connection::discard() {
  const auto moved = channel_.discard();
  if (moved.state == Channel::Moved::State::Closed) return Progress::Closed;
  discarded_ += moved.bytes;
  return discarded_ > kDiscardBytesMax ? Progress::Closed : Progress::More;
}

}  // namespace modelvane
