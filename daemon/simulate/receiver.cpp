#include "daemon/simulate/receiver.h"

#include <deque>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

#include "daemon/simulate/loopback_server.h"
#include "daemon/simulate/signature.h"

namespace modelvane::simulated {

namespace {

using Json = nlohmann::json;

constexpr std::string_view kTypePrefix = "io.modelvane.";

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

// Reads the JSON itself rather than through core, so that sender and receiver do not share one
// mistake.
std::expected<ReceivedEvent, std::string> parse_event(const std::string& body) {
  const Json json = Json::parse(body, nullptr, false);
  if (!json.is_object()) return std::unexpected("the body is not a JSON object");
  if (text_at(json, "specversion") != "1.0") return std::unexpected("specversion is not 1.0");
  ReceivedEvent event{.id = text_at(json, "id"),
                      .type = text_at(json, "type"),
                      .subject = text_at(json, "subject"),
                      .body = body};
  if (event.id.empty()) return std::unexpected("id is missing");
  if (event.type.empty()) return std::unexpected("type is missing");
  if (event.type.starts_with(kTypePrefix)) event.type.erase(0, kTypePrefix.size());
  const auto time = parse_rfc3339(text_at(json, "time"));
  if (!time) return std::unexpected("time is not RFC 3339");
  event.time = *time;
  if (const auto data = json.find("data"); data != json.end() && data->is_object())
    event.summary = text_at(*data, "summary");
  return event;
}

Time system_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

}  // namespace

struct Receiver::State {
  Options options;
  mutable std::mutex mutex;
  // Under mutex:
  std::deque<ReceivedEvent> events;
  std::deque<std::string> ids_in_order;
  std::unordered_set<std::string> ids;
  Counts counts;
  std::string last_refusal;
  int trouble = 0;

  std::unique_ptr<LoopbackServer> server;  // last: its threads use everything above

  ServedReply answer(const ServedRequest& request);
  ServedReply refuse(int status, std::string why);
  std::expected<void, std::string> check_signature(const ServedRequest& request) const;
  void take(ReceivedEvent event);
};

std::expected<void, std::string> Receiver::State::check_signature(
    const ServedRequest& request) const {
  const SignedMessage message{.id = request.header("webhook-id"),
                              .timestamp = request.header("webhook-timestamp"),
                              .signatures = request.header("webhook-signature"),
                              .body = request.body};
  return verify_signature(message, options.secrets, options.now());
}

ServedReply Receiver::State::refuse(int status, std::string why) {
  ++counts.refused;
  last_refusal = std::move(why);
  return {.status = status, .content_type = "text/plain", .body = last_refusal + "\n"};
}

void Receiver::State::take(ReceivedEvent event) {
  if (!ids.insert(event.id).second) {
    ++counts.duplicates;
    return;
  }
  ++counts.taken;
  ids_in_order.push_back(event.id);
  events.push_back(std::move(event));
  if (events.size() > kRememberedEvents) {
    ids.erase(ids_in_order.front());
    ids_in_order.pop_front();
    events.pop_front();
  }
  if (options.on_event) options.on_event(events.back());
}

ServedReply Receiver::State::answer(const ServedRequest& request) {
  const std::scoped_lock lock(mutex);
  ++counts.requests;
  if (trouble != 0)
    return {.status = trouble, .content_type = "text/plain", .body = "trouble on demand\n"};
  if (request.method != "POST") return refuse(405, "only POST is taken here");
  const bool is_signed = !options.secrets.empty();
  if (is_signed) {
    if (const auto good = check_signature(request); !good) return refuse(401, good.error());
  }
  auto event = parse_event(request.body);
  if (!event) return refuse(400, event.error());
  if (is_signed && event->id != request.header("webhook-id"))
    return refuse(400, "webhook-id is not the event's id");
  event->is_signed = is_signed;
  event->received = options.now();
  take(std::move(*event));
  return {.status = 204};
}

Receiver::Receiver(Options options) : state_(std::make_unique<State>()) {
  state_->options = std::move(options);
  if (!state_->options.now) state_->options.now = system_now;
  state_->server = std::make_unique<LoopbackServer>(
      state_->options.listen_address,
      [state = state_.get()](const ServedRequest& request) { return state->answer(request); });
}

Receiver::~Receiver() = default;

std::expected<void, std::string> Receiver::start() {
  return state_->server->start();
}

void Receiver::stop() {
  state_->server->stop();
}

std::string Receiver::url() const {
  return state_->server->base_url() + "/webhook";
}

void Receiver::answer_with(int status) {
  const std::scoped_lock lock(state_->mutex);
  state_->trouble = status;
}

std::vector<ReceivedEvent> Receiver::events() const {
  const std::scoped_lock lock(state_->mutex);
  return {state_->events.begin(), state_->events.end()};
}

Receiver::Counts Receiver::counts() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->counts;
}

std::string Receiver::last_refusal() const {
  const std::scoped_lock lock(state_->mutex);
  return state_->last_refusal;
}

}  // namespace modelvane::simulated
