#include "daemon/commands/api_source.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <thread>

#include "daemon/commands/api_client.h"
#include "daemon/events/event_json.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

using Json = ApiClient::Json;

// The API's own bound.
constexpr std::size_t kRowsOfPage = 1000;
// Over the network nothing says that something has changed.
constexpr Duration kLookAgain = std::chrono::seconds{1};

// What an older or newer daemon may leave out.
std::string text_at(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::uint64_t number_at(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

Time time_at(const Json& row, const char* key) {
  return parse_rfc3339(text_at(row, key)).value_or(Time{});
}

std::string text_of(const std::optional<Time>& time) {
  return time ? to_rfc3339(*time) : std::string{};
}

std::optional<StoredEvent> read_event(const Json& row) {
  auto json = row.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto event = parse_cloudevent(json);
  if (!event) return std::nullopt;  // of a type that only a newer version knows
  return StoredEvent{.sequence = event->sequence,
                     .id = event->id,
                     .type = event->type,
                     .endpoint = event->endpoint,
                     .alias = event->about(),
                     .time = event->time,
                     .json = std::move(json)};
}

std::optional<DeliveryRow> read_delivery(const Json& row) {
  const auto type = kEventTypes.parse(text_at(row, "type"));
  const auto state = kDeliveryStates.parse(text_at(row, "state"));
  if (!type || !state) return std::nullopt;
  return DeliveryRow{.sequence = number_at(row, "sequence"),
                     .event_id = text_at(row, "event"),
                     .type = *type,
                     .subject = text_at(row, "subject"),
                     .webhook = text_at(row, "webhook"),
                     .state = *state,
                     .attempts = static_cast<int>(number_at(row, "attempts")),
                     .created = time_at(row, "created"),
                     .next_attempt = time_at(row, "next_attempt"),
                     .last_error = text_at(row, "last_error")};
}

EndpointNow read_endpoint(const Json& row) {
  EndpointNow now{
      .name = text_at(row, "name"),
      .availability =
          kAvailabilities.parse(text_at(row, "availability")).value_or(Availability::Unknown),
      .down_since = parse_rfc3339(text_at(row, "down_since")),
      .last_good_poll = parse_rfc3339(text_at(row, "last_good_poll")),
      .models = number_at(row, "models")};
  for (const auto& retirement : row.value("retirements", Json::array())) {
    if (!retirement.is_object()) continue;
    now.retirements.push_back({.model = text_at(retirement, "model"),
                               .at = parse_rfc3339(text_at(retirement, "at")),
                               .replacement = text_at(retirement, "replacement"),
                               .source = text_at(retirement, "source")});
  }
  return now;
}

class ApiSource final : public Source {
 public:
  explicit ApiSource(ApiClient client) : client_(std::move(client)) {}

  std::expected<void, std::string> each_event(
      EventFilter filter, const std::function<void(StoredEvent)>& take) override {
    ApiClient::Query query{{"endpoint", filter.endpoint},
                           {"alias", filter.alias},
                           {"event", filter.called},
                           {"since", text_of(filter.since)},
                           {"until", text_of(filter.until)}};
    for (const auto& type : filter.types) query.emplace_back("type", type);
    return each_row("/api/v1/events", "events", std::move(query), filter.limit,
                    [&](const Json& row) {
                      if (auto event = read_event(row)) take(std::move(*event));
                    });
  }

  std::expected<std::vector<DeliveryRow>, std::string> deliveries(DeliveryFilter filter) override {
    std::vector<DeliveryRow> all;
    const auto done =
        each_row("/api/v1/deliveries", "deliveries",
                 {{"webhook", filter.webhook},
                  {"event", filter.event_id},
                  {"state", filter.state ? std::string{label(*filter.state)} : std::string{}}},
                 filter.limit, [&](const Json& row) {
                   if (auto delivery = read_delivery(row)) all.push_back(std::move(*delivery));
                 });
    if (!done) return std::unexpected(done.error());
    return all;
  }

  std::expected<std::vector<EndpointNow>, std::string> endpoints() override {
    std::vector<EndpointNow> now;
    const auto read = [&](const Json& row) { now.push_back(read_endpoint(row)); };
    const auto done = each_row("/api/v1/endpoints", "endpoints", {}, kEverything, read);
    if (!done) return std::unexpected(done.error());
    return now;
  }

  std::expected<AliasesNow, std::string> aliases() override {
    AliasesNow now;
    const auto read = [&](const Json& row) {
      const auto status = kAliasStatuses.parse(text_at(row, "status"));
      if (!status) return;
      now[{text_at(row, "endpoint"), text_at(row, "alias")}] = {
          .status = *status,
          .target = text_at(row, "target"),
          .since = time_at(row, "since"),
          .unstable = row.value("unstable", false),
          .changes = number_at(row, "changes")};
    };
    const auto done = each_row("/api/v1/aliases", "aliases", {}, kEverything, read);
    if (!done) return std::unexpected(done.error());
    return now;
  }

  std::expected<PinsNow, std::string> pins() override {
    PinsNow now;
    const auto read = [&](const Json& row) {
      auto& pin = now[{text_at(row, "endpoint"), text_at(row, "alias")}];
      for (const auto& target : row.value("approved", Json::array())) {
        if (target.is_string()) pin.targets.push_back(target.get<std::string>());
      }
    };
    const auto done = each_row("/api/v1/pins", "pins", {}, kEverything, read);
    if (!done) return std::unexpected(done.error());
    return now;
  }

  std::expected<OperatorResult, std::string> ask(const OperatorRequest& request) override {
    switch (request.action) {
      case OperatorAction::RetryDelivery: return send_each(request, "retry");
      case OperatorAction::DropDelivery: return send_each(request, "drop");
      case OperatorAction::Drill: return send_drill(request);
      case OperatorAction::Poll: return send_poll(request);
      case OperatorAction::AcceptPin:
      case OperatorAction::SetPin:
      case OperatorAction::RemovePin: break;
    }
    ApiClient::Query query{{"endpoint", request.endpoint}, {"alias", request.alias}};
    for (const auto& target : request.targets) query.emplace_back("target", target);
    return result_of(client_.send(request.action == OperatorAction::RemovePin ? "DELETE" : "POST",
                                  "/api/v1/pins", query));
  }

  bool daemon_runs() const override { return true; }
  void wait(Duration longest) override {
    std::this_thread::sleep_for(std::min(longest, kLookAgain));
  }

 private:
  static constexpr std::size_t kEverything = 10'000'000;

  // Page after page, at most `limit` rows.
  std::expected<void, std::string> each_row(std::string_view path, const char* name,
                                            ApiClient::Query query, std::size_t left,
                                            const std::function<void(const Json&)>& take) {
    const auto cursor = query.size();
    query.emplace_back("cursor", "");
    query.emplace_back("limit", "");
    while (left > 0) {
      query.back().second = std::to_string(std::min(kRowsOfPage, left));
      const auto page = client_.get(path, query);
      if (!page) return std::unexpected(page.error());
      const auto rows = page->value(name, Json::array());
      for (const auto& row : rows) {
        if (row.is_object()) take(row);
      }
      query[cursor].second = text_at(*page, "next");
      if (query[cursor].second.empty()) break;
      left -= std::min(left, rows.size());
    }
    return {};
  }

  static std::expected<OperatorResult, std::string> result_of(
      const std::expected<std::string, std::string>& body) {
    if (!body) return std::unexpected(body.error());
    const auto json = Json::parse(*body, nullptr, false);
    if (!json.is_object()) return std::unexpected("the daemon's answer is not JSON");
    return OperatorResult{.sentence = text_at(json, "result"), .event_id = text_at(json, "event")};
  }

  // The API takes one delivery at a time.
  std::expected<OperatorResult, std::string> send_each(const OperatorRequest& request,
                                                       std::string_view verb) {
    if (request.deliveries.empty())
      return std::unexpected("nothing of this webhook is dead or waits");
    for (const auto& [sequence, webhook] : request.deliveries) {
      const auto done = client_.send("POST", fmt::format("/api/v1/deliveries/{}/{}/{}", sequence,
                                                         percent_encode(webhook), verb));
      if (!done) return std::unexpected(done.error());
    }
    return OperatorResult{.sentence = fmt::format("{} {}", request.deliveries.size(),
                                                  verb == "retry" ? "due now" : "dropped")};
  }

  std::expected<OperatorResult, std::string> send_poll(const OperatorRequest& request) {
    auto sentence = client_.send("POST", "/-/poll", {{"endpoint", request.endpoint}});
    if (!sentence) return std::unexpected(sentence.error());
    return OperatorResult{.sentence = std::move(*sentence), .event_id = ""};
  }

  std::expected<OperatorResult, std::string> send_drill(const OperatorRequest& request) {
    ApiClient::Query query{{"type", std::string{name(request.type)}}};
    for (const auto& webhook : request.webhooks) query.emplace_back("webhook", webhook);
    return result_of(client_.send("POST", "/api/v1/drill", query));
  }

  ApiClient client_;
};

}  // namespace

std::expected<std::unique_ptr<Source>, std::string> open_api(const std::string& url,
                                                             const std::string& client_config) {
  auto client = ApiClient::open(url, client_config);
  if (!client) return std::unexpected(client.error());
  return std::make_unique<ApiSource>(std::move(*client));
}

}  // namespace modelvane
