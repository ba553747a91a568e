#include "tests/cluster/database.h"

#include <doctest/doctest.h>

#include <csignal>

namespace system_test {

Database::Database(Standby standby, bool is_open) : kind_(standby) {
  servers_.push_back(std::make_unique<PostgresServer>(is_open));
  if (kind_ == Standby::None) return;
  servers_.push_back(std::make_unique<PostgresServer>(primary()));
  wait_for_standby();
}

std::vector<int> Database::ports() const {
  std::vector<int> ports;
  for (const auto& server : servers_) ports.push_back(server->port());
  return ports;
}

void Database::wait_for_standby() const {
  if (kind_ == Standby::Synchronous) {
    (void)ask("ALTER SYSTEM SET synchronous_standby_names = '*'");
    (void)ask("SELECT pg_reload_conf()");
  }
  const std::string wanted = kind_ == Standby::Synchronous ? "sync" : "async";
  REQUIRE(eventually([&] {
    return count(
               "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming' AND "
               "sync_state = '" +
               wanted + "'") == 1;
  }));
}

// The sender stops, and not the standby: that one would still hear the rest when it is promoted.
void Database::let_standby_lag() {
  const auto sender = static_cast<pid_t>(count("SELECT pid FROM pg_stat_replication"));
  stopped_.push_back(sender);
  ::kill(sender, SIGSTOP);
}

void Database::fail_over() {
  for (const auto sender : stopped_) ::kill(sender, SIGKILL);
  stopped_.clear();
  primary().stop_at_once();
  standby().promote();
  primary_ = 1 - primary_;
  // Nobody follows yet: commits would wait.
  (void)ask("ALTER SYSTEM RESET synchronous_standby_names");
  (void)ask("SELECT pg_reload_conf()");
}

void Database::restore_standby() {
  standby().follow(primary());
  wait_for_standby();
}

}  // namespace system_test
