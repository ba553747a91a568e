#include "tests/cluster/cluster.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "daemon/cluster/ownership.h"
#include "daemon/engine/outbox.h"
#include "tests/unit/simulate/exchange.h"

namespace system_test {
namespace {

namespace simulated = modelvane::simulated;

// Debian's package faketime.
constexpr const char* kFakeTime = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1";

// A request that was begun by an owner may arrive when it no longer is.
constexpr std::chrono::seconds kSendTimeout{2};
constexpr modelvane::ShardCount kShards = 16;

modelvane::Time wall_now() {
  return std::chrono::time_point_cast<modelvane::Duration>(std::chrono::system_clock::now());
}

std::string port_in(const std::string& url) {
  return url.substr(url.rfind(':') + 1);
}

}  // namespace

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

void let_pass(Milliseconds span) {
  (void)eventually([] { return false; }, span);
}

Provider::Provider() {
  for (int i = 0; i < kEndpoints; ++i) targets_[i] = {{"a", "v0"}, {"b", "v0"}};
}

void Provider::move(int endpoint, const std::string& alias) {
  const std::scoped_lock lock{mutex_};
  targets_[endpoint][alias] = fmt::format("v{}", ++version_);
}

void Provider::move_any(std::mt19937_64& random) {
  const auto endpoint = static_cast<int>(random() % kEndpoints);
  move(endpoint, random() % 2 == 0 ? "a" : "b");
}

std::map<std::string, std::string> Provider::targets_of(int endpoint) {
  const std::scoped_lock lock{mutex_};
  return targets_[endpoint];
}

simulated::ServedReply Provider::answer(const simulated::ServedRequest& request) {
  const std::scoped_lock lock{mutex_};
  return model_list(targets_[std::atoi(request.path.c_str() + 1)], {"v0", "v1", "v2"});
}

std::vector<Receiver::Arrival> Receiver::arrivals() {
  const std::scoped_lock lock{mutex_};
  return arrivals_;
}

std::vector<Receiver::Request> Receiver::requests() {
  const std::scoped_lock lock{mutex_};
  return requests_;
}

bool Receiver::saw_changed_body() {
  const std::scoped_lock lock{mutex_};
  return saw_changed_body_;
}

std::size_t Receiver::repeats() {
  const std::scoped_lock lock{mutex_};
  return repeats_;
}

simulated::ServedReply Receiver::answer(const simulated::ServedRequest& request) {
  const std::scoped_lock lock{mutex_};
  requests_.push_back({wall_now(), request.header("x-replica")});
  const auto id = request.header("webhook-id");
  const auto known = bodies_.find(id);
  if (known != bodies_.end()) {
    saw_changed_body_ |= known->second != request.body;
    ++repeats_;
    return {.status = 204};
  }
  if (requests_.size() % 10 == 0 && refused_.insert(id).second) return {.status = 503};
  bodies_.emplace(id, request.body);
  const auto event = nlohmann::json::parse(request.body);
  arrivals_.push_back({std::stoull(event["sequence"].get<std::string>()), event["subject"]});
  return {.status = 204};
}

void Replica::start(std::chrono::hours ahead) {
  if (runs()) return;
  Process::Options options{.arguments = {"serve", "--config.file=" + file_,
                                         "--web.listen-address=" + place_.listen_address + ":0"}};
  options.environment = {{"REPLICA", place_.name}};
  if (ahead.count() != 0 && std::filesystem::exists(kFakeTime)) {
    options.environment.insert({{"LD_PRELOAD", kFakeTime},
                                {"FAKETIME", fmt::format("{:+}h", ahead.count())},
                                {"FAKETIME_DONT_FAKE_MONOTONIC", "1"},
                                {"DONT_FAKE_MONOTONIC", "1"}});
  }
  if (!place_.inside.empty()) {
    options.program = place_.inside.front();
    std::vector<std::string> all{place_.inside.begin() + 1, place_.inside.end()};
    all.emplace_back(MODELVANE_BINARY);
    all.insert(all.end(), options.arguments.begin(), options.arguments.end());
    options.arguments = std::move(all);
  }
  process_ = std::make_unique<Process>(std::move(options));
}

std::string Replica::page() {
  const auto line = process_->wait_for_line("modelvane started");
  REQUIRE_MESSAGE(line.has_value(), process_->transcript());
  return "http://" + logfmt_value(*line, "address");
}

bool Replica::hang() {
  for (const auto& entry :
       std::filesystem::directory_iterator{fmt::format("/proc/{}/task", process_->id())}) {
    std::string name;
    std::getline(std::ifstream{entry.path() / "comm"}, name);
    if (name == "engine") hung_ = std::atoi(entry.path().filename().c_str());
  }
  if (hung_ != 0 && ::ptrace(PTRACE_SEIZE, hung_, nullptr, nullptr) == 0 &&
      ::ptrace(PTRACE_INTERRUPT, hung_, nullptr, nullptr) == 0 &&
      ::waitpid(hung_, nullptr, __WALL) == hung_)
    return true;
  hung_ = 0;
  return false;
}

void Replica::go_on() {
  if (hung_ != 0) (void)::ptrace(PTRACE_DETACH, hung_, nullptr, nullptr);
  hung_ = 0;
}

Cluster::Cluster(ClusterOptions chosen)
    : options(chosen),
      network(chosen.has_network ? std::make_unique<Network>(3) : nullptr),
      database(chosen.standby, chosen.has_network) {
  for (int i = 0; i < 3; ++i) {
    replicas.push_back(std::make_unique<Replica>(
        Replica::Place{.name = fmt::format("mv-{}", static_cast<char>('a' + i)),
                       .number = i,
                       .listen_address = network ? network->there(Cable::Page, i) : "127.0.0.1",
                       .inside = network ? network->inside(i) : std::vector<std::string>{}}));
    if (has_relays()) relays_.push_back(std::make_unique<Relay>(database.primary().port()));
  }
  const auto upstream = through(Cable::Upstream, provider.url());
  std::map<std::string, std::string> hooks;
  for (const auto* webhook : kWebhooks)
    hooks[webhook] = through(Cable::Receivers, receivers[webhook].url());
  for (int i = 0; i < 3; ++i) {
    std::string config = "instance: prod\nendpoints:\n";
    for (int e = 0; e < kEndpoints; ++e)
      config += fmt::format(
          "  - {{name: e{0}, url: \"{1}/{0}\", aliases: [{{field: /ref_model}}], interval: 1s, "
          "recheck: 1s, timeout: 1s}}\n",
          e, upstream);
    config += "webhooks:\n";
    for (const auto& [webhook, url] : hooks)
      config += fmt::format(
          "  - {{name: {}, url: \"{}/hook\", events: [\"alias.moved\"], timeout: {}s, "
          "http_headers: {{X-Replica: {{value_env: REPLICA}}}}}}\n",
          webhook, url, kSendTimeout.count());
    config += fmt::format(
        "storage: {{postgres: {{url: \"{}\"}}}}\ncluster: {{replica: {}, lease: {}s}}\n",
        database_of(i), replicas[static_cast<std::size_t>(i)]->name(), options.lease.count());
    replicas[static_cast<std::size_t>(i)]->configure(config);
  }
  auto command = network ? network->inside(0) : std::vector<std::string>{"/usr/bin/env"};
  const auto program = command.front();
  command.erase(command.begin());
  for (const auto& word :
       {std::string{MODELVANE_BINARY}, std::string{"store"}, std::string{"migrate"},
        "--config.file=" + replicas[0]->file(), fmt::format("--shards={}", kShards)})
    command.push_back(word);
  Process migrate{{.arguments = command, .program = program}};
  REQUIRE_MESSAGE(migrate.wait() == 0, migrate.transcript());
  log_owners();
  for (auto& replica : replicas) replica->start();
  REQUIRE_MESSAGE(eventually([&] { return is_whole(); }), report());
}

void Cluster::log_owners() {
  (void)database.ask(
      "CREATE TABLE modelvane.owners(shard int, replica text, since bigint); "
      "CREATE FUNCTION modelvane.log_owner() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "INSERT INTO modelvane.owners SELECT NEW.shard, (SELECT replica FROM modelvane.sessions AS o "
      "WHERE o.session = NEW.session), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint; "
      "RETURN NULL; END $$; "
      "CREATE TRIGGER log_owner AFTER UPDATE OF session ON modelvane.shards FOR EACH ROW EXECUTE "
      "FUNCTION modelvane.log_owner()");
}

std::string Cluster::through(Cable cable, const std::string& url) {
  if (!network) return url;
  const auto here = network->here(cable);
  ways_.push_back(std::make_unique<Relay>(std::stoi(port_in(url)), here));
  return fmt::format("http://{}:{}", here, ways_.back()->port());
}

std::string Cluster::database_of(int replica) const {
  std::vector<std::string> servers;
  const auto host = network ? network->here(Cable::Database) : "127.0.0.1";
  for (const int port : database.ports()) servers.push_back(fmt::format("{}:{}", host, port));
  if (has_relays())
    servers = {fmt::format("{}:{}", host, relays_[static_cast<std::size_t>(replica)]->port())};
  return fmt::format("postgresql://postgres@{}/postgres?target_session_attrs=read-write",
                     fmt::join(servers, ","));
}

void Cluster::cut(int replica, Cable cable) {
  if (network) return network->cut(replica, cable);
  relays_.at(static_cast<std::size_t>(replica))->cut();
}

void Cluster::mend(int replica, Cable cable) {
  if (network) return network->mend(replica, cable);
  relays_.at(static_cast<std::size_t>(replica))->mend();
}

bool Cluster::is_whole() {
  return database.ask(
             "SELECT count(*) FILTER (WHERE o.session IS NULL) || '/' || count(DISTINCT "
             "o.replica) FROM modelvane.shards AS s LEFT JOIN modelvane.sessions AS o ON "
             "o.session = s.session AND o.expires >= clock_timestamp()") == "0/3";
}

bool Cluster::is_at_rest() {
  const auto tenures = [this] { return count("SELECT sum(tenure) FROM modelvane.shards"); };
  const auto before = tenures();
  let_pass(2 * Milliseconds{options.lease} / 5);
  return is_whole() && tenures() == before;
}

std::string Cluster::report() {
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

void StreamReader::read(Replica& replica, const std::function<void()>& meanwhile) {
  Process curl({.arguments = {"curl", "-sN", "-H", fmt::format("Last-Event-ID: {:020}", last_),
                              replica.page() + "/api/v1/events/stream"},
                .program = "/usr/bin/env"});
  meanwhile();
  curl.kill();
  const auto text = curl.standard_output();
  constexpr std::string_view kId = "id: ";
  for (std::size_t begin = 0;;) {
    const auto end = text.find("\n\n", begin);
    if (end == std::string::npos) return;  // the last one may be half
    const auto block = text.substr(begin, end - begin);
    begin = end + 2;
    const auto id = block.find(kId);
    if (id == std::string::npos) continue;
    const auto number = std::stoull(block.substr(id + kId.size()));
    if (number != last_ + 1) ++faults_;
    last_ = number;
  }
}

std::string faults_of_events(Cluster& cluster, bool is_gapless) {
  if (is_gapless &&
      cluster.count("SELECT count(*) - coalesce(max(sequence), 0) FROM modelvane.events") != 0)
    return "numbers of events have gaps";
  if (cluster.count("SELECT count(*) FROM (SELECT count(*) AS n, max(ordinal) AS last FROM "
                    "modelvane.events WHERE ordinal IS NOT NULL GROUP BY endpoint) AS x WHERE "
                    "n <> last") != 0)
    return "ordinals of an endpoint have gaps";
  if (cluster.count(
          "SELECT count(*) FROM (SELECT json::json->'data'->>'from' AS begun, "
          "lag(json::json->'data'->>'to') OVER (PARTITION BY endpoint, alias ORDER BY sequence) "
          "AS ended FROM modelvane.events WHERE type = 'alias.moved') AS x WHERE begun <> ended") !=
      0)
    return "a move does not begin where the one before it ended";
  return "";
}

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

bool is_all_delivered(Cluster& cluster) {
  return cluster.count("SELECT count(*) FROM modelvane.deliveries WHERE state <> 'delivered'") == 0;
}

std::string faults_of_owners(Cluster& cluster) {
  for (const auto* webhook : kWebhooks) {
    // "mv-a 1700000000000000 - 1700000003000000 mv-b 1700000003100000"
    std::istringstream log{cluster.database.ask(fmt::format(
        "SELECT string_agg(coalesce(replica, '-') || ' ' || since, ' ' ORDER BY since) FROM "
        "modelvane.owners WHERE shard = {}",
        modelvane::shard_of_webhook(webhook, kShards)))};
    std::vector<std::pair<std::int64_t, std::string>> owners;
    std::string replica;
    for (std::int64_t since = 0; log >> replica >> since;) owners.emplace_back(since, replica);
    for (const auto& request : cluster.receivers[webhook].requests()) {
      const auto at = request.at.time_since_epoch().count();
      const auto begun_after = at - modelvane::Duration{kSendTimeout}.count();
      bool was_owner = false;
      for (std::size_t i = 0; i < owners.size() && owners[i].first <= at; ++i) {
        const bool has_ended = i + 1 < owners.size() && owners[i + 1].first < begun_after;
        was_owner = was_owner || (owners[i].second == request.replica && !has_ended);
      }
      if (!was_owner)
        return fmt::format("{} sent to {} at {} without owning it", request.replica, webhook, at);
    }
  }
  return "";
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
    // Who failed so often itself may be overtaken by its subject.
    std::set<std::uint64_t> stepped_aside;
    const auto list = cluster.database.ask(fmt::format(
        "SELECT coalesce(string_agg(sequence::text, ' '), '') FROM modelvane.deliveries WHERE "
        "webhook = '{}' AND attempts > {}",
        webhook, modelvane::kFailuresToStepAside));
    for (std::size_t begin = 0; begin < list.size();) {
      std::size_t end = 0;
      stepped_aside.insert(std::stoull(list.substr(begin), &end));
      begin += end + 1;
    }
    std::map<std::string, std::uint64_t> last;
    for (const auto& [sequence, subject] : arrivals) {
      if (stepped_aside.contains(sequence)) continue;
      CHECK(sequence > last[subject]);
      last[subject] = sequence;
    }
  }
}

std::size_t repeats(Cluster& cluster) {
  std::size_t count = 0;
  for (const auto* webhook : kWebhooks) count += cluster.receivers[webhook].repeats();
  return count;
}

}  // namespace system_test
