// Three real daemons on one real PostgreSQL, through kills, pauses, cut networks and crashes of the
// database. What the database and the receivers hold in the end must balance. MODELVANE_CLUSTER_
// SECONDS makes it longer, MODELVANE_CLUSTER_SEED another one (./dev cluster-soak).
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "tests/cluster/postgres_server.h"
#include "tests/cluster/relay.h"
#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;
using namespace std::chrono_literals;

namespace {

constexpr int kEndpoints = 12;
constexpr std::chrono::seconds kLease{3};
constexpr const char* kWebhooks[] = {"one", "two", "three"};

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// A fault lasts so long: that is what is tested.
void let_pass(Milliseconds span) {
  (void)eventually([] { return false; }, span);
}

// All endpoints of one provider, by path.
class Provider {
 public:
  Provider() {
    for (int i = 0; i < kEndpoints; ++i) targets_[i] = {{"a", "v0"}, {"b", "v0"}};
  }
  std::string url(int endpoint) const { return upstream_.url(fmt::format("/{}", endpoint)); }
  void move(int endpoint, const std::string& alias) {
    const std::scoped_lock lock{mutex_};
    targets_[endpoint][alias] = fmt::format("v{}", ++version_);
  }
  std::map<std::string, std::string> targets_of(int endpoint) {
    const std::scoped_lock lock{mutex_};
    return targets_[endpoint];
  }

 private:
  simulated::ServedReply answer(const simulated::ServedRequest& request) {
    const std::scoped_lock lock{mutex_};
    return model_list(targets_[std::atoi(request.path.c_str() + 1)], {"v0", "v1", "v2"});
  }

  std::mutex mutex_;
  std::map<int, std::map<std::string, std::string>> targets_;
  int version_ = 0;
  FakeUpstream upstream_{[this](const auto& request) { return answer(request); }};
};

// Takes events of one webhook; every tenth first attempt fails.
class Receiver {
 public:
  std::string url() const { return server_.url("/hook"); }
  struct Arrival {
    std::uint64_t sequence = 0;
    std::string subject;
  };
  std::vector<Arrival> arrivals() {
    const std::scoped_lock lock{mutex_};
    return arrivals_;
  }
  bool saw_changed_body() {
    const std::scoped_lock lock{mutex_};
    return saw_changed_body_;
  }
  std::size_t repeats() {
    const std::scoped_lock lock{mutex_};
    return repeats_;
  }

 private:
  simulated::ServedReply answer(const simulated::ServedRequest& request) {
    const std::scoped_lock lock{mutex_};
    const auto id = request.header("webhook-id");
    const auto known = bodies_.find(id);
    if (known != bodies_.end()) {
      saw_changed_body_ |= known->second != request.body;
      ++repeats_;
      return {.status = 204};
    }
    if (++requests_ % 10 == 0 && refused_.insert(id).second) return {.status = 503};
    bodies_.emplace(id, request.body);
    const auto event = nlohmann::json::parse(request.body);
    arrivals_.push_back({std::stoull(event["sequence"].get<std::string>()), event["subject"]});
    return {.status = 204};
  }

  std::mutex mutex_;
  std::uint64_t requests_ = 0;
  std::set<std::string> refused_;
  std::map<std::string, std::string> bodies_;
  std::vector<Arrival> arrivals_;
  std::size_t repeats_ = 0;
  bool saw_changed_body_ = false;
  FakeUpstream server_{[this](const auto& request) { return answer(request); }};
};

class Replica {
 public:
  Replica(std::string name, const std::string& config, PostgresServer& database)
      : name_(std::move(name)), relay_(database.port()) {
    file_ =
        folder_.write("modelvane.yml",
                      config + fmt::format("storage: {{postgres: {{url: \"{}\"}}}}\n"
                                           "cluster: {{replica: {}, lease: {}s}}\n",
                                           database.url_at(relay_.port()), name_, kLease.count()));
  }
  void start() {
    if (process_ && process_->is_running()) return;
    process_ = std::make_unique<Process>(Process::Options{
        .arguments = {"serve", "--config.file=" + file_, "--web.listen-address=127.0.0.1:0"}});
  }
  Process& process() { return *process_; }
  bool runs() { return process_ && process_->is_running(); }
  Relay& relay() { return relay_; }
  // The address of its pages, once they are served.
  std::string page() {
    const auto line = process_->wait_for_line("modelvane started");
    REQUIRE(line.has_value());
    return "http://" + logfmt_value(*line, "address");
  }
  const std::string& name() const { return name_; }
  const std::string& file() const { return file_; }

 private:
  TempFolder folder_;
  const std::string name_;
  Relay relay_;
  std::string file_;
  std::unique_ptr<Process> process_;
};

class Cluster {
 public:
  Cluster() {
    std::string config = "instance: prod\nendpoints:\n";
    for (int i = 0; i < kEndpoints; ++i)
      config += fmt::format(
          "  - {{name: e{}, url: \"{}\", aliases: [{{field: /ref_model}}], interval: 1s, recheck: "
          "1s, timeout: 1s}}\n",
          i, provider.url(i));
    config += "webhooks:\n";
    for (const auto* webhook : kWebhooks)
      config +=
          fmt::format("  - {{name: {}, url: \"{}\", events: [\"alias.moved\"], timeout: 2s}}\n",
                      webhook, receivers[webhook].url());
    for (const auto* name : {"mv-a", "mv-b", "mv-c"})
      replicas.push_back(std::make_unique<Replica>(name, config, database));
    Process migrate{
        {.arguments = {"store", "migrate", "--config.file=" + replicas[0]->file(), "--shards=16"}}};
    REQUIRE_MESSAGE(migrate.wait() == 0, migrate.transcript());
    for (auto& replica : replicas) replica->start();
    REQUIRE(eventually([&] { return is_whole(); }));
  }
  // Each shard has a live owner, and each replica has some.
  bool is_whole() {
    return database.ask(
               "SELECT count(*) FILTER (WHERE o.session IS NULL) || '/' || count(DISTINCT "
               "o.replica) FROM modelvane.shards AS s LEFT JOIN modelvane.sessions AS o ON "
               "o.session = s.session AND o.expires >= clock_timestamp()") == "0/3";
  }
  // For messages of failed tests.
  std::string report() {
    constexpr std::size_t kShown = 4'000;
    auto text = database.ask(
        "SELECT string_agg(replica || ' ' || session || ' until ' || expires, '; ') FROM "
        "modelvane.sessions");
    for (auto& replica : replicas) {
      const auto said = replica->process().transcript();
      text += fmt::format("\n--- {}\n{}", replica->name(),
                          said.substr(said.size() - std::min(said.size(), kShown)));
    }
    return text;
  }
  std::int64_t count(const std::string& sql) const { return std::stoll(database.ask(sql)); }

  PostgresServer database;
  Provider provider;
  std::map<std::string, Receiver> receivers;
  std::vector<std::unique_ptr<Replica>> replicas;
};

// What can go wrong, one at a time; it is over when this returns.
class Faults {
 public:
  Faults(Cluster& cluster, std::uint64_t seed) : cluster_(cluster), random_(seed) {}

  void one() {
    ++count;
    auto& replica = *cluster_.replicas[random_() % cluster_.replicas.size()];
    switch (random_() % 8) {
      case 0:
      case 1:
        replica.process().kill();
        move_and_wait(4s);
        replica.start();
        break;
      case 2:
        replica.process().signal(SIGTERM);
        CHECK(replica.process().wait().has_value());
        move_and_wait(2s);
        replica.start();
        break;
      case 3:
        replica.process().signal(SIGSTOP);
        move_and_wait(6s);
        replica.process().signal(SIGCONT);
        break;
      case 4:
      case 5:
        replica.relay().cut();
        move_and_wait(6s);
        replica.relay().mend();
        break;
      case 6:
        cluster_.database.stop_at_once();
        move_and_wait(2s);
        cluster_.database.start();
        break;
      default:
        cluster_.database.pause();
        move_and_wait(4s);
        cluster_.database.go_on();
    }
    move_and_wait(1s);
  }

  int count = 0;

 private:
  void move_and_wait(Milliseconds longest) {
    const auto end =
        Clock::now() + Milliseconds{random_() % static_cast<std::uint64_t>(longest.count())};
    while (Clock::now() < end) {
      cluster_.provider.move(static_cast<int>(random_() % kEndpoints),
                             random_() % 2 == 0 ? "a" : "b");
      let_pass(Milliseconds{100});
    }
  }

  Cluster& cluster_;
  std::mt19937_64 random_;
};

void check_events(Cluster& cluster) {
  CHECK(cluster.count("SELECT count(*) - max(sequence) FROM modelvane.events") == 0);
  CHECK(cluster.count("SELECT count(*) FROM (SELECT count(*) AS n, max(ordinal) AS last FROM "
                      "modelvane.events WHERE ordinal IS NOT NULL GROUP BY endpoint) AS x WHERE "
                      "n <> last") == 0);
  // Each move begins where the one before it ended.
  CHECK(
      cluster.count(
          "SELECT count(*) FROM (SELECT json::json->'data'->>'from' AS begun, "
          "lag(json::json->'data'->>'to') OVER (PARTITION BY endpoint, alias ORDER BY sequence) "
          "AS ended FROM modelvane.events WHERE type = 'alias.moved') AS x WHERE begun <> ended") ==
      0);
}

// The last target that was told of each alias is what the provider says.
bool has_followed(Cluster& cluster) {
  for (int i = 0; i < kEndpoints; ++i) {
    for (const auto& [alias, target] : cluster.provider.targets_of(i)) {
      const auto told = cluster.database.ask(fmt::format(
          "SELECT coalesce((SELECT json::json->'data'->>'to' FROM modelvane.events WHERE endpoint "
          "= 'e{}' AND alias = '{}' AND type = 'alias.moved' ORDER BY sequence DESC LIMIT 1), "
          "'v0')",
          i, alias));
      if (told != target) return false;
    }
  }
  return true;
}

void check_receivers(Cluster& cluster) {
  const auto moves = static_cast<std::size_t>(
      cluster.count("SELECT count(*) FROM modelvane.events WHERE type = 'alias.moved'"));
  for (const auto* webhook : kWebhooks) {
    auto& receiver = cluster.receivers[webhook];
    CAPTURE(webhook);
    CHECK_FALSE(receiver.saw_changed_body());
    const auto arrivals = receiver.arrivals();
    CHECK(arrivals.size() == moves);
    std::map<std::string, std::uint64_t> last;
    for (const auto& [sequence, subject] : arrivals) {
      CHECK(sequence > last[subject]);
      last[subject] = sequence;
    }
  }
}

}  // namespace

TEST_CASE("three replicas lose no move, double none and keep the order, whatever befalls them") {
  Cluster cluster;
  Faults faults{cluster, number_of("MODELVANE_CLUSTER_SEED", 1)};
  const auto end = Clock::now() + std::chrono::seconds{number_of("MODELVANE_CLUSTER_SECONDS", 40)};
  while (Clock::now() < end) faults.one();
  for (auto& replica : cluster.replicas) replica->start();
  CHECK_MESSAGE(eventually([&] { return cluster.is_whole(); }), cluster.report());
  CHECK(eventually([&] { return has_followed(cluster); }, 2 * kPatience));
  CHECK(eventually(
      [&] {
        return cluster.count(
                   "SELECT count(*) FROM modelvane.deliveries WHERE state <> "
                   "'delivered'") == 0;
      },
      5 * kPatience));
  check_events(cluster);
  check_receivers(cluster);
  std::size_t repeats = 0;
  for (const auto* webhook : kWebhooks) repeats += cluster.receivers[webhook].repeats();
  MESSAGE(faults.count, " faults, ", cluster.count("SELECT count(*) FROM modelvane.events"),
          " events, ", repeats, " deliveries repeated");
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
          took[took.size() / 2], ", longest ", took.back(), ", of ", took.size());
}

TEST_CASE("while the database is away polls and metrics go on, and everything is caught up later") {
  Cluster cluster;
  auto& replica = *cluster.replicas[0];
  const auto page = replica.page();
  REQUIRE(eventually([&] { return get(page + "/-/ready").status == 200; }));
  cluster.database.stop_at_once();
  CHECK(eventually([&] { return get(page + "/-/ready").status == 503; }));
  CHECK(get(page + "/metrics").body.find("modelvane_session_trusted_seconds") != std::string::npos);
  for (int i = 0; i < kEndpoints; ++i) cluster.provider.move(i, "a");
  cluster.database.start();
  CHECK(eventually([&] { return has_followed(cluster); }));
  CHECK(eventually([&] { return get(page + "/-/ready").status == 200; }));
  check_events(cluster);
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
  Process second{{.arguments = {"serve", "--config.file=" + first.file(),
                                "--web.listen-address=127.0.0.1:0"}}};
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
      {.arguments = {"serve", "--config.file=" + first.file(), "--storage.path=" + folder.path()}}};
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
