// Names: that lookups run beside the loop, are shared and kept, and that a name server that hangs
// hurts only those who ask it.
#include "daemon/transport/resolver.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

#include "tests/unit/transport/client.h"
#include "tests/unit/transport/fake_server.h"

namespace modelvane::test {

using namespace std::chrono_literals;
namespace {

// A name server under the test's control: hosts that begin with "dead" hang until the test is over.
class FakeNames {
 public:
  ~FakeNames() { release(); }

  NameLookup lookup() {
    return [state = state_](const std::string& host) -> LookupResult {
      std::unique_lock lock{state->mutex};
      ++state->asked[host];
      ++state->inside;
      state->changed.notify_all();
      if (host.starts_with("dead")) state->changed.wait(lock, [&] { return state->released; });
      --state->inside;
      if (host.starts_with("unknown"))
        return std::unexpected(std::string{"Name or service not known"});
      if (host.starts_with("both")) return Addresses{"::1", "127.0.0.1"};
      return Addresses{"127.0.0.1"};
    };
  }
  void release() {
    const std::lock_guard lock{state_->mutex};
    state_->released = true;
    state_->changed.notify_all();
  }
  void hang_again() {
    const std::lock_guard lock{state_->mutex};
    state_->released = false;
  }
  int asked(const std::string& host) {
    const std::lock_guard lock{state_->mutex};
    return state_->asked[host];
  }
  void await_inside(int count) {
    std::unique_lock lock{state_->mutex};
    state_->changed.wait(lock, [&] { return state_->inside >= count; });
  }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    std::map<std::string, int> asked;
    int inside = 0;
    bool released = false;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

CurlTransportOptions with(FakeNames& names) {
  CurlTransportOptions options;
  options.resolver.lookup = names.lookup();
  options.resolver.stuck_after = 50ms;
  options.fresh_address_life = 60s;
  return options;
}

FakeServer::Behaviour friendly() {
  return [](Connection& peer) {
    while (!peer.read_head().empty()) peer.reply(200, "{}");
  };
}

std::string at(const std::string& host, const FakeServer& server) {
  return fmt::format("http://{}:{}/models", host, server.port());
}

std::vector<Completion> all(Transport& transport) {
  std::vector<Completion> completed;
  const std::size_t wanted = transport.in_flight();
  while (completed.size() < wanted) transport.wait(60s, completed);
  return completed;
}

}  // namespace

TEST_CASE("a looked-up host is reached and its lookup shows in the resolve phase") {
  FakeNames names;
  FakeServer server{friendly()};
  Client client{with(names)};
  const HttpReply reply = client.reply_to(get(at("models.example", server)));
  CHECK(reply.status == 200);
  CHECK(reply.phases.resolve > Duration{0});
  CHECK(names.asked("models.example") == 1);
}

TEST_CASE("all addresses are tried: a host whose first address refuses is reached by the second") {
  FakeNames names;
  FakeServer server{friendly()};  // listens on IPv4 only
  CHECK(Client{with(names)}.reply_to(get(at("both.example", server))).status == 200);
}

TEST_CASE("requests for one host share one lookup, and its answer is kept") {
  FakeNames names;
  FakeServer server{friendly()};
  CurlTransport transport{with(names)};
  for (std::uint64_t ticket = 0; ticket < 10; ++ticket)
    transport.start(ticket, get(at("one.example", server)));
  for (const Completion& completion : all(transport)) CHECK(completion.result);
  transport.start(11, get(at("one.example", server)));
  CHECK(all(transport).front().result);
  CHECK(names.asked("one.example") == 1);
}

TEST_CASE("the age up to which an answer is believed depends on whether connections are fresh") {
  FakeNames names;
  FakeServer server{friendly()};
  auto options = with(names);
  options.fresh_address_life = 0ms;
  options.address_life = 60s;
  Client client{options};
  auto request = get(at("one.example", server));
  request.reuse_connection = true;
  client.reply_to(request);
  client.reply_to(request);
  CHECK(names.asked("one.example") == 1);
  request.reuse_connection = false;
  client.reply_to(request);
  CHECK(names.asked("one.example") == 2);
}

TEST_CASE("an unknown name fails with the resolver's words and is asked again the next time") {
  FakeNames names;
  Client client{with(names)};
  for (int i = 0; i < 2; ++i) {
    const HttpFailure failure = client.failure_of(get("http://unknown.example/?key=hush"));
    CHECK(failure.reason == Reason::Dns);
    CHECK(failure.sentence == "no address for host unknown.example: Name or service not known");
  }
  CHECK(names.asked("unknown.example") == 2);
}

TEST_CASE("a lookup that hangs ends its request at the deadline while other hosts go on") {
  FakeNames names;
  FakeServer server{friendly()};
  CurlTransport transport{with(names)};
  transport.start(1, get("http://dead.example/", 200ms));
  names.await_inside(1);
  transport.start(2, get(at("good.example", server)));
  std::vector<Completion> completed;
  while (completed.empty()) transport.wait(60s, completed);
  CHECK(completed.front().ticket == 2);
  while (completed.size() < 2) transport.wait(60s, completed);
  REQUIRE_FALSE(completed.back().result);
  const HttpFailure& failure = completed.back().result.error();
  CHECK(failure.reason == Reason::Timeout);
  CHECK(failure.sentence ==
        "no address for host dead.example within 0.2s: the name server did not answer");
  CHECK(failure.total >= 200ms);
  CHECK(failure.total < 5s);
  CHECK(failure.phases.resolve >= 200ms);
}

TEST_CASE("when every thread is stuck, replacements serve the other hosts") {
  FakeNames names;
  FakeServer server{friendly()};
  auto options = with(names);
  options.resolver.threads = 2;
  CurlTransport transport{options};
  for (std::uint64_t ticket = 0; ticket < 6; ++ticket)
    transport.start(ticket, get(fmt::format("http://dead{}.example/", ticket), 30s));
  names.await_inside(2);
  transport.start(100, get(at("good.example", server), 30s));
  std::vector<Completion> completed;
  while (completed.empty()) transport.wait(60s, completed);
  CHECK(completed.front().ticket == 100);
  CHECK(completed.front().result);
}

TEST_CASE("hosts known to be slow cannot take the threads that the others need") {
  FakeNames names;
  ResolverOptions options = with(names).resolver;
  options.threads = 2;
  options.max_threads = 8;  // slow hosts may hold two of them
  Resolver resolver{options};
  const SteadyTime now = std::chrono::steady_clock::now();
  for (int i = 0; i < 8; ++i) resolver.ask(fmt::format("dead{}", i), now);
  for (int inside = 2; inside <= 8;
       ++inside) {  // each look at the stuck ones allows for more threads
    names.await_inside(inside);
    resolver.tend(now + 1h);
  }
  while (std::chrono::steady_clock::now() - now < 2 * options.stuck_after)
    std::this_thread::yield();
  names.release();
  for (std::size_t taken = 0; taken < 8;) taken += resolver.take(now).size();

  names.hang_again();
  for (int i = 0; i < 8; ++i) resolver.ask(fmt::format("dead{}", i), now + 1h);
  names.await_inside(2);
  for (int i = 0; i < 8; ++i) resolver.tend(now + 2h);
  resolver.ask("good", now + 2h);
  resolver.tend(now + 2h);
  pollfd ready{resolver.ready_fd(), POLLIN, 0};
  REQUIRE(poll(&ready, 1, 10'000) == 1);
  const auto answers = resolver.take(now);
  REQUIRE(answers.size() == 1);
  CHECK(answers.front().host == "good");
}

TEST_CASE("the resolver can be destroyed while a lookup hangs") {
  FakeNames names;
  {
    Client client{with(names)};
    CHECK(client.failure_of(get("http://dead.example/", 50ms)).reason == Reason::Timeout);
  }
  names.release();
}

TEST_CASE("literals and loopback names need no lookup") {
  CHECK(addresses_without_lookup("127.0.0.1") == Addresses{"127.0.0.1"});
  CHECK(addresses_without_lookup("::1") == Addresses{"::1"});
  CHECK(addresses_without_lookup("LOCALHOST") == Addresses{"127.0.0.1", "::1"});
  CHECK(addresses_without_lookup("api.localhost") == Addresses{"127.0.0.1", "::1"});
  CHECK_FALSE(addresses_without_lookup("localhost.example"));
  CHECK_FALSE(addresses_without_lookup("1.2.3"));
  FakeNames names;
  FakeServer server{friendly()};
  Client client{with(names)};
  CHECK(client.reply_to(get(at("localhost", server))).status == 200);
  CHECK(names.asked("localhost") == 0);
}

TEST_CASE("the system's resolver gives numeric addresses or says why not") {
  CHECK(look_up("127.0.0.1") == Addresses{"127.0.0.1"});
  const LookupResult nothing = look_up("not a name");
  REQUIRE_FALSE(nothing);
  CHECK_FALSE(nothing.error().sentence.empty());
}

TEST_CASE("a name with a trailing dot is looked up and reached as it is written") {
  FakeNames names;
  FakeServer server{friendly()};
  CHECK(Client{with(names)}.reply_to(get(at("models.example.", server))).status == 200);
}

TEST_CASE("a kept connection is not used when its host has moved to other addresses") {
  FakeServer server{[](Connection& peer) {
    while (!peer.read_head().empty()) peer.reply(200, "{}");
  }};
  std::string address = "127.0.0.1";
  CurlTransportOptions options;
  options.address_life = 0ms;
  options.resolver.lookup = [&](const std::string&) -> LookupResult { return Addresses{address}; };
  Client client{options};
  auto request = get(fmt::format("http://moving.test:{}/", server.port()));
  request.reuse_connection = true;
  CHECK(client.reply_to(request).status == 200);
  CHECK(client.reply_to(request).status == 200);
  CHECK(server.accepts() == 1);
  address = "127.0.0.2";  // nobody listens there
  CHECK(client.failure_of(request).reason == Reason::Connect);
  address = "127.0.0.1";
  CHECK(client.reply_to(request).status == 200);
  CHECK(server.accepts() == 2);
}

// Takes no connection and refuses none: its backlog is full.
class BlackHole {
 public:
  BlackHole(const char* address, std::uint16_t port) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    inet_pton(AF_INET, address, &where.sin_addr);
    sockets_.push_back(socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(bind(sockets_.back(), reinterpret_cast<sockaddr*>(&where), sizeof where) == 0);
    REQUIRE(listen(sockets_.back(), 0) == 0);
    for (int i = 0; i < 4; ++i) {
      sockets_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      (void)connect(sockets_.back(), reinterpret_cast<sockaddr*>(&where), sizeof where);
    }
  }
  ~BlackHole() {
    for (const int fd : sockets_) close(fd);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;

 private:
  std::vector<int> sockets_;
};

TEST_CASE("when the first addresses of a host are dead, the next one answers within the timeout") {
  FakeServer server{[](Connection& peer) {
    peer.read_head();
    peer.reply(200, "{}");
  }};
  const BlackHole first{"127.0.0.2", server.port()};
  const BlackHole second{"127.0.0.3", server.port()};
  CurlTransportOptions options;
  options.resolver.lookup = [](const std::string&) -> LookupResult {
    return Addresses{"127.0.0.2", "127.0.0.3", "127.0.0.1"};
  };
  Client client{options};
  const auto url = fmt::format("http://three.test:{}/", server.port());
  const auto reply = client.reply_to(get(url, 6s));
  CHECK(reply.status == 200);
  CHECK(reply.phases.connect > 1s);
}

}  // namespace modelvane::test
