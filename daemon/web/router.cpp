#include "daemon/web/router.h"

#include <exception>

#include "daemon/http/gzip.h"
#include "daemon/metrics/metrics.h"
#include "daemon/web/api.h"
#include "daemon/web/feed.h"
#include "daemon/web/page.h"
#include "daemon/web/runbooks.h"
#include "openapi_files.h"

namespace modelvane {
namespace {

constexpr std::string_view kMetrics = "/metrics";
constexpr std::string_view kControl = "/-/";
constexpr std::string_view kStream = "/api/v1/events/stream";

// Below this, the gzip header and the time cost more than the bytes saved.
constexpr std::size_t kGzipFromBytes = 1024;

void compress(bool is_accepted, Reply& reply) {
  reply.headers.emplace_back(
      "Vary", "Accept-Encoding");  // also on what stays as it is: caches ask before the next answer
  if (!is_accepted || reply.body.size() < kGzipFromBytes) return;
  if (auto packed = gzip(reply.body.view())) {
    reply.body = std::move(*packed);
    reply.headers.emplace_back("Content-Encoding", "gzip");
  }
}

Reply metrics_reply(const Snapshot& snapshot) {
  return {.content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = render_metrics(snapshot)};
}

Reply ready_reply(const Snapshot& snapshot) {
  const auto& daemon = snapshot.daemon;
  if (daemon.started == Time{})
    return text_reply(503, "modelvane is starting: no configuration is loaded yet.");
  if (!daemon.store_ok)
    return text_reply(
        503, daemon.store_sentence.empty() ? "the store does not work" : daemon.store_sentence);
  return text_reply(200, "modelvane is ready.");
}

Reply openapi_reply() {
  const auto& [name, content_type, text] = kOpenapiFiles.front();
  return {.content_type = std::string{content_type}, .body = std::string{text}};
}

// Figures and states of this moment: nobody asks for them twice.
bool has_tag(std::string_view path) {
  return path != kMetrics && !path.starts_with(kControl);
}

}  // namespace

Router::Router(const Site& site, WebHooks hooks)
    : site_(site), hooks_(std::move(hooks)), events_(hooks_.events) {
  routes_ = {
      {kMetrics, [this](const Query&) { return metrics_reply(hooks_.snapshot()); }},
      {"/-/healthy", [](const Query&) { return text_reply(200, "modelvane is healthy."); }},
      {"/-/ready", [this](const Query&) { return ready_reply(hooks_.snapshot()); }},
      {"/api/v1/endpoints",
       [this](const Query& query) { return endpoints_api(hooks_.snapshot(), query); }},
      {"/api/v1/aliases",
       [this](const Query& query) { return aliases_api(hooks_.snapshot(), query); }},
      {"/api/v1/models",
       [this](const Query& query) { return models_api(hooks_.snapshot(), query); }},
      {"/api/v1/status",
       [this](const Query& query) { return status_api(hooks_.snapshot(), query); }},
      {"/api/v1/events", [this](const Query& query) { return events_api(events_, query); }},
      {"/api/v1/deliveries", [this](const Query& query) { return deliveries_api(events_, query); }},
      {"/feed.atom",
       [this](const Query& query) { return feed(site_, hooks_.snapshot(), events_, query); }},
      {"/openapi.json", [](const Query&) { return openapi_reply(); }},
  };
}

Response Router::answer(const RequestHead& head) {
  try {
    return answer_or_throw(head);
  } catch (const std::exception&) {
    // A hook threw, or memory ran out: this answer needs little of it. What went wrong may hold a
    // secret.
    return {.reply = problem(500, "modelvane failed to answer this request; please report it"),
            .stream = std::nullopt};
  }
}

Response Router::answer_or_throw(const RequestHead& head) {
  if (head.path() == kStream) return open_stream(head);
  return {.reply = head.method == "POST" ? reload() : get(head), .stream = std::nullopt};
}

Response Router::open_stream(const RequestHead& head) const {
  auto request = read_stream_request(parse_query(head.query()), head.header("last-event-id"));
  if (!request) return {.reply = std::move(request.error()), .stream = std::nullopt};
  if (head.method == "HEAD") return {.reply = stream_reply(), .stream = std::nullopt};
  return {.reply = stream_reply(), .stream = std::move(*request)};
}

Reply Router::get(const RequestHead& head) const {
  const auto path = head.path();
  Reply reply;
  if (const auto route = routes_.find(path); route != routes_.end()) {
    reply = route->second(parse_query(head.query()));
  } else if (auto file = page_file(path)) {
    reply = std::move(*file);
  } else if (auto text = runbook(path)) {
    reply = std::move(*text);
  } else {
    return problem(404, "there is nothing at this path; / links to what there is");
  }
  if (has_tag(path)) reply = with_tag(std::move(reply), head.header("if-none-match"));
  compress(head.accepts_gzip, reply);
  return reply;
}

// One at a time: a reload may wait for the engine or a slow disk, and must not hold more than one
// worker.
Reply Router::reload() {
  if (is_reloading_.exchange(true))
    return text_reply(503, "a reload is under way; try again in a few seconds");
  struct End {
    std::atomic<bool>& flag;
    ~End() { flag = false; }
  };
  const End end{is_reloading_};
  const auto done = hooks_.reload();
  return done ? text_reply(200, "the configuration was reloaded") : text_reply(500, done.error());
}

}  // namespace modelvane
