// A desk for tests of the outbox by itself: times are made up, nothing is sent.
#pragma once

#include <fmt/format.h>

#include <map>
#include <string>
#include <vector>

#include "daemon/engine/outbox.h"
#include "daemon/events/event_json.h"
#include "daemon/events/sample_event.h"
#include "daemon/log/log.h"

namespace modelvane::test {

inline const Time kStart = *parse_rfc3339("2026-11-22T10:00:00Z");

inline WebhookConfig webhook(const std::string& name, const std::string& format) {
  WebhookConfig config;
  config.name = name;
  config.format = format;
  config.url = {SecretRef::From::Inline, "http://" + name + "/"};
  config.rate_limit = find_format(format)->rate_limit;
  return config;
}

struct Desk {
  Outbox outbox{7};
  Duration passed{0};
  Duration clock_is_ahead{0};

  explicit Desk(std::vector<WebhookConfig> webhooks) {
    log::set_up(log::Level::Error, false);
    configure(std::move(webhooks));
  }
  void configure(std::vector<WebhookConfig> webhooks, std::int64_t address = 1) {
    std::vector<Outbox::Addressed> addressed;
    for (auto& config : webhooks) addressed.push_back({std::move(config), address});
    outbox.configure(addressed, now());
  }
  Outbox::Now now() const {
    return {std::chrono::hours{1} + passed, kStart + passed + clock_is_ahead};
  }
  void add(std::uint64_t sequence, const std::string& to, EventType type = EventType::AliasMoved,
           const std::string& alias = "", const std::string& endpoint = "e") {
    Event event = sample_event(type, "test", kStart + passed, sequence);
    event.drill = false;
    event.endpoint = endpoint;
    if (!alias.empty()) event.alias = alias;
    auto stored =
        std::make_shared<StoredEvent>(StoredEvent{.sequence = sequence,
                                                  .id = event.id,
                                                  .type = type,
                                                  .endpoint = event.endpoint,
                                                  .alias = event.about(),
                                                  .time = event.time,
                                                  .json = to_cloudevent(event, "urn:test")});
    outbox.add({.sequence = sequence,
                .webhook = to,
                .created = now().wall,
                .next_attempt = now().wall,
                .last_error = ""},
               std::move(stored), now());
  }
  std::vector<Outbox::Due> due() { return outbox.take_due(now()); }
  void end(const Outbox::Due& sent, VerdictClass kind) {
    outbox.verdict(sent.key,
                   {.kind = kind,
                    .sentence = kind == VerdictClass::Ok ? "" : "no",
                    .retry_after = std::nullopt},
                   std::chrono::milliseconds{1}, now());
  }
  // Each request that is due now ends like this; returns how many events each carried.
  std::vector<std::size_t> send_all(VerdictClass kind = VerdictClass::Ok) {
    std::vector<std::size_t> sizes;
    for (auto batch = due(); !batch.empty(); batch = due()) {
      for (const auto& sent : batch) {
        sizes.push_back(sent.events.size());
        end(sent, kind);
      }
    }
    return sizes;
  }
  std::map<std::uint64_t, DeliveryState> last_states() {
    std::map<std::uint64_t, DeliveryState> states;
    for (const auto& change : outbox.take_changes()) states[change.sequence] = change.state;
    return states;
  }
};

}  // namespace modelvane::test
