#include "daemon/metrics/families.h"
#include "daemon/metrics/label_text.h"

namespace modelvane {
namespace {

void add_histogram(Exposition& out, std::string name, std::string help,
                   const Histogram& histogram) {
  Family family{std::move(name), FamilyType::Histogram, std::move(help)};
  family.add({}, histogram);
  out.add(family);
}

void add_gauge(Exposition& out, std::string name, std::string help, double value) {
  Family family{std::move(name), FamilyType::Gauge, std::move(help)};
  family.add({}, value);
  out.add(family);
}

}  // namespace

void add_daemon_families(const DaemonView& daemon, Exposition& out) {
  add_histogram(out, "modelvane_poll_lateness_seconds",
                "How much later than scheduled polls started, whole daemon.", daemon.poll_lateness);
  Family not_made{"modelvane_polls_not_made_total", FamilyType::Counter,
                  "Polls that this machine could not make, by what it lacked."};
  for (std::size_t i = 0; i < kShortages.size(); ++i) {
    not_made.add({{"cause", label_text(std::string{label(static_cast<Shortage>(i))})}},
                 static_cast<double>(daemon.polls_not_made[i]));
  }
  out.add(not_made);
  add_gauge(out, "modelvane_isolated",
            "1 while most hosts are out of reach at once, so that no endpoint is told down.",
            daemon.is_isolated ? 1 : 0);
  add_gauge(out, "modelvane_polls_in_flight", "Polls under way.",
            static_cast<double>(daemon.polls_in_flight));
  add_gauge(out, "modelvane_deliveries_in_flight", "Attempts to deliver under way.",
            static_cast<double>(daemon.deliveries_in_flight));
  add_histogram(out, "modelvane_store_commit_seconds", "Time of commits to the store.",
                daemon.commit);
  Family errors{"modelvane_store_errors_total", FamilyType::Counter,
                "Commits and loads of the store that failed."};
  errors.add({}, static_cast<double>(daemon.store_errors));
  out.add(errors);
  add_gauge(out, "modelvane_store_healthy",
            "1 when the store works, 0 while nothing can be made durable.",
            daemon.store_ok ? 1 : 0);
  add_histogram(out, "modelvane_engine_loop_lag_seconds",
                "Time of single turns of the engine's loop without its waiting.", daemon.loop_lag);
  add_gauge(out, "modelvane_config_last_reload_successful",
            "1 when the last reading of the configuration succeeded, 0 when it failed.",
            daemon.reload_ok ? 1 : 0);
  if (daemon.reload_success != Time{}) {
    add_gauge(out, "modelvane_config_last_reload_success_timestamp_seconds",
              "When the configuration in use was read, in Unix time.",
              to_seconds(daemon.reload_success));
  }
  Family build{"modelvane_build_info", FamilyType::Gauge,
               "Always 1; the label version is modelvane's."};
  build.add({{"version", label_text(daemon.version)}}, 1);
  out.add(build);
}

}  // namespace modelvane
