#include <utility>
#include "daemon/metrics/families.h"
#include "daemon/metrics/label_text.h"

namespace modelvane {
namespace {

void add_histogram(Exposition& out, std::string name, std::string help,
                   const Histogram& histogram) {
  Family family{out, std::move(name), FamilyType::Histogram, std::move(help)};
  family.add({}, histogram);
  family.flush();
}

void add_gauge(Exposition& out, std::string name, std::string help, double value) {
  Family family{out, std::move(name), FamilyType::Gauge, std::move(help)};
  family.add({}, value);
  family.flush();
}

void add_counter(Exposition& out, std::string name, std::string help, std::uint64_t value) {
  Family family{out, std::move(name), FamilyType::Counter, std::move(help)};
  family.add({}, static_cast<double>(value));
  family.flush();
}

// `counts` by their causes.
template <class Enum, std::size_t N>
void add_causes(Exposition& out, std::string name, std::string help,
                const Labelled<Enum, N>& causes, const std::array<std::uint64_t, N>& counts) {
  Family family{out, std::move(name), FamilyType::Counter, std::move(help)};
  for (std::size_t i = 0; i < N; ++i) {
    family.add({{"cause", label_text(std::string{causes.label(static_cast<Enum>(i))})}},
               static_cast<double>(counts[i]));
  }
  family.flush();
}

void add_cluster(Exposition& out, const ClusterView& cluster) {
  Family shards{out, "modelvane_cluster_shards", FamilyType::Gauge,
                "Shards of the cluster: total, owned by this replica, wanted by it, and unowned by "
                "all."};
  const std::pair<const char*, std::size_t> states[] = {{"total", cluster.shards},
                                                        {"owned", cluster.owned},
                                                        {"wanted", cluster.wanted},
                                                        {"unowned", cluster.unowned}};
  for (const auto& [state, count] : states)
    shards.add({{"state", label_text(state)}}, static_cast<double>(count));
  shards.flush();
  add_gauge(out, "modelvane_session_trusted_seconds",
            "How long this replica may still send without another renewal of its session.",
            to_seconds(cluster.trusted_for));
  add_counter(out, "modelvane_takeovers_total",
              "Sessions of other replicas that this one ended because they were not renewed.",
              cluster.takeovers);
  add_counter(out, "modelvane_fenced_total",
              "Sessions of this replica that others ended while it ran.", cluster.fenced);
  add_counter(out, "modelvane_deliveries_repeated_total",
              "Deliveries taken over from an owner that may have made them already.",
              cluster.repeated);
  add_counter(out, "modelvane_store_rewound_total",
              "Times that the database no longer had what it had acknowledged.", cluster.rewound);
  add_gauge(out, "modelvane_store_synchronous",
            "1 when the database waits for a standby before it acknowledges a commit.",
            cluster.is_synchronous ? 1 : 0);
  Family hash{out, "modelvane_config_hash", FamilyType::Gauge,
              "Always 1; the label hash is that of the configuration in use."};
  hash.add({{"hash", label_text(cluster.config_hash)}}, 1);
  hash.flush();
  add_gauge(out, "modelvane_cluster_config_differs",
            "1 when live replicas have different configurations.", cluster.config_differs ? 1 : 0);
}

}  // namespace

void add_daemon_families(const Snapshot& snapshot, Exposition& out) {
  const auto& daemon = snapshot.daemon;
  add_histogram(out, "modelvane_poll_lateness_seconds",
                "How much later than scheduled polls started, whole daemon.", daemon.poll_lateness);
  add_causes(out, "modelvane_polls_not_made_total",
             "Polls that this machine could not make, by what it lacked.", kShortages,
             daemon.polls_not_made);
  add_gauge(out, "modelvane_isolated",
            "1 while most hosts are out of reach at once, so that no endpoint is told down.",
            daemon.is_isolated ? 1 : 0);
  add_gauge(out, "modelvane_polls_in_flight", "Polls under way.",
            static_cast<double>(daemon.polls_in_flight));
  add_gauge(out, "modelvane_deliveries_in_flight", "Attempts to deliver under way.",
            static_cast<double>(daemon.deliveries_in_flight));
  add_histogram(out, "modelvane_store_commit_seconds", "Time of commits to the store.",
                daemon.commit);
  Family errors{out, "modelvane_store_errors_total", FamilyType::Counter,
                "Commits and loads of the store that failed."};
  errors.add({}, static_cast<double>(daemon.store_errors));
  errors.flush();
  add_gauge(out, "modelvane_store_healthy",
            "1 when the store works, 0 while nothing can be made durable.",
            daemon.store_ok ? 1 : 0);
  add_gauge(out, "modelvane_store_size_bytes",
            "Size of the database on the disk, with the log that SQLite keeps beside it.",
            static_cast<double>(snapshot.store.bytes));
  if (const auto oldest = snapshot.store.oldest_event) {
    add_gauge(out, "modelvane_store_oldest_event_timestamp_seconds",
              "When the oldest event that is stored happened, in Unix time.", to_seconds(*oldest));
  }
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
  add_causes(out, "modelvane_web_refused_total",
             "Requests to this server that were turned away before they were looked at.",
             kRefusalCauses, snapshot.web_refused);
  if (daemon.cluster) add_cluster(out, *daemon.cluster);
  Family build{out, "modelvane_build_info", FamilyType::Gauge,
               "Always 1; the labels say which modelvane this is."};
  build.add({{"version", label_text(daemon.version)}, {"revision", label_text(daemon.revision)}},
            1);
  build.flush();
}

}  // namespace modelvane
