// Three real daemons on one real PostgreSQL, through kills, pauses, cut networks and crashes of the
// database. What the database and the receivers hold in the end must balance. MODELVANE_CLUSTER_
// SECONDS makes it longer, MODELVANE_CLUSTER_SEED another one (./dev cluster-soak).
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/cluster/faults.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::seconds kLease{3};

// All of it: lost, doubled, out of order, owned by nobody.
void check_books(Cluster& cluster, Faults& faults) {
  CHECK_MESSAGE(eventually([&] { return cluster.is_whole(); }), cluster.report());
  CHECK(eventually([&] { return has_followed(cluster); }, 2 * kPatience));
  CHECK(eventually([&] { return is_all_delivered(cluster); }, 5 * kPatience));
  CHECK(faults_of_events(cluster) == "");
  check_receivers(cluster);
  CHECK(faults_of_owners(cluster) == "");
  const auto last =
      static_cast<std::uint64_t>(cluster.count("SELECT max(sequence) FROM modelvane.events"));
  CHECK(eventually([&] {
    faults.reader.read(*cluster.replicas[0], [] { let_pass(1s); });
    return faults.reader.last() == last;
  }));
  CHECK(faults.reader.faults() == 0);
  // Each fault can repeat what is under way to each webhook.
  CHECK(repeats(cluster) <= static_cast<std::size_t>(faults.count) * std::size(kWebhooks));
  MESSAGE(faults.count, " faults, ", last, " events, ", repeats(cluster), " deliveries repeated");
}

void go_through(Cluster& cluster) {
  Faults faults{cluster, number_of("MODELVANE_CLUSTER_SEED", 1)};
  const auto end = Clock::now() + std::chrono::seconds{number_of("MODELVANE_CLUSTER_SECONDS", 40)};
  while (Clock::now() < end) faults.one();
  check_books(cluster, faults);
}

}  // namespace

TEST_CASE("three replicas lose no move, double none and keep the order, whatever befalls them") {
  Cluster cluster;
  go_through(cluster);
}

TEST_CASE(
    "nor do they with networks of their own, cut one by one, wrong clocks and promoted standbys") {
  const bool can = Network::can_be_made();
  WARN_MESSAGE(can, "SKIPPED: this machine makes no network namespaces (they need root)");
  if (!can) return;
  Cluster cluster{{.has_network = true, .standby = Database::Standby::Synchronous}};
  go_through(cluster);
}

TEST_CASE("what a standby that lagged behind lacks is written once more, and told") {
  // A failover takes less than a lease.
  Cluster cluster{{.standby = Database::Standby::Asynchronous, .lease = 10s}};
  std::mt19937_64 random{1};
  const auto move_for = [&](Milliseconds span) {
    for (const auto end = Clock::now() + span; Clock::now() < end; let_pass(100ms))
      cluster.provider.move_any(random);
  };
  // What changes hands meanwhile is decided anew by whom the standby takes for its owner.
  REQUIRE(eventually([&] { return cluster.is_at_rest(); }));
  move_for(3s);
  cluster.database.let_standby_lag();
  const auto before = cluster.count("SELECT last_sequence FROM modelvane.counter");
  move_for(4s);
  CHECK(cluster.count("SELECT last_sequence FROM modelvane.counter") > before);
  cluster.database.fail_over();
  move_for(3s);
  CHECK_MESSAGE(eventually([&] { return has_followed(cluster); }), cluster.report());
  CHECK(eventually([&] {
    return cluster.count("SELECT count(*) FROM modelvane.events WHERE type = 'store.rewound'") > 0;
  }));
  CHECK(eventually([&] { return is_all_delivered(cluster); }));
  CHECK(cluster.is_whole());
  CHECK(faults_of_events(cluster) == "");
  check_receivers(cluster);
}

TEST_CASE(
    "the shards of a replica that is killed are others' within two leases, at a stop at once") {
  Cluster cluster;
  std::vector<double> took;
  for (std::uint64_t i = 0; i < number_of("MODELVANE_CLUSTER_KILLS", 4); ++i) {
    auto& replica = *cluster.replicas[i % cluster.replicas.size()];
    const auto session = cluster.database.ask(
        fmt::format("SELECT session FROM modelvane.sessions WHERE replica = '{}'", replica.name()));
    const auto has_none = [&] {
      return cluster.count(fmt::format(
                 "SELECT count(*) FROM modelvane.shards WHERE session IS NULL OR session = {}",
                 session)) == 0;
    };
    const bool is_stopped = i % 4 == 3;
    if (is_stopped) {
      replica.process().signal(SIGTERM);
      CHECK(replica.process().wait().has_value());
    } else {
      replica.process().kill();
    }
    const auto begun = Clock::now();
    CHECK(eventually(has_none));
    const auto span = Clock::now() - begun;
    CHECK(span < (is_stopped ? Milliseconds{2'000} : Milliseconds{2 * kLease}));
    if (!is_stopped) took.push_back(std::chrono::duration<double>(span).count());
    replica.start();
    CHECK(eventually([&] { return cluster.is_whole(); }));
  }
  std::ranges::sort(took);
  MESSAGE("takeover in seconds after kill -9, lease ", kLease.count(), " s: median ",
          took[took.size() / 2], ", 99 % ", took[took.size() * 99 / 100], ", longest ", took.back(),
          ", of ", took.size());
}

TEST_CASE("in peace nothing changes hands, however busy the machine is") {
  Cluster cluster;
  REQUIRE(eventually([&] { return cluster.is_at_rest(); }));
  const auto tenures = [&] { return cluster.count("SELECT sum(tenure) FROM modelvane.shards"); };
  const auto before = tenures();
  std::vector<std::jthread> busy;
  for (unsigned i = 0; i < 2 * std::max(std::thread::hardware_concurrency(), 1U); ++i) {
    busy.emplace_back([](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
      }
    });
  }
  let_pass(std::chrono::seconds{number_of("MODELVANE_CLUSTER_QUIET_SECONDS", 6)});
  CHECK(tenures() == before);
  for (const auto& replica : cluster.replicas) {
    const auto metrics = get(replica->page() + "/metrics").body;
    CHECK(metrics.find("\nmodelvane_takeovers_total 0\n") != std::string::npos);
    CHECK(metrics.find("\nmodelvane_fenced_total 0\n") != std::string::npos);
  }
}

TEST_CASE("while the database is away polls and metrics go on, and everything is caught up later") {
  Cluster cluster;
  auto& replica = *cluster.replicas[0];
  const auto page = replica.page();
  REQUIRE(eventually([&] { return get(page + "/-/ready").status == 200; }));
  // A first list that is not stored when its owner loses the session is a first list once more.
  REQUIRE(eventually(
      [&] { return cluster.count("SELECT count(*) FROM modelvane.endpoints") == kEndpoints; }));
  cluster.database.primary().stop_at_once();
  CHECK(eventually([&] { return get(page + "/-/ready").status == 503; }));
  CHECK(get(page + "/metrics").body.find("modelvane_session_trusted_seconds") != std::string::npos);
  for (int i = 0; i < kEndpoints; ++i) cluster.provider.move(i, "a");
  cluster.database.primary().start();
  CHECK(eventually([&] { return has_followed(cluster); }));
  CHECK(eventually([&] { return get(page + "/-/ready").status == 200; }));
  CHECK(faults_of_events(cluster) == "");
}

TEST_CASE("each replica shows all endpoints, those of the others with their owner and age") {
  Cluster cluster;
  auto& replica = *cluster.replicas[0];
  const auto page = replica.page();
  const auto shown = [&] {
    const auto answer = get(page + "/api/v1/endpoints");
    std::map<std::string, std::string> owners;  // by endpoint
    if (answer.status != 200) return owners;
    const auto list = nlohmann::json::parse(answer.body);
    for (const auto& row : list["endpoints"]) {
      const auto& of = row["replica"];
      const auto owner = of["name"].get<std::string>();
      CHECK(of["as_of"].is_null() == (owner == replica.name()));
      if (row["aliases"] != 0) owners[row["name"]] = owner;
    }
    return owners;
  };
  const auto by_database = [&] {
    std::map<std::string, std::string> owners;
    const auto told = cluster.database.ask(
        "SELECT string_agg(e.name || ' ' || o.replica, ',') FROM modelvane.endpoints AS e JOIN "
        "modelvane.shards AS s ON s.shard = e.shard JOIN modelvane.sessions AS o ON o.session = "
        "s.session");
    std::istringstream list{told};
    for (std::string pair; std::getline(list, pair, ',');)
      owners[pair.substr(0, pair.find(' '))] = pair.substr(pair.find(' ') + 1);
    return owners;
  };
  CHECK(eventually([&] { return shown().size() == kEndpoints && shown() == by_database(); }));
  cluster.replicas[1]->process().kill();
  CHECK(eventually([&] {
    const auto owners = shown();
    return owners.size() == kEndpoints && owners == by_database() &&
           std::ranges::none_of(owners, [&](const auto& entry) {
             return entry.second == cluster.replicas[1]->name();
           });
  }));
}

TEST_CASE("two replicas of one name, and cluster without a shared store, are refused in words") {
  Cluster cluster;
  auto& first = *cluster.replicas[0];
  Process second{
      {.arguments = {"serve", "--config.file=" + first.file(), "--web.listen-address=127.0.0.1:0"},
       .environment = {{"REPLICA", first.name()}}}};
  CHECK(second.wait() == 1);
  CHECK(second.standard_error().find("a name of its own") != std::string::npos);
  const TempFolder folder;
  const auto alone = folder.write("modelvane.yml",
                                  "endpoints: [{provider: internlm, key: x}]\n"
                                  "cluster: {replica: mv-a}\n");
  Process check{{.arguments = {"check-config", alone}}};
  CHECK(check.wait() == 2);
  CHECK(check.standard_error().find("storage.postgres") != std::string::npos);
  Process both{
      {.arguments = {"serve", "--config.file=" + first.file(), "--storage.path=" + folder.path()},
       .environment = {{"REPLICA", first.name()}}}};
  CHECK(both.wait() == 2);
  Process status{{.arguments = {"store", "status", "--config.file=" + first.file()}}};
  CHECK(status.wait() == 0);
  CHECK(status.standard_output().find("mv-c") != std::string::npos);
  Process copy{{.arguments = {"store", "copy", "postgres", folder.file("alone"),
                              "--config.file=" + first.file()}}};
  CHECK(copy.wait() == 1);
  CHECK(copy.standard_error().find("stop all of them first") != std::string::npos);
  Process release{{.arguments = {"store", "release", "mv-c", "--config.file=" + first.file()}}};
  CHECK(release.wait() == 0);
  CHECK(cluster.replicas[2]->process().wait_for_line("session with the store has ended"));
  CHECK(eventually([&] { return cluster.is_whole(); }));
}
