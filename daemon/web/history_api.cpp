#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/web/api.h"
#include "daemon/web/list_reply.h"
#include "daemon/web/shown.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// More steps than a picture has columns: 35 days of hours, two years of days.
constexpr Duration::rep kStepsMax = 1'000;
constexpr Duration kUsualRange = kDay;
// Hours of more than a week are too many to look at.
constexpr Duration kHoursUsualMax = std::chrono::days{7};

std::optional<Duration> read_step(Parameters& parameters) {
  const auto text = parameters.text("step");
  if (text.empty()) return std::nullopt;
  const auto step = parse_duration(text);
  if (step && *step >= kHour && *step % kHour == Duration{0}) return step;
  parameters.refuse(400, "parameter step is a number of whole hours or days, such as 1h or 1d");
  return std::nullopt;
}

Json seconds_or_null(const std::optional<Duration>& duration) {
  return duration ? Json(to_seconds(*duration)) : Json(nullptr);
}

Json step_json(const PastSpan& span) {
  const auto availability = span.seconds.availability();
  const auto worst = span.failures.worst();
  const auto polls = span.durations.count();
  return {{"from", to_rfc3339(span.from)},
          {"seconds",
           {{"up", to_seconds(span.seconds.up)},
            {"down", to_seconds(span.seconds.down)},
            {"unknown", to_seconds(span.seconds.unknown)}}},
          {"availability", availability ? Json(*availability) : Json(nullptr)},
          {"polls", polls},
          {"poll_seconds",
           {{"p50", seconds_or_null(span.durations.quantile(0.5))},
            {"p95", seconds_or_null(span.durations.quantile(0.95))},
            {"max", polls > 0 ? Json(to_seconds(span.longest)) : Json(nullptr)}}},
          {"worst_reason", worst ? Json(label(*worst)) : Json(nullptr)}};
}

}  // namespace

Reply history_api(const Snapshot& snapshot, EventQuery& events, const std::string& endpoint,
                  const Query& query) {
  Parameters parameters{query};
  const bool is_known = find_shown(shown_endpoints(snapshot), endpoint) != nullptr;
  const Time to = parameters.time("to").value_or(snapshot.at);
  const Time from = parameters.time("from").value_or(to - kUsualRange);
  const auto wanted_step = read_step(parameters);
  if (!is_known) {
    parameters.refuse(
        404, fmt::format("there is no endpoint \"{}\"; /api/v1/endpoints lists them", endpoint));
  }
  if (from >= to) parameters.refuse(400, "parameter from must be earlier than to");
  const Duration step = wanted_step.value_or(to - from > kHoursUsualMax ? kDay : kHour);
  const PastFilter filter{
      .endpoint = endpoint, .from = floor_to(from, step), .to = to, .step = step};
  if ((filter.to - filter.from) / step > kStepsMax) {
    parameters.refuse(400, fmt::format("from and to are more than {} steps apart; take a longer "
                                       "step, or ask for it in parts",
                                       kStepsMax));
  }
  if (auto refusal = parameters.refusal()) return *refusal;
  const auto spans = events.past(filter);
  if (!spans) return problem(503, spans.error());
  auto steps = Json::array();
  for (const auto& span : *spans) steps.push_back(step_json(span));
  const Json reply{{"endpoint", endpoint},
                   {"from", to_rfc3339(filter.from)},
                   {"to", to_rfc3339(filter.to)},
                   {"step_seconds", to_seconds(step)},
                   {"history", std::move(steps)}};
  return json_reply(without_markup(reply.dump(-1, ' ', false, Json::error_handler_t::replace)));
}

}  // namespace modelvane
