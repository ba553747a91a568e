// Faults of a store that is built wrongly, put into the database of three real daemons: the books
// must see them, or they prove nothing. (Others run in the simulator: tests/sim/cluster_test.cpp.)
#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/cluster/cluster.h"

using namespace system_test;
using namespace std::chrono_literals;

namespace {

// Found in this time, or not at all.
constexpr auto kPatienceWithMutants = std::chrono::minutes{10};

// A commit that takes a while after the numbers were taken, as on a database that is far away or
// busy: p_numbers is the statement that takes them.
void replace_numbers(Cluster& cluster, const std::string& from, const std::string& to) {
  auto text = cluster.database.ask(
      "SELECT pg_get_functiondef(p.oid) FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = "
      "p.pronamespace WHERE n.nspname = 'modelvane' AND p.proname = 'commit_batch'");
  for (const auto& [old, fresh] :
       {std::pair{from, to},
        std::pair{
            std::string{"    RETURN v_base;\n  END"},
            std::string{"    PERFORM pg_sleep(random() * 0.2);\n    RETURN v_base;\n  END"}}}) {
    const auto at = text.find(old);
    REQUIRE_MESSAGE(at != std::string::npos, text);
    text.replace(at, old.size(), fresh);
  }
  (void)cluster.database.ask(text);
}

constexpr const char* kFromCounter =
    "UPDATE \"modelvane\".counter SET last_sequence = greatest(last_sequence, p_seen) + v_events\n"
    "        WHERE v_events > 0 RETURNING last_sequence - v_events INTO v_base;";

// What the reader of the stream was not told, after so long, or as soon as it is something.
int faults_of_stream(Cluster& cluster, std::chrono::seconds span) {
  std::mt19937_64 random{1};
  StreamReader reader;
  for (const auto end = Clock::now() + span; Clock::now() < end && reader.faults() == 0;) {
    reader.read(*cluster.replicas[random() % 3], [&] {
      for (int i = 0; i < 15; ++i) {
        cluster.provider.move_any(random);
        let_pass(100ms);
      }
    });
  }
  return reader.faults();
}

}  // namespace

TEST_CASE("a reader of the stream misses nothing, however long commits take") {
  Cluster cluster;
  replace_numbers(cluster, kFromCounter, kFromCounter);
  CHECK(faults_of_stream(cluster, 20s) == 0);
}

TEST_CASE("the books see events that are numbered by a sequence (mutant bigserial)") {
  Cluster cluster;
  (void)cluster.database.ask(
      "ALTER TABLE modelvane.counter RENAME TO old_counter; CREATE VIEW modelvane.counter AS "
      "SELECT "
      "coalesce(max(sequence), 0) AS last_sequence FROM modelvane.events; CREATE SEQUENCE "
      "modelvane.numbers; SELECT setval('modelvane.numbers', greatest(1, (SELECT max(sequence) "
      "FROM modelvane.events)), (SELECT count(*) FROM modelvane.events) > 0)");
  replace_numbers(cluster, kFromCounter,
                  "IF v_events > 0 THEN SELECT min(nextval('modelvane.numbers')) - 1 INTO v_base "
                  "FROM generate_series(1, v_events); END IF;");
  CHECK(faults_of_stream(cluster, kPatienceWithMutants) > 0);
}

TEST_CASE("the books see sessions that are renewed while the engine hangs (mutant no heartbeat)") {
  Cluster cluster;
  auto& replica = *cluster.replicas[0];
  const auto held = [&] {
    return cluster.count(fmt::format(
        "SELECT count(*) FROM modelvane.shards AS s JOIN modelvane.sessions AS o ON o.session = "
        "s.session WHERE o.replica = '{}'",
        replica.name()));
  };
  const auto two_leases = 2 * cluster.options.lease;
  REQUIRE(held() > 0);
  const bool can = replica.hang();
  WARN_MESSAGE(can, "SKIPPED: this machine lets no thread be held (ptrace)");
  if (!can) return;
  CHECK(eventually([&] { return held() == 0; }, two_leases));
  replica.go_on();
  REQUIRE(eventually([&] { return cluster.is_whole(); }));
  // As by a keeper that asks nobody.
  REQUIRE(replica.hang());
  const auto is_lost = [&] {
    (void)cluster.database.ask(
        "UPDATE modelvane.sessions SET expires = clock_timestamp() + interval '3 seconds'");
    return held() == 0;
  };
  CHECK_FALSE(eventually(is_lost, two_leases));
  replica.go_on();
}
