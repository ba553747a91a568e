#include "daemon/web/front.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <utility>

#include "daemon/http/admission.h"
#include "daemon/http/connection.h"
#include "daemon/http/listener.h"
#include "daemon/http/workers.h"

namespace modelvane {
namespace {

using TimePoint = SteadyClock::time_point;

// Deadlines are kept to this precision. Nobody needs better, and a sorted structure would cost more
// than looking through 1,000.
constexpr std::chrono::milliseconds kTick{100};
// Out of descriptors: new clients wait in the kernel's queue for so long before the next try.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::size_t kAcceptsPerTurn = 64;
constexpr std::uint64_t kWakeTag = 0;
// Even all connections together may hold answers of this size.
constexpr std::size_t kSmallAnswerBytes = std::size_t{64} * 1024;

}  // namespace

class Front::Loop {
 public:
  Loop(const FrontLimits& limits, Site site, FrontHooks hooks)
      : limits_(limits),
        site_(std::move(site)),
        hooks_(std::move(hooks)),
        streams_(limits.stream_pace) {}
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  std::expected<void, std::string> start(const std::vector<std::string>& addresses,
                                         const std::vector<int>& descriptors);
  std::vector<std::string> addresses() const;
  void stop();

 private:
  void run();
  void handle(const epoll_event& event, TimePoint now);
  void accept_clients(const Listener& listener, TimePoint now);
  void add_client(int fd, const std::string& peer, TimePoint now);
  bool make_room(const std::string& peer);
  void advance(std::uint64_t ticket, Connection& connection, TimePoint now);
  bool read_more(std::uint64_t ticket, Connection& connection, TimePoint now);
  bool read_next(std::uint64_t ticket, Connection& connection, TimePoint now);
  void read_request(std::uint64_t ticket, Connection& connection, TimePoint now);
  bool is_to_be_kept(const RequestHead& head, const Connection& connection) const;
  void take_answer(std::uint64_t ticket, Response answer, TimePoint now);
  void open_stream(std::uint64_t ticket, Connection& connection, Response answer, TimePoint now);
  void send_streams(TimePoint now);
  void answer(std::uint64_t ticket, Connection& connection, const Reply& reply, TimePoint now);
  std::size_t unsent_bytes() const;
  bool has_room_for(const SharedText& body) const;
  void refused(RefusalCause cause) const;
  std::string head_for(const Reply& reply, After after = After::Closed) const;
  std::shared_ptr<const TlsContext> tls_in_force() const;
  void expire(TimePoint now);
  void remove(std::uint64_t ticket);
  void watch(std::uint64_t tag, int fd, std::uint32_t events, int operation) const;
  void watch(std::uint64_t ticket, Connection& connection);
  void watch_listeners(bool accepting);
  bool has_ended(TimePoint now);
  void wake() const;

  const FrontLimits limits_;
  const Site site_;
  const FrontHooks hooks_;
  int epoll_ = -1;
  int wake_ = -1;
  std::vector<Listener> listeners_;  // constant while the thread runs

  // The thread's own.
  std::unordered_map<std::uint64_t, std::unique_ptr<Connection>> connections_;
  std::uint64_t next_ticket_ = 0;  // set behind the listeners' tags
  Streams streams_;
  std::optional<TimePoint> accept_again_;
  std::optional<TimePoint> end_of_grace_;
  TimePoint next_expiry_{};

  std::atomic<bool> is_stopping_{false};
  std::unique_ptr<Workers> workers_;
  std::jthread thread_;
};

Front::Loop::~Loop() {
  stop();
  if (wake_ >= 0) ::close(wake_);
  if (epoll_ >= 0) ::close(epoll_);
}

std::expected<void, std::string> Front::Loop::start(const std::vector<std::string>& addresses,
                                                    const std::vector<int>& descriptors) {
  for (const int fd : descriptors) {
    auto adopted = Listener::adopt(fd);
    if (!adopted) return std::unexpected(std::move(adopted.error()));
    listeners_.push_back(std::move(*adopted));
  }
  if (addresses.empty() && descriptors.empty())
    return std::unexpected("there is no address to listen on");
  for (const auto& address : addresses) {
    auto opened = Listener::open(address);
    if (!opened) return std::unexpected(std::move(opened.error()));
    for (auto& listener : *opened) listeners_.push_back(std::move(listener));
  }
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (epoll_ < 0 || wake_ < 0)
    return std::unexpected("the process has no file descriptors left: raise its limit (ulimit -n)");
  watch(kWakeTag, wake_, EPOLLIN, EPOLL_CTL_ADD);
  for (std::size_t i = 0; i < listeners_.size(); ++i)
    watch(i + 1, listeners_[i].fd(), EPOLLIN, EPOLL_CTL_ADD);
  next_ticket_ = listeners_.size() + 1;
  workers_ = std::make_unique<Workers>(limits_.workers, [this] { wake(); });
  thread_ = std::jthread{[this] { run(); }};
  return {};
}

std::vector<std::string> Front::Loop::addresses() const {
  std::vector<std::string> all;
  for (const auto& listener : listeners_) all.push_back(listener.address());
  return all;
}

void Front::Loop::stop() {
  if (!thread_.joinable()) return;
  is_stopping_ = true;
  wake();
  thread_.join();
  workers_.reset();
  connections_.clear();
  listeners_.clear();
}

void Front::Loop::run() {
  std::array<epoll_event, 128> events;
  while (true) {
    const int count =
        ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                     connections_.empty() && !accept_again_ ? -1 : static_cast<int>(kTick.count()));
    const auto now = SteadyClock::now();
    for (int i = 0; i < count; ++i) handle(events[static_cast<std::size_t>(i)], now);
    for (const auto& rest : workers_->take()) rest(now);
    expire(now);
    if (streams_.size() > 0) send_streams(now);
    if (is_stopping_ && has_ended(now)) return;
  }
}

// While stopping: nobody new, nobody who has not finished asking, no streams, and a short while for
// the rest.
bool Front::Loop::has_ended(TimePoint now) {
  if (!end_of_grace_) {
    end_of_grace_ = now + limits_.stop_grace;
    accept_again_.reset();
    for (const auto& listener : listeners_)
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, listener.fd(), nullptr);
    std::vector<std::uint64_t> going;
    for (const auto& [ticket, connection] : connections_) {
      const auto state = connection->state();
      if (state == Connection::State::Reading || state == Connection::State::Streaming)
        going.push_back(ticket);
    }
    for (const auto ticket : going) remove(ticket);
  }
  return connections_.empty() || now >= *end_of_grace_;
}

void Front::Loop::handle(const epoll_event& event, TimePoint now) {
  const auto tag = event.data.u64;
  if (tag == kWakeTag) {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto bytes = ::read(wake_, &count, sizeof count);
  } else if (tag <= listeners_.size()) {
    if (!is_stopping_) accept_clients(listeners_[tag - 1], now);
  } else if (const auto found = connections_.find(tag); found != connections_.end()) {
    if (found->second->state() == Connection::State::Waiting) {
      remove(tag);  // only errors are reported in this state: the client has gone
    } else {
      advance(tag, *found->second, now);
    }
  }
}

void Front::Loop::accept_clients(const Listener& listener, TimePoint now) {
  for (std::size_t i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage address{};
    auto* const peer = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    const int fd = ::accept4(listener.fd(), peer, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd >= 0) {
      add_client(fd, peer_of(*peer), now);
    } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
      accept_again_ = now + kAcceptPause;
      watch_listeners(false);
      return;
    } else if (errno != ECONNABORTED && errno != EINTR) {
      return;
    }
  }
}

// False when nobody gives way to a client from there.
bool Front::Loop::make_room(const std::string& peer) {
  if (connections_.size() < share_of(limits_.connections)) return true;
  std::vector<Guest> guests;
  guests.reserve(connections_.size());
  for (const auto& [ticket, connection] : connections_) {
    guests.push_back({.ticket = ticket,
                      .peer = connection->peer(),
                      .is_served = connection->state() != Connection::State::Reading,
                      .since = connection->reading_since()});
  }
  const auto admission = admit(peer, guests, limits_.connections);
  if (admission.gives_way) remove(*admission.gives_way);
  if (admission.gives_way || !admission.is_admitted) refused(RefusalCause::Busy);
  return admission.is_admitted;
}

void Front::Loop::add_client(int fd, const std::string& peer, TimePoint now) {
  const auto tls = tls_in_force();
  if (!make_room(peer)) {
    // Fits into the empty socket's buffer; whoever does not get it sees a closed connection. So
    // does who expects a handshake.
    if (!tls) {
      const auto busy = problem(503, "too many connections; try again in a few seconds");
      const auto text = head_for(busy).append(busy.body.view());
      (void)::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
    ::shutdown(fd, SHUT_WR);
    ::close(fd);
    return;
  }
  const int yes = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
  const auto ticket = next_ticket_++;
  auto& connection = connections_[ticket];
  connection = std::make_unique<Connection>(fd, peer, tls, now, now + limits_.head_deadline);
  connection->watched = connection->interest();
  watch(ticket, fd, connection->watched, EPOLL_CTL_ADD);
}

// The socket of a connection is ready for what its state waits for.
void Front::Loop::advance(std::uint64_t ticket, Connection& connection, TimePoint now) {
  auto progress = Connection::Progress::More;
  if (connection.state() == Connection::State::Reading) {
    if (!read_more(ticket, connection, now)) return remove(ticket);
  } else if (connection.state() == Connection::State::Streaming) {
    const bool has_more = connection.unsent() > 0;
    progress = connection.discard();
    if (progress != Connection::Progress::Closed && has_more) progress = connection.send_on(now);
    streams_.note_unsent(ticket, connection.unsent());
  } else if (connection.state() == Connection::State::Writing) {
    progress = connection.send();
    if (progress == Connection::Progress::Done && !read_next(ticket, connection, now))
      return remove(ticket);
  } else {
    progress = connection.discard();
  }
  if (progress == Connection::Progress::Closed) return remove(ticket);
  watch(ticket, connection);
}

// An answer is out. False when the client has closed.
bool Front::Loop::read_next(std::uint64_t ticket, Connection& connection, TimePoint now) {
  // Once certificates or the clients' authority have changed, what a connection was let in for
  // counts no more: clients ask again on a new one.
  const bool is_outdated = connection.tls() != tls_in_force();
  if (connection.after == After::Closed || is_outdated || is_stopping_) {
    connection.drain(now + limits_.drain_deadline);
    return true;
  }
  connection.read_next(now, now + limits_.idle_deadline);
  if (connection.is_idle()) return read_more(ticket, connection, now);
  // Its next request came together with the last one.
  connection.expect_by(now + limits_.head_deadline);
  read_request(ticket, connection, now);
  return connection.state() != Connection::State::Reading || read_more(ticket, connection, now);
}

// False when the client has closed.
bool Front::Loop::read_more(std::uint64_t ticket, Connection& connection, TimePoint now) {
  const bool was_idle = connection.is_idle();
  const auto progress = connection.receive();
  if (progress == Connection::Progress::NotTls) {
    refused(RefusalCause::Malformed);
    answer(ticket, connection, problem(400, "this port speaks HTTPS: write https:// in the URL"),
           now);
    return true;
  }
  if (progress != Connection::Progress::Done) return progress == Connection::Progress::More;
  if (was_idle) {
    if (connection.tls() != tls_in_force()) return false;
    connection.expect_by(now + limits_.head_deadline);
  }
  read_request(ticket, connection, now);
  return true;
}

void Front::Loop::read_request(std::uint64_t ticket, Connection& connection, TimePoint now) {
  const auto end = find_head_end(connection.input(), connection.seen);
  connection.seen = connection.input().size();
  if (end && *end == 0) return;
  auto head =
      end ? read_head(connection.input().substr(0, *end), site_) : std::unexpected(end.error());
  if (!head) {
    constexpr int kForbidden = 403;  // of a head: it comes from the page of another site
    refused(head.error().status == kForbidden ? RefusalCause::Host : RefusalCause::Malformed);
    answer(ticket, connection, head.error(), now);
    return;
  }
  connection.is_body_wanted = head->method != "HEAD";
  if (is_to_be_kept(*head, connection)) connection.after = After::Kept;
  head->peer = connection.peer();
  connection.wait(*end);
  workers_->submit([this, ticket, asked = std::move(*head)]() -> Workers::Rest {
    return [this, ticket, answered = hooks_.answer(asked)](TimePoint later) mutable {
      take_answer(ticket, std::move(answered), later);
    };
  });
}

bool Front::Loop::is_to_be_kept(const RequestHead& head, const Connection& connection) const {
  return head.keeps_connection && connection.requests() + 1 < limits_.requests_per_connection;
}

void Front::Loop::take_answer(std::uint64_t ticket, Response answered, TimePoint now) {
  const auto found = connections_.find(ticket);
  if (found == connections_.end()) return;  // the client did not wait
  if (answered.stream) return open_stream(ticket, *found->second, std::move(answered), now);
  if (!has_room_for(answered.reply.body)) {
    refused(RefusalCause::Busy);
    answered.reply =
        problem(503, "too many clients are slow to read their answers; try again in a few seconds");
  }
  answer(ticket, *found->second, answered.reply, now);
}

void Front::Loop::open_stream(std::uint64_t ticket, Connection& connection, Response answered,
                              TimePoint now) {
  if (is_stopping_) return remove(ticket);
  if (streams_.size() >= limits_.streams) {
    refused(RefusalCause::Busy);
    return answer(ticket, connection,
                  problem(503, "too many event streams are open; poll /api/v1/events instead"),
                  now);
  }
  if (hooks_.pulse) streams_.note(hooks_.pulse(), now);
  streams_.open(ticket, std::move(*answered.stream), now);
  const auto beginning = head_for(answered.reply).append(answered.reply.body.view());
  connection.stream(beginning, limits_.write_deadline, now);
  watch(ticket, connection);
}

void Front::Loop::send_streams(TimePoint now) {
  if (auto filter = streams_.next_read(now)) {
    workers_->submit([this, asked = std::move(*filter)]() -> Workers::Rest {
      return [this, found = hooks_.read_events(asked)](TimePoint later) {
        streams_.take(found, later);
      };
    });
  }
  const auto output = streams_.take_output(now);
  auto held = output.empty() ? std::size_t{0} : unsent_bytes();
  for (const auto& [ticket, bytes] : output) {
    auto& connection = *connections_.at(ticket);
    held += bytes.size();
    if (held > limits_.unsent_bytes) {
      remove(ticket);  // it can resume
      continue;
    }
    connection.append(bytes, now);
    streams_.note_unsent(ticket, connection.unsent());
    watch(ticket, connection);
  }
}

std::string Front::Loop::head_for(const Reply& reply, After after) const {
  return head_of(reply, hooks_.headers ? hooks_.headers() : Headers{}, after);
}

std::shared_ptr<const TlsContext> Front::Loop::tls_in_force() const {
  return hooks_.tls ? hooks_.tls() : nullptr;
}

void Front::Loop::answer(std::uint64_t ticket, Connection& connection, const Reply& reply,
                         TimePoint now) {
  if (reply.is_endless || is_stopping_) connection.after = After::Closed;
  connection.answer(head_for(reply, connection.after),
                    connection.is_body_wanted ? reply.body : SharedText{},
                    now + limits_.write_deadline);
  watch(ticket, connection);
}

// In memory, of all clients.
std::size_t Front::Loop::unsent_bytes() const {
  std::size_t bytes = 0;
  std::set<const char*> counted;
  for (const auto& [ticket, connection] : connections_) {
    const auto body = connection->body().view();
    bytes += connection->unsent() - std::min(connection->unsent(), body.size());
    if (!body.empty() && counted.insert(body.data()).second) bytes += body.size();
  }
  return bytes;
}

bool Front::Loop::has_room_for(const SharedText& body) const {
  if (body.size() <= kSmallAnswerBytes) return true;
  const auto held = unsent_bytes();
  if (held == 0 || held + body.size() <= limits_.unsent_bytes) return true;
  return std::ranges::any_of(connections_, [&](const auto& entry) {
    return entry.second->body().view().data() == body.view().data();
  });
}

void Front::Loop::refused(RefusalCause cause) const {
  if (hooks_.refused) hooks_.refused(cause);
}

void Front::Loop::expire(TimePoint now) {
  if (accept_again_ && now >= *accept_again_) {
    accept_again_.reset();
    watch_listeners(true);
  }
  if (now < next_expiry_) return;
  next_expiry_ = now + kTick;
  if (streams_.size() > 0 && hooks_.pulse) streams_.note(hooks_.pulse(), now);
  std::vector<std::uint64_t> late;
  for (const auto& [ticket, connection] : connections_) {
    if (now >= connection->deadline()) late.push_back(ticket);
  }
  for (const auto ticket : late) {
    auto& connection = *connections_.at(ticket);
    // Who has said nothing at all, a browser's spare connection for instance, expects no answer
    // either.
    if (connection.state() == Connection::State::Reading && !connection.input().empty()) {
      refused(RefusalCause::Malformed);
      answer(ticket, connection, problem(408, "the request's head did not arrive in time"), now);
    } else {
      remove(ticket);
    }
  }
}

void Front::Loop::remove(std::uint64_t ticket) {
  const auto found = connections_.find(ticket);
  streams_.close(ticket);
  connections_.erase(found);  // closing the socket also takes it out of the epoll set
}

void Front::Loop::watch(std::uint64_t tag, int fd, std::uint32_t events, int operation) const {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  // Fails only when the kernel is out of memory or watches; the connection then ends at its
  // deadline.
  ::epoll_ctl(epoll_, operation, fd, &event);
}

void Front::Loop::watch(std::uint64_t ticket, Connection& connection) {
  const auto interest = connection.interest();
  if (std::exchange(connection.watched, interest) != interest)
    watch(ticket, connection.fd(), interest, EPOLL_CTL_MOD);
}

void Front::Loop::watch_listeners(bool accepting) {
  for (std::size_t i = 0; i < listeners_.size(); ++i) {
    watch(i + 1, listeners_[i].fd(), accepting ? std::uint32_t{EPOLLIN} : 0, EPOLL_CTL_MOD);
  }
}

void Front::Loop::wake() const {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto bytes = ::write(wake_, &one, sizeof one);
}

Front::Front(FrontLimits limits, Site site, FrontHooks hooks)
    : limits_(limits), site_(std::move(site)), hooks_(std::move(hooks)) {}

Front::~Front() = default;

std::expected<void, std::string> Front::start(const std::vector<std::string>& addresses,
                                              const std::vector<int>& descriptors) {
  auto loop = std::make_unique<Loop>(limits_, site_, hooks_);
  if (auto started = loop->start(addresses, descriptors); !started) return started;
  loop_ = std::move(loop);
  return {};
}

std::vector<std::string> Front::addresses() const {
  return loop_ ? loop_->addresses() : std::vector<std::string>{};
}

void Front::stop() {
  if (loop_) loop_->stop();
}

}  // namespace modelvane
