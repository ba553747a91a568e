#include <set>

#include "daemon/catalog/reason.h"
#include "daemon/events/event.h"
#include "daemon/metrics/families.h"
#include "daemon/metrics/label_text.h"

namespace modelvane {
namespace {

using Endpoints = std::span<const EndpointSeries>;

double as_number(bool value) {
  return value ? 1 : 0;
}

// A gauge of every endpoint for which `value` yields one (an optional<double>).
template <typename Value>
void add_gauge(Exposition& out, Endpoints endpoints, std::string name, std::string help,
               Value value) {
  Family family{out, std::move(name), FamilyType::Gauge, std::move(help)};
  for (const auto& endpoint : endpoints) {
    if (const std::optional<double> number = value(endpoint)) family.add(endpoint.labels, *number);
  }
  family.flush();
}

// The same, of endpoints that were polled since the start.
template <typename Value>
void add_poll_gauge(Exposition& out, Endpoints endpoints, std::string name, std::string help,
                    Value value) {
  add_gauge(out, endpoints, std::move(name), std::move(help), [&](const EndpointSeries& endpoint) {
    return endpoint.view->last_poll ? std::optional<double>{value(*endpoint.view)} : std::nullopt;
  });
}

std::optional<double> seconds(const std::optional<Time>& time) {
  return time ? std::optional{to_seconds(*time)} : std::nullopt;
}

void add_polls(Endpoints endpoints, Exposition& out) {
  Family polls{out, "modelvane_polls_total", FamilyType::Counter,
               "Polls that ended, good or failed, since the daemon started."};
  for (const auto& endpoint : endpoints)
    polls.add(endpoint.labels, static_cast<double>(endpoint.view->polls));
  polls.flush();

  Family failures{out, "modelvane_poll_failures_total", FamilyType::Counter,
                  "Failed polls by reason since the daemon started."};
  for (const auto& endpoint : endpoints) {
    for (std::size_t i = 0; i < kReasons.size(); ++i) {
      failures.add(endpoint.labels, {{"reason", std::string{kReasons.labels()[i]}}},
                   static_cast<double>(endpoint.view->failures[i]));
    }
  }
  failures.flush();

  Family duration{out, "modelvane_poll_duration_seconds", FamilyType::Histogram,
                  "Time of whole polls, good and failed, all pages included."};
  for (const auto& endpoint : endpoints) duration.add(endpoint.labels, endpoint.view->duration);
  duration.flush();
}

void add_phases(Endpoints endpoints, Exposition& out) {
  Family family{out, "modelvane_poll_phase_seconds", FamilyType::Gauge,
                "Where the time of the last poll went; 0 for a phase that did not happen."};
  for (const auto& endpoint : endpoints) {
    if (!endpoint.view->last_poll) continue;
    const auto& phases = endpoint.view->phases;
    const std::pair<const char*, Duration> all[] = {{"resolve", phases.resolve},
                                                    {"connect", phases.connect},
                                                    {"tls", phases.tls},
                                                    {"processing", phases.processing},
                                                    {"transfer", phases.transfer}};
    for (const auto& [phase, span] : all)
      family.add(endpoint.labels, {{"phase", phase}}, to_seconds(span));
  }
  family.flush();
}

void add_time(Endpoints endpoints, Exposition& out) {
  Family family{out, "modelvane_endpoint_state_seconds_total", FamilyType::Counter,
                "Time in which the endpoint was up, down, or nobody knows; survives restarts."};
  for (const auto& endpoint : endpoints) {
    if (!endpoint.view->past) continue;
    auto seconds = endpoint.view->past->seconds;
    for (const auto state : {TimeState::Up, TimeState::Down, TimeState::Unknown}) {
      family.add(endpoint.labels, {{"state", std::string{kTimeStates.label(state)}}},
                 to_seconds(seconds.of(state)));
    }
  }
  family.flush();
}

void add_last_poll(Endpoints endpoints, Exposition& out) {
  // Until the first poll of this process what the store knows: an outage does not end with a
  // restart.
  add_gauge(out, endpoints, "modelvane_endpoint_up",
            "1 when the last poll was good, 0 when it failed.",
            [](const EndpointSeries& endpoint) -> std::optional<double> {
              if (endpoint.view->last_poll) return as_number(endpoint.view->last_ok);
              if (endpoint.known->availability == Availability::Unknown) return std::nullopt;
              return as_number(endpoint.known->availability == Availability::Up);
            });
  add_gauge(out, endpoints, "modelvane_poll_interval_seconds", "Configured time between polls.",
            [](const EndpointSeries& endpoint) {
              return std::optional{to_seconds(endpoint.view->interval)};
            });
  add_time(endpoints, out);
  add_polls(endpoints, out);
  add_phases(endpoints, out);
  add_poll_gauge(out, endpoints, "modelvane_poll_http_status_code",
                 "HTTP status of the last poll; 0 when there was no answer.",
                 [](const EndpointView& view) { return static_cast<double>(view.status_code); });
  add_poll_gauge(out, endpoints, "modelvane_poll_body_bytes",
                 "Size of the last poll's body after decompression.",
                 [](const EndpointView& view) { return static_cast<double>(view.body_bytes); });
  add_gauge(out, endpoints, "modelvane_last_poll_timestamp_seconds",
            "When the last poll ended, in Unix time.",
            [](const EndpointSeries& endpoint) { return seconds(endpoint.view->last_poll); });
  add_gauge(out, endpoints, "modelvane_last_good_poll_timestamp_seconds",
            "When the last good poll ended, in Unix time.",
            [](const EndpointSeries& endpoint) { return seconds(endpoint.view->last_good_poll); });
  add_gauge(out, endpoints, "modelvane_endpoint_slowed",
            "1 while the endpoint is polled less often than its interval says, because it refuses "
            "or asks for that.",
            [](const EndpointSeries& endpoint) {
              return std::optional{as_number(endpoint.view->slowed.has_value())};
            });
  add_gauge(out, endpoints, "modelvane_endpoint_maintenance",
            "1 while a maintenance window of the endpoint is open: it is polled, but endpoint.down "
            "is not told.",
            [](const EndpointSeries& endpoint) {
              return std::optional{as_number(!endpoint.view->maintenance.empty())};
            });
  add_gauge(out, endpoints, "modelvane_endpoint_paused",
            "1 while the endpoint is not polled because the configuration says so.",
            [](const EndpointSeries& endpoint) {
              return std::optional{as_number(endpoint.view->is_paused)};
            });
  add_gauge(out, endpoints, "modelvane_next_poll_timestamp_seconds",
            "When the next poll is planned, in Unix time.",
            [](const EndpointSeries& endpoint) { return seconds(endpoint.view->next_poll); });
  add_gauge(
      out, endpoints, "modelvane_tls_certificate_expiry_timestamp_seconds",
      "The earliest end in the server's chain of certificates, past or future, in Unix time; as of "
      "the last TLS handshake, also of one that was refused.",
      [](const EndpointSeries& endpoint) { return seconds(endpoint.view->certificate_expiry); });
}

void add_catalog(Endpoints endpoints, Exposition& out) {
  add_gauge(out, endpoints, "modelvane_catalog_models",
            "Watched models in the last list that was believed.",
            [](const EndpointSeries& endpoint) {
              const auto& known = *endpoint.known;
              return known.has_baseline ? std::optional{static_cast<double>(known.models.size())}
                                        : std::nullopt;
            });
  add_gauge(
      out, endpoints, "modelvane_catalog_quarantined",
      "1 while the endpoint's list is not believed because it has lost too many models at once.",
      [](const EndpointSeries& endpoint) {
        const auto& known = *endpoint.known;
        return known.has_baseline ? std::optional{as_number(known.quarantined)} : std::nullopt;
      });
}

void add_notes(Endpoints endpoints, Exposition& out) {
  Family family{
      out, "modelvane_catalog_rule_unmatched", FamilyType::Gauge,
      "1 while a rule, a hint or a lifecycle pointer of the configuration finds nothing in "
      "any row of the list."};
  for (const auto& endpoint : endpoints) {
    std::set<std::string> rules;  // several pointers of one rule are one series
    for (const auto& note : endpoint.view->notes) {
      if (!note.rule.empty()) rules.insert(label_text(note.rule));
    }
    for (const auto& rule : rules) family.add(endpoint.labels, {{"rule", rule}}, 1);
  }
  family.flush();
}

void add_events(Endpoints endpoints, Exposition& out) {
  Family family{out, "modelvane_events_total", FamilyType::Counter,
                "Confirmed events by type; the count survives restarts."};
  for (const auto& endpoint : endpoints) {
    for (std::size_t i = 0; i < kEventTypes.size(); ++i) {
      family.add(endpoint.labels, {{"type", std::string{kEventTypes.labels()[i]}}},
                 static_cast<double>(endpoint.known->events[i]));
    }
  }
  family.flush();
}

}  // namespace

void add_endpoint_families(std::span<const EndpointSeries> endpoints, Exposition& out) {
  add_last_poll(endpoints, out);
  add_catalog(endpoints, out);
  add_notes(endpoints, out);
  add_events(endpoints, out);
}

}  // namespace modelvane
