#include "daemon/web/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <nlohmann/json.hpp>

#include "daemon/http/gzip.h"
#include "daemon/web/api.h"
#include "daemon/web/event_schema.h"
#include "daemon/web/feed.h"
#include "daemon/web/list_reply.h"
#include "daemon/web/page.h"
#include "daemon/web/runbooks.h"
#include "daemon/web/shown.h"
#include "openapi_files.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kMetrics = "/metrics";
constexpr std::string_view kProbe = "/probe";
constexpr std::string_view kControl = "/-/";
constexpr std::string_view kReload = "/-/reload";
constexpr std::string_view kPoll = "/-/poll";
constexpr std::string_view kSession = "/api/v1/session";
constexpr std::string_view kStream = "/api/v1/events/stream";

// As exporters have it that probe when they are asked; here the series are those of the last poll.
Reply probe_reply(Snapshot snapshot, const Query& query, MetricsFormat format) {
  Parameters parameters{query};
  const auto target = parameters.text("target");
  if (target.empty()) parameters.refuse(400, "target is missing: write ?target=NAME");
  if (auto refusal = parameters.refusal()) return std::move(*refusal);
  std::erase_if(snapshot.endpoints,
                [&](const auto& endpoint) { return !endpoint || endpoint->name != target; });
  if (snapshot.endpoints.empty())
    return problem(404, "target is none of the configured endpoints; nothing else is probed");
  return metrics_reply(render_endpoint_metrics(snapshot, format), format);
}

Reply ready_reply(const Snapshot& snapshot) {
  const auto& daemon = snapshot.daemon;
  if (daemon.started == Time{})
    return text_reply(503, "modelvane is starting: no configuration is loaded yet.");
  if (!daemon.store_ok)
    return text_reply(
        503, daemon.store_sentence.empty() ? "the store does not work" : daemon.store_sentence);
  if (daemon.cluster && daemon.cluster->trusted_for == Duration{0})
    return text_reply(503,
                      "this replica's session has not been renewed: it sends nothing until the "
                      "database answers");
  return text_reply(200, "modelvane is ready.");
}

Reply openapi_reply() {
  const auto& [name, content_type, text] = kOpenapiFiles.front();
  return {.content_type = std::string{content_type}, .body = std::string{text}};
}

Reply event_schema_reply() {
  static const auto kSchema = event_schema(kOpenapiFiles.front().text);
  return {.content_type = "application/schema+json", .body = kSchema};
}

// The daemon looks for requests once a second: each holds a worker for so long. Operators are few.
constexpr Places::Limits kOperatorPlaces{
    .inside = 2, .waiting = 2, .patience = std::chrono::seconds{5}};

// Who is asking, whether they may act, and what their page must send when it does.
Reply session_reply(const Caller& caller, bool may_act) {
  const Json json{{"user", caller.user.empty() ? Json(nullptr) : Json(caller.user)},
                  {"may_act", may_act},
                  {"token", may_act ? Json(caller.token) : Json(nullptr)}};
  return json_reply(without_markup(json.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

Reply method_refusal(std::string_view allowed) {
  auto reply = problem(405, fmt::format("this path takes {}", allowed));
  reply.headers.emplace_back("Allow", allowed);
  return reply;
}

Reply config_reply(const std::function<std::string()>& config, const Query& query) {
  if (auto refusal = Parameters{query}.refusal()) return *refusal;
  if (!config) return problem(503, "this server has no configuration to show");
  return json_reply(without_markup(config()));
}

// The endpoint's name, in /api/v1/endpoints/{name}/history.
std::optional<std::string> endpoint_of_history(std::string_view path) {
  constexpr std::string_view kBefore = "/api/v1/endpoints/";
  constexpr std::string_view kBehind = "/history";
  if (!path.starts_with(kBefore) || !path.ends_with(kBehind)) return std::nullopt;
  path.remove_prefix(kBefore.size());
  if (path.size() <= kBehind.size()) return std::nullopt;
  path.remove_suffix(kBehind.size());
  if (path.find('/') != path.npos) return std::nullopt;
  return form_decode(path);
}

// Paths that act and take no user where none is configured.
bool is_control(std::string_view path) {
  return path == kReload || path == kPoll;
}

constexpr std::string_view kNoEndpoint = "there is no endpoint of that name";

// Only its owner polls an endpoint.
Reply owner_reply(const Snapshot& snapshot, std::string_view endpoint) {
  const auto shown = shown_endpoints(snapshot);
  const auto* const found = find_shown(shown, endpoint);
  if (found == nullptr || found->remote == nullptr) return problem(404, kNoEndpoint);
  const auto& [view, replica, address, at] = *found->remote;
  return problem(421, fmt::format("{} belongs to replica {}: ask that one{}", endpoint, replica,
                                  address.empty() ? "" : " at " + address));
}

// Figures and states of this moment: nobody asks for them twice.
bool has_tag(std::string_view path) {
  return path != kMetrics && path != kProbe && !path.starts_with(kControl);
}

}  // namespace

Router::Router(const Site& site, WebHooks hooks)
    : site_(site),
      hooks_(std::move(hooks)),
      events_(hooks_.events),
      metrics_(hooks_.snapshot),
      operators_(kOperatorPlaces) {
  routes_ = {
      {"/-/healthy", [](const Query&) { return text_reply(200, "modelvane is healthy."); }},
      {"/-/ready", [this](const Query&) { return ready_reply(hooks_.snapshot()); }},
      {"/api/v1/endpoints",
       [this](const Query& query) { return endpoints_api(hooks_.snapshot(), query); }},
      {"/api/v1/aliases",
       [this](const Query& query) { return aliases_api(hooks_.snapshot(), query); }},
      {"/api/v1/models",
       [this](const Query& query) { return models_api(hooks_.snapshot(), query); }},
      {"/api/v1/pins", [this](const Query& query) { return pins_api(hooks_.snapshot(), query); }},
      {"/api/v1/status",
       [this](const Query& query) { return status_api(hooks_.snapshot(), query); }},
      {"/api/v1/config", [this](const Query& query) { return config_reply(hooks_.config, query); }},
      {"/api/v1/events", [this](const Query& query) { return events_api(events_, query); }},
      {"/api/v1/deliveries", [this](const Query& query) { return deliveries_api(events_, query); }},
      {"/feed.atom",
       [this](const Query& query) { return feed(site_, hooks_.snapshot(), events_, query); }},
      {"/openapi.json", [](const Query&) { return openapi_reply(); }},
      {"/schemas/event.json", [](const Query&) { return event_schema_reply(); }},
  };
}

Response Router::answer(const RequestHead& head, const Caller& caller) {
  try {
    return answer_or_throw(head, caller);
  } catch (const std::exception&) {
    // A hook threw, or memory ran out: this answer needs little of it. What went wrong may hold a
    // secret.
    return {.reply = problem(500, "modelvane failed to answer this request; please report it"),
            .stream = std::nullopt};
  }
}

Response Router::answer_or_throw(const RequestHead& head, const Caller& caller) {
  const bool reads = head.method == "GET" || head.method == "HEAD";
  if (reads && head.path() == kStream) return open_stream(head);
  return {.reply = reads ? get(head, caller) : act(head, caller), .stream = std::nullopt};
}

Response Router::open_stream(const RequestHead& head) const {
  auto request = read_stream_request(parse_query(head.query()), head.header("last-event-id"));
  if (!request) return {.reply = std::move(request.error()), .stream = std::nullopt};
  if (head.method == "HEAD") return {.reply = stream_reply(), .stream = std::nullopt};
  return {.reply = stream_reply(), .stream = std::move(*request)};
}

Reply Router::get(const RequestHead& head, const Caller& caller) {
  const auto path = head.path();
  if (path == kMetrics)
    return metrics_.reply(wanted_format(head.header("accept")), head.accepts_gzip);
  Reply reply;
  if (const auto route = routes_.find(path); route != routes_.end()) {
    reply = route->second(parse_query(head.query()));
  } else if (path == kProbe) {
    reply = probe_reply(hooks_.snapshot(), parse_query(head.query()),
                        wanted_format(head.header("accept")));
  } else if (path == kSession) {
    const auto query = parse_query(head.query());
    auto refusal = Parameters{query}.refusal();
    reply = refusal ? std::move(*refusal) : session_reply(caller, may_act(caller));
  } else if (const auto endpoint = endpoint_of_history(path)) {
    reply = history_api(hooks_.snapshot(), events_, *endpoint, parse_query(head.query()));
  } else if (auto file = page_file(path)) {
    reply = std::move(*file);
  } else if (auto text = runbook(path)) {
    reply = std::move(*text);
  } else if (is_control(path) || !acting_methods(path).empty()) {
    return method_refusal("POST");
  } else {
    return problem(404, "there is nothing at this path; / links to what there is");
  }
  if (has_tag(path)) reply = with_tag(std::move(reply), head.header("if-none-match"));
  compress(head.accepts_gzip, reply);
  return reply;
}

bool Router::may_act(const Caller& caller) const {
  if (caller.user.empty() || !hooks_.operate) return false;
  const auto readers = hooks_.snapshot().daemon.read_only_users;
  return readers == nullptr || std::ranges::find(*readers, caller.user) == readers->end();
}

Reply Router::act(const RequestHead& head, const Caller& caller) {
  const auto path = head.path();
  const auto methods = is_control(path) ? std::string_view{"POST"} : acting_methods(path);
  if (methods.empty()) {
    const bool is_read = routes_.contains(path) || path == kMetrics || path == kProbe ||
                         path == kStream || path == kSession || page_file(path) || runbook(path);
    return is_read ? method_refusal("GET, HEAD") : problem(404, "there is nothing at this path");
  }
  if (methods.find(head.method) == std::string_view::npos) return method_refusal(methods);
  if (!caller.user.empty() && !may_act(caller))
    return problem(403, fmt::format("{} may only read (web.read_only_users)", caller.user));
  if (path == kReload) return reload();
  if (path == kPoll) return poll(parse_query(head.query()));
  if (caller.user.empty()) {
    return problem(403,
                   "acting through the API wants a user: name some in --web.config.file, or use "
                   "the command line on this machine");
  }
  if (head.is_from_browser && head.header(kTokenHeader) != caller.token)
    return problem(403, "X-Modelvane-Token is not that of this session; read /api/v1/session");
  auto request = read_act(head.method, path, parse_query(head.query()));
  return request ? operate(std::move(*request), caller) : std::move(request.error());
}

Reply Router::operate(OperatorRequest request, const Caller& caller) {
  const Places::Place place{operators_};
  if (!place.is_taken())
    return problem(503, "other operators' requests are under way; try again in a few seconds");
  request.operator_name = caller.user;
  const auto result = hooks_.operate(request);
  return result ? act_reply(*result) : problem(503, result.error());
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

// The engine holds requests to one per `recheck`, so nobody is polled faster by asking often.
Reply Router::poll(const Query& query) {
  Parameters parameters{query};
  const auto endpoint = parameters.text("endpoint");
  if (auto refusal = parameters.refusal()) return std::move(*refusal);
  const auto snapshot = hooks_.snapshot();
  bool is_found = false;
  for (const auto& view : snapshot.endpoints) {
    if (!view || (!endpoint.empty() && view->name != endpoint)) continue;
    is_found = true;
    if (hooks_.poll) hooks_.poll(view->name);
  }
  if (!is_found)
    return endpoint.empty() ? problem(404, kNoEndpoint) : owner_reply(snapshot, endpoint);
  return text_reply(202, "polled now, or as soon as `recheck` has passed since the last poll");
}

}  // namespace modelvane
