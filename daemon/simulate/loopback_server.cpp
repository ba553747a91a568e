#include "daemon/simulate/loopback_server.h"

#include <fmt/format.h>
#include <httplib.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

#include "daemon/text/ascii.h"

namespace modelvane::simulated {

namespace {

// Enough for a test's parallel slow answers; an idle thread costs almost nothing.
constexpr std::size_t kThreads = 32;
// httplib listens with a backlog of 5, at which a burst of connections stalls for a second each.
constexpr int kBacklog = 512;
// No client that is served here sends more than an event (docs: 64 KiB) or asks for longer than
// this.
constexpr std::size_t kBodyLimit = std::size_t{8} * 1024 * 1024;
constexpr std::time_t kReadSeconds = 2;

struct Address {
  std::string host;
  int port = 0;
};

bool is_loopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

std::expected<Address, std::string> parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos)
    return std::unexpected(fmt::format("\"{}\" is not an address: write host:port", text));
  Address address{.host = text.substr(0, colon)};
  if (address.host.empty()) address.host = "127.0.0.1";
  if (address.host.starts_with('[') && address.host.ends_with(']'))
    address.host = address.host.substr(1, address.host.size() - 2);
  const char* first = text.data() + colon + 1;
  const char* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(first, last, address.port);
  if (error != std::errc{} || end != last || address.port < 0 || address.port > 65535) {
    return std::unexpected(fmt::format("\"{}\" has no port between 0 and 65535", text));
  }
  if (!is_loopback(address.host)) {
    return std::unexpected(fmt::format(
        "{} is not a loopback address: the simulator serves this machine only, use 127.0.0.1:{}",
        address.host, address.port));
  }
  return address;
}

ServedRequest to_request(const httplib::Request& from) {
  ServedRequest request{.method = from.method, .path = from.path, .body = from.body};
  const std::size_t mark = from.target.find('?');
  if (mark != std::string::npos) request.query = from.target.substr(mark + 1);
  for (const auto& [name, value] : from.headers) request.headers.emplace(to_lower(name), value);
  return request;
}

}  // namespace

std::string ServedRequest::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

struct LoopbackServer::State {
  std::string address;
  Answer answer;
  std::optional<httplib::Server> server;
  std::jthread listener;
  std::string base_url;
  int listening_socket = -1;

  std::mutex mutex;
  std::condition_variable changed;
  bool is_stopping = false;  // under mutex

  void wait_for(Duration delay) {
    std::unique_lock lock(mutex);
    changed.wait_for(lock, delay, [this] { return is_stopping; });
  }

  void send_parts(const ServedReply& reply, httplib::Response& to) {
    to.set_chunked_content_provider(
        reply.content_type,
        [this, reply, sent = std::size_t{0}](std::size_t, httplib::DataSink& sink) mutable {
          if (sent > 0) wait_for(reply.between_parts);
          const auto& part = reply.parts[sent];
          if (!sink.write(part.data(), part.size())) return false;
          if (reply.on_part) reply.on_part();
          if (++sent == reply.parts.size()) sink.done();
          return true;
        });
  }

  void handle(const httplib::Request& from, httplib::Response& to) {
    const ServedReply reply = answer(to_request(from));
    if (reply.delay > Duration{0}) wait_for(reply.delay);
    to.status = reply.status;
    for (const auto& [name, value] : reply.headers) to.set_header(name, value);
    if (!reply.parts.empty()) return send_parts(reply, to);
    if (reply.status != 204) to.set_content(reply.body, reply.content_type);
  }

  void set_up() {
    server.emplace();
    // One request per connection: an idle connection would otherwise hold stop() up for seconds.
    server->set_keep_alive_max_count(1);
    server->set_read_timeout(kReadSeconds);
    server->set_payload_max_length(kBodyLimit);
    server->set_tcp_nodelay(true);
    server->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server->set_socket_options([this](socket_t socket) {
      // Not httplib's SO_REUSEPORT, with which a second instance takes the same port without an
      // error.
      const int yes = 1;
      ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
      listening_socket = socket;
    });
    const auto handler = [this](const httplib::Request& request, httplib::Response& response) {
      handle(request, response);
    };
    server->Get(".*", handler);
    server->Post(".*", handler);
    server->Put(".*", handler);
    server->Delete(".*", handler);
  }
};

LoopbackServer::LoopbackServer(std::string address, Answer answer)
    : state_(std::make_unique<State>()) {
  state_->address = std::move(address);
  state_->answer = std::move(answer);
}

LoopbackServer::~LoopbackServer() {
  stop();
}

std::expected<void, std::string> LoopbackServer::start() {
  const auto address = parse_address(state_->address);
  if (!address) return std::unexpected(address.error());
  state_->is_stopping = false;
  state_->set_up();
  httplib::Server& server = *state_->server;
  int port = address->port;
  if (port == 0) {
    port = server.bind_to_any_port(address->host);
  } else if (!server.bind_to_port(address->host, port)) {
    port = -1;
  }
  if (port < 0) {
    state_->server.reset();
    return std::unexpected(
        fmt::format("cannot listen on {}: is another program using the port? Choose another one",
                    state_->address));
  }
  ::listen(state_->listening_socket, kBacklog);
  const bool is_ipv6 = address->host.find(':') != std::string::npos;
  state_->base_url = fmt::format(
      "http://{}:{}", is_ipv6 ? fmt::format("[{}]", address->host) : address->host, port);
  state_->listener = std::jthread([&server] { server.listen_after_bind(); });
  // httplib ignores a stop() that comes before its loop runs; that takes microseconds.
  while (!server.is_running()) std::this_thread::yield();
  return {};
}

void LoopbackServer::stop() {
  if (!state_->server) return;
  {
    const std::scoped_lock lock(state_->mutex);
    state_->is_stopping = true;
  }
  state_->changed.notify_all();
  state_->server->stop();
  state_->listener.join();
  state_->server.reset();
}

std::string LoopbackServer::base_url() const {
  return state_->base_url;
}

}  // namespace modelvane::simulated
