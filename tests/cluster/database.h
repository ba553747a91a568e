// The database of a cluster: one server, or two, of which the second follows and can be promoted.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/cluster/postgres_server.h"

namespace system_test {

class Database {
 public:
  enum class Standby { None, Synchronous, Asynchronous };

  Database(Standby standby, bool is_open);

  PostgresServer& primary() { return *servers_[primary_]; }
  const PostgresServer& primary() const { return *servers_[primary_]; }
  bool has_standby() const { return servers_.size() > 1; }
  std::vector<int> ports() const;
  std::string ask(const std::string& sql) const { return primary().ask(sql); }
  std::int64_t count(const std::string& sql) const { return std::stoll(ask(sql)); }

  // From here on the standby hears nothing more of what is committed.
  void let_standby_lag();
  // The primary crashes, and the other one takes its place.
  void fail_over();
  // The one that crashed is back, and follows.
  void restore_standby();

 private:
  PostgresServer& standby() { return *servers_[1 - primary_]; }
  void wait_for_standby() const;

  const Standby kind_;
  std::vector<std::unique_ptr<PostgresServer>> servers_;
  std::size_t primary_ = 0;
  std::vector<pid_t> stopped_;  // senders of the primary
};

}  // namespace system_test
