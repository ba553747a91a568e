// What a new configuration calls otherwise, and what it changes.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "daemon/detect/turn.h"
#include "daemon/engine/engine.h"
#include "daemon/log/log.h"

namespace modelvane {
namespace {

struct Changes {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;
};

// By name; `before` and `after` point to configurations of one kind.
template <typename Item>
Changes changes_between(const std::map<std::string, const Item*>& before,
                        const std::map<std::string, const Item*>& after) {
  Changes changes;
  for (const auto& [name, item] : after) {
    const auto old = before.find(name);
    if (old == before.end()) {
      changes.added.push_back(name);
    } else if (!(*old->second == *item)) {
      changes.changed.push_back(name);
    }
  }
  for (const auto& [name, item] : before) {
    if (!after.contains(name)) changes.removed.push_back(name);
  }
  return changes;
}

void log_changes_of(const char* kind, const Changes& changes) {
  const std::pair<const char*, const std::vector<std::string>*> all[] = {
      {"added", &changes.added}, {"removed", &changes.removed}, {"changed", &changes.changed}};
  for (const auto& [what, names] : all) {
    if (!names->empty()) log::info(fmt::format("{} {}", kind, what), {{"names", some_of(*names)}});
  }
}

}  // namespace

// Under the new name everything goes on. What the old name began ends under that name, and what is
// still so is told anew under the new one: receivers know it by its name.
void Engine::take_over_past(const std::string& name, const std::string& was) {
  const auto old = unwatched_.find(was);
  const bool has_own = unwatched_.contains(name);
  if (was.empty() || has_own || old == unwatched_.end() || is_blank(old->second.state)) return;
  Watched watched;
  watched.endpoint = was;
  watched.instance = instance_;
  auto& left = old->second.state;
  auto events = leave(left, watched, clock_.wall());
  std::erase_if(events, [](const Event& event) { return event.ended.empty(); });
  for (auto& event : events) uncommitted_.note(std::move(event));
  unwatched_[name].state = left;
  // Events of the old name, if it ever comes back, go on where they ended.
  left = EndpointState{.events_made = left.events_made};
  for (const auto& [alias, targets] : std::exchange(approved_[was], {})) {
    approved_[name].try_emplace(alias, targets);
    const Time now = clock_.wall();
    uncommitted_.note(PinApproval{.endpoint = was, .alias = alias, .targets = {}, .approved = now});
    uncommitted_.note(PinApproval{
        .endpoint = name, .alias = alias, .targets = approved_[name][alias], .approved = now});
  }
  uncommitted_.note_state(was);
  uncommitted_.note_state(name);
  log::info("an endpoint goes on under a new name", {{"endpoint", name}, {"was", was}});
}

void Engine::log_changes(const Config& config) const {
  std::map<std::string, const EndpointConfig*> endpoints_before;
  std::map<std::string, const EndpointConfig*> endpoints;
  for (const auto& watch : watches_)
    endpoints_before.emplace(watch->endpoint.name(), &*watch->endpoint.config());
  for (const auto& endpoint : config.endpoints) endpoints.emplace(endpoint->name, &*endpoint);
  log_changes_of("endpoints", changes_between(endpoints_before, endpoints));
  std::map<std::string, const WebhookConfig*> webhooks_before;
  std::map<std::string, const WebhookConfig*> webhooks;
  for (const auto& webhook : webhooks_) webhooks_before.emplace(webhook.name, &webhook);
  for (const auto& webhook : config.webhooks) webhooks.emplace(webhook.name, &webhook);
  log_changes_of("webhooks", changes_between(webhooks_before, webhooks));
}

}  // namespace modelvane
