#include "daemon/web/router.h"

#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>

#include "daemon/metrics/metrics.h"
#include "daemon/web/api.h"
#include "daemon/web/event_query.h"
#include "daemon/web/gzip.h"
#include "daemon/web/page.h"

namespace modelvane {
namespace {

// A name that no client can send: read_head() lets only known headers through.
constexpr const char* kAcceptsGzip = "modelvane-accepts-gzip";
// Below this, the gzip header and the time cost more than the bytes saved.
constexpr std::size_t kGzipFromBytes = 1024;

// A request's head to read, an answer to write, no socket.
class MemoryStream : public httplib::Stream {
 public:
  explicit MemoryStream(std::string input) : input_(std::move(input)) {}

  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const auto count = std::min(size, input_.size() - position_);
    std::memcpy(to, input_.data() + position_, count);
    position_ += count;
    return static_cast<ssize_t>(count);
  }
  ssize_t write(const char* from, std::size_t size) override {
    output_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string& ip, int& port) const override { set_nowhere(ip, port); }
  void get_local_ip_and_port(std::string& ip, int& port) const override { set_nowhere(ip, port); }
  socket_t socket() const override { return -1; }

  std::string take_output() { return std::move(output_); }

 private:
  static void set_nowhere(std::string& ip, int& port) {
    ip.clear();
    port = 0;
  }

  std::string input_;
  std::size_t position_ = 0;
  std::string output_;
};

void put(const Reply& reply, httplib::Response& response) {
  response.status = reply.status;
  for (const auto& [name, value] : common_headers(reply)) response.set_header(name, value);
  response.set_content(reply.body, reply.content_type);
}

void compress(const httplib::Request& request, httplib::Response& response) {
  if (response.body.size() < kGzipFromBytes) return;
  response.set_header("Vary", "Accept-Encoding");
  if (!request.has_header(kAcceptsGzip)) return;
  if (auto packed = gzip(response.body)) {
    response.body = std::move(*packed);
    response.set_header("Content-Encoding", "gzip");
  }
}

Reply metrics_reply(const Snapshot& snapshot) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = render_metrics(snapshot)};
}

Reply ready_reply(const Snapshot& snapshot) {
  const auto& daemon = snapshot.daemon;
  if (daemon.started == Time{}) return text_reply(503, "modelvane is starting: no configuration is loaded yet.");
  if (!daemon.store_ok) return text_reply(503, daemon.store_sentence.empty() ? "the store does not work" : daemon.store_sentence);
  return text_reply(200, "modelvane is ready.");
}

}  // namespace

// Derives for process_request(), which is not public. It never listens.
class Router::Routes : public httplib::Server {
 public:
  explicit Routes(WebHooks hooks) : hooks_(std::move(hooks)), events_(hooks_.events) {
    add_pages();
    add_api();
    add_control();
    set_error_handler(Handler{[](const httplib::Request&, httplib::Response& response) {
      if (!response.body.empty()) return;  // a route's own error
      const bool is_unknown = response.status == 404;
      put(problem(response.status,
                  is_unknown ? "there is nothing at this path; / links to what there is" : "the request was refused"),
          response);
    }});
    // Without it, the library would show the exception's text in a header.
    set_exception_handler([](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
      put(problem(500, "modelvane failed to answer this request; please report it"), response);
    });
  }

  std::string answer(const RequestHead& head) {
    auto with_mark = head;
    if (head.accepts_gzip) with_mark.headers.emplace_back(kAcceptsGzip, "1");
    MemoryStream stream{with_mark.to_text()};
    bool is_closed = false;
    process_request(stream, true, is_closed, nullptr);
    return stream.take_output();
  }

 private:
  template <typename Render>
  void serve(const char* path, Render render) {
    Get(path, [render](const httplib::Request& request, httplib::Response& response) {
      put(render(request), response);
      compress(request, response);
    });
  }

  void add_pages() {
    serve("/", [this](const httplib::Request&) { return page(hooks_.snapshot(), events_); });
    serve("/style\\.css", [](const httplib::Request&) { return style_sheet(); });
    serve("/metrics", [this](const httplib::Request&) { return metrics_reply(hooks_.snapshot()); });
  }

  void add_api() {
    serve("/api/v1/endpoints",
          [this](const httplib::Request& request) { return endpoints_api(hooks_.snapshot(), request.params); });
    serve("/api/v1/aliases", [this](const httplib::Request& request) { return aliases_api(hooks_.snapshot(), request.params); });
    serve("/api/v1/models", [this](const httplib::Request& request) { return models_api(hooks_.snapshot(), request.params); });
    serve("/api/v1/status", [this](const httplib::Request& request) { return status_api(hooks_.snapshot(), request.params); });
    serve("/api/v1/events", [this](const httplib::Request& request) { return events_api(events_, request.params); });
  }

  void add_control() {
    serve("/-/healthy", [](const httplib::Request&) { return text_reply(200, "modelvane is healthy."); });
    serve("/-/ready", [this](const httplib::Request&) { return ready_reply(hooks_.snapshot()); });
    Post("/-/reload", [this](const httplib::Request&, httplib::Response& response) { put(reload(), response); });
  }

  // One at a time: a reload may wait for the engine or a slow disk, and must not hold more than one worker.
  Reply reload() {
    if (is_reloading_.exchange(true)) return text_reply(503, "a reload is under way; try again in a few seconds");
    struct End {
      std::atomic<bool>& flag;
      ~End() { flag = false; }
    };
    const End end{is_reloading_};
    const auto done = hooks_.reload();
    return done ? text_reply(200, "the configuration was reloaded") : text_reply(500, done.error());
  }

  WebHooks hooks_;
  EventQuery events_;
  std::atomic<bool> is_reloading_{false};
};

Router::Router(WebHooks hooks) : routes_(std::make_unique<Routes>(std::move(hooks))) {}

Router::~Router() = default;

std::string Router::answer(const RequestHead& head) {
  try {
    auto bytes = routes_->answer(head);
    if (!bytes.empty()) return bytes;
  } catch (const std::exception&) {
    // The library's own parsing threw, or memory ran out: the answer below needs little of it.
  }
  return to_http(problem(500, "modelvane failed to answer this request; please report it"));
}

}  // namespace modelvane
