// Three real daemons on a real PostgreSQL, a provider whose aliases move, receivers of their
// events, and the books that must balance in the end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/cluster/database.h"
#include "tests/cluster/network.h"
#include "tests/cluster/relay.h"
#include "tests/system/harness.h"

namespace system_test {

inline constexpr int kEndpoints = 12;
inline constexpr const char* kWebhooks[] = {"one", "two", "three"};

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

// Of an environment variable.
std::uint64_t number_of(const char* variable, std::uint64_t otherwise);
// A fault lasts so long: that is what is tested.
void let_pass(Milliseconds span);

// All endpoints of one provider, by path.
class Provider {
 public:
  Provider();
  void move(int endpoint, const std::string& alias);
  void move_any(std::mt19937_64& random);
  std::map<std::string, std::string> targets_of(int endpoint);
  std::string url() const { return upstream_.url(""); }

 private:
  modelvane::simulated::ServedReply answer(const modelvane::simulated::ServedRequest& request);

  std::mutex mutex_;
  std::map<int, std::map<std::string, std::string>> targets_;
  int version_ = 0;
  FakeUpstream upstream_{[this](const auto& request) { return answer(request); }};
};

// Takes events of one webhook; every tenth first attempt fails.
class Receiver {
 public:
  std::string url() const { return server_.url(""); }
  struct Arrival {
    std::uint64_t sequence = 0;
    std::string subject;
  };
  std::vector<Arrival> arrivals();
  // Of every request, taken or not.
  struct Request {
    modelvane::Time at{};
    std::string replica;
  };
  std::vector<Request> requests();
  bool saw_changed_body();
  std::size_t repeats();

 private:
  modelvane::simulated::ServedReply answer(const modelvane::simulated::ServedRequest& request);

  std::mutex mutex_;
  std::vector<Request> requests_;
  std::set<std::string> refused_;
  std::map<std::string, std::string> bodies_;
  std::vector<Arrival> arrivals_;
  std::size_t repeats_ = 0;
  bool saw_changed_body_ = false;
  FakeUpstream server_{[this](const auto& request) { return answer(request); }};
};

class Replica {
 public:
  struct Place {
    std::string name;
    int number = 0;
    std::string listen_address;
    std::vector<std::string> inside{};  // begins the command
  };
  explicit Replica(Place place) : place_(std::move(place)) {}

  void configure(const std::string& config) { file_ = folder_.write("modelvane.yml", config); }
  // With a wall clock that is so far ahead.
  void start(std::chrono::hours ahead = std::chrono::hours{0});
  Process& process() { return *process_; }
  bool runs() { return process_ && process_->is_running(); }
  // The address of its pages, once they are served.
  std::string page();
  // Its engine's thread alone stands still, until go_on(). False: this machine does not let us.
  bool hang();
  void go_on();
  const std::string& name() const { return place_.name; }
  const std::string& file() const { return file_; }

 private:
  const Place place_;
  TempFolder folder_;
  std::string file_;
  std::unique_ptr<Process> process_;
  pid_t hung_ = 0;
};

struct ClusterOptions {
  bool has_network = false;  // of namespaces; else a relay to the database, if it is one server
  Database::Standby standby = Database::Standby::None;
  std::chrono::seconds lease{3};
};

class Cluster {
 public:
  explicit Cluster(ClusterOptions chosen = {});

  void cut(int replica, Cable cable);
  void mend(int replica, Cable cable);
  // Each shard has a live owner, and each replica has some.
  bool is_whole();
  // No shard has changed hands for two rounds of a keeper.
  bool is_at_rest();
  // For messages of failed tests.
  std::string report();
  std::int64_t count(const std::string& sql) const { return database.count(sql); }

  const ClusterOptions options;
  std::unique_ptr<Network> network;
  Database database;
  Provider provider;
  std::map<std::string, Receiver> receivers;
  std::vector<std::unique_ptr<Replica>> replicas;

 private:
  std::string config_of(int replica);
  void log_owners();
  // Where a replica reaches a server of this machine.
  std::string through(Cable cable, const std::string& url);
  std::string database_of(int replica) const;

  // A relay would accept connections for a server that is dead, and keep libpq from the next one.
  bool has_relays() const { return !network && !database.has_standby(); }

  std::vector<std::unique_ptr<Relay>> relays_;  // by replica: to the database
  std::vector<std::unique_ptr<Relay>> ways_;    // into the network
};

// One client of the events' stream, that goes from replica to replica.
class StreamReader {
 public:
  // Reads there while `meanwhile` runs.
  void read(Replica& replica, const std::function<void()>& meanwhile);
  std::uint64_t last() const { return last_; }
  // Numbers that it was not told, or told twice.
  int faults() const { return faults_; }

 private:
  std::uint64_t last_ = 0;
  int faults_ = 0;
};

// Numbers without gaps, ordinals without gaps, and each move begins where the one before ended;
// "" = all is well.
std::string faults_of_events(Cluster& cluster, bool is_gapless = true);
// The last target that was told of each alias is what the provider says.
bool has_followed(Cluster& cluster);
bool is_all_delivered(Cluster& cluster);
// Who sent without being the owner, at any time since the beginning; "" = nobody.
std::string faults_of_owners(Cluster& cluster);
void check_receivers(Cluster& cluster);
std::size_t repeats(Cluster& cluster);

}  // namespace system_test
