// Planned times in which nobody is told that an endpoint is down (config/maintenance.h).
#include "daemon/engine/engine.h"
#include "daemon/log/log.h"

namespace modelvane {
namespace {

// Windows are told in minutes.
constexpr Duration kLookAtWindowsEvery = std::chrono::seconds{1};

std::vector<bool> open_at(const std::vector<MaintenanceWindow>& windows, Time now) {
  std::vector<bool> open;
  for (const auto& window : windows) open.push_back(window.is_open(now));
  return open;
}

}  // namespace

bool Engine::note_maintenance(Watch& watch) {
  std::string name;
  for (const auto index : watch.windows) {
    if (open_windows_[index]) name = maintenance_[index].name;
  }
  return watch.endpoint.note_maintenance(name);
}

// Before the board has the endpoints of a new configuration: they are published with it.
void Engine::plan_maintenance(std::vector<MaintenanceWindow> windows) {
  maintenance_ = std::move(windows);
  open_windows_ = open_at(maintenance_, clock_.wall());
  for (auto& watch : watches_) {
    watch->windows.clear();
    for (std::size_t i = 0; i < maintenance_.size(); ++i) {
      if (maintenance_[i].is_for(watch->endpoint.name())) watch->windows.push_back(i);
    }
    note_maintenance(*watch);
  }
}

void Engine::follow_maintenance() {
  const Duration steady = clock_.steady();
  if (maintenance_.empty() || steady < look_at_windows_at_) return;
  look_at_windows_at_ = steady + kLookAtWindowsEvery;
  auto open = open_at(maintenance_, clock_.wall());
  if (open == open_windows_) return;
  for (std::size_t i = 0; i < open.size(); ++i) {
    if (open[i] != open_windows_[i])
      log::info(open[i] ? "maintenance begins" : "maintenance ends",
                {{"window", maintenance_[i].name}});
  }
  open_windows_ = std::move(open);
  for (auto& watch : watches_) {
    if (note_maintenance(*watch)) publish(*watch);
  }
}

}  // namespace modelvane
