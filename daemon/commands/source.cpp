#include "daemon/commands/source.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "daemon/commands/api_source.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/table.h"
#include "daemon/detect/pins.h"
#include "daemon/detect/state.h"
#include "daemon/store/sqlite_desk.h"
#include "daemon/store/sqlite_store.h"

namespace modelvane {
namespace {

// Of one query; the log gives no more at once.
constexpr std::size_t kRowsAtOnce = 1000;

std::vector<Retirement> retirements_in(const EndpointState& state) {
  std::vector<Retirement> retirements;
  if (!state.endings) return retirements;
  for (const auto& [model, ending] : *state.endings) {
    if (const auto& known = ending.ending.known) {
      retirements.push_back({.model = model,
                             .at = known->at,
                             .replacement = known->replacement,
                             .source = known->source});
    }
  }
  return retirements;
}

class FolderSource final : public Source {
 public:
  explicit FolderSource(const std::string& folder) : log_(folder), desk_(folder) {}

  std::expected<void, std::string> each_event(
      EventFilter filter, const std::function<void(StoredEvent)>& take) override {
    auto left = filter.limit;
    while (left > 0) {
      filter.limit = std::min(kRowsAtOnce, left);
      auto page = log_.events(filter);
      if (!page) return std::unexpected(page.error().sentence);
      if (!page->empty()) filter.before_sequence = page->back().sequence;
      for (auto& event : *page) take(std::move(event));
      if (page->size() < filter.limit) break;
      left -= page->size();
    }
    return {};
  }

  std::expected<std::vector<DeliveryRow>, std::string> deliveries(DeliveryFilter filter) override {
    const auto limit = filter.limit;
    std::vector<DeliveryRow> all;
    while (all.size() < limit) {
      filter.limit = std::min(kRowsAtOnce, limit - all.size());
      auto page = log_.deliveries(filter);
      if (!page) return std::unexpected(page.error().sentence);
      std::ranges::move(*page, std::back_inserter(all));
      if (page->size() < filter.limit) break;
      filter.after = DeliveryPlace{all.back().sequence, all.back().webhook};
    }
    return all;
  }

  std::expected<std::vector<EndpointNow>, std::string> endpoints() override {
    const auto states = log_.endpoint_states();
    if (!states) return std::unexpected(states.error().sentence);
    std::vector<EndpointNow> now;
    for (const auto& [name, state] : *states) {
      if (state.is_unwatched) continue;
      now.push_back({.name = name,
                     .availability = state.availability.known,
                     .down_since = state.down_since,
                     .last_good_poll = state.last_good,
                     .models = state.ids.size(),
                     .retirements = retirements_in(state)});
    }
    return now;
  }

  std::expected<AliasesNow, std::string> aliases() override {
    const auto states = log_.endpoint_states();
    if (!states) return std::unexpected(states.error().sentence);
    AliasesNow now;
    for (const auto& [endpoint, state] : *states) {
      for (const auto& [alias, known] : state.aliases) {
        now[{endpoint, alias}] = {.status = known.status(),
                                  .target = known.target(),
                                  .since = known.since,
                                  .unstable = known.unstable,
                                  .changes = known.changes,
                                  .last_seen = last_seen(state, known)};
      }
    }
    return now;
  }

  std::expected<PinsNow, std::string> pins() override {
    const auto approved = log_.approved_pins();
    if (!approved) return std::unexpected(approved.error().sentence);
    PinsNow now;
    for (const auto& [endpoint, aliases] : *approved) {
      for (const auto& [alias, targets] : aliases) now[{endpoint, alias}] = {.targets = targets};
    }
    return now;
  }

  std::expected<OperatorResult, std::string> ask(const OperatorRequest& request) override {
    return call(desk_, request);
  }
  bool daemon_runs() const override { return desk_.daemon_runs(); }
  void wait(Duration longest) override { desk_.wait(longest); }

 private:
  SqliteEventLog log_;
  SqliteDesk desk_;
};

bool is_forbidden(const std::filesystem::path& file) {
  return ::access(file.c_str(), R_OK) != 0 && errno == EACCES;
}

}  // namespace

std::expected<std::unique_ptr<Source>, std::string> open_source(const DaemonPlace& place) {
  if (!place.url.empty()) return open_api(place.url, place.client_config);
  const auto file = database_file(place.storage_path);
  if (is_forbidden(file)) {
    fmt::print(stderr, "modelvane: {} may not be read by this user; asking {}\n", file.string(),
               kUsualUrl);
    return open_api(std::string{kUsualUrl}, place.client_config);
  }
  if (!SqliteEventLog{place.storage_path}.has_database()) {
    return std::unexpected(
        fmt::format("there is no database {} yet; --storage.path names the folder that `modelvane "
                    "serve` writes to, --url the daemon itself",
                    file.string()));
  }
  return std::make_unique<FolderSource>(place.storage_path);
}

std::expected<std::vector<StoredEvent>, std::string> Source::events(const EventFilter& filter) {
  std::vector<StoredEvent> all;
  const auto done = each_event(filter, [&](StoredEvent event) { all.push_back(std::move(event)); });
  if (!done) return std::unexpected(done.error());
  return all;
}

std::string_view pin_word(const std::vector<std::string>& approved, const std::string& target) {
  if (target.empty()) return "unknown";
  return are_approved(approved, target) ? "kept" : "broken";
}

std::expected<StoredEvent, std::string> event_called(Source& source, const std::string& id) {
  auto found = source.events({.called = id, .limit = 2});
  if (!found) return std::unexpected(found.error());
  if (found->empty()) {
    return std::unexpected(fmt::format(
        "no event {} is stored; `modelvane deliveries list` shows numbers and ids", cell(id)));
  }
  if (found->size() > 1) {
    return std::unexpected(
        fmt::format("several events have ids that begin with {}; write more of it", cell(id)));
  }
  return std::move(found->front());
}

}  // namespace modelvane
