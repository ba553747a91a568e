// How soon a rule `served` tells of a model that began to answer: measured in simulated traffic, by
// the rule's defaults, and held against the table of docs/CONFIGURATION.md.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "daemon/catalog/served.h"
#include "daemon/detect/advance.h"
#include "tests/docs/project.h"
#include "tests/unit/catalog/served_rule.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t kWindowMinutes = 5;
constexpr int kRollouts = 200;  // of which the slowest is the docs' "at most"
constexpr int kLongestMinutes = 24 * 60;
constexpr const char* kHeading = "What your own traffic says";

// Requests of one alias, answered by m-1 and by m-2, and a daemon that asks for their counts once a
// minute.
class Rollout {
 public:
  Rollout(int per_minute, unsigned seed) : random_(seed), per_minute_(per_minute) {}

  // A minute in which m-2 answers this share of the requests; what the daemon tells after it.
  std::vector<Event> minute(double share) {
    // Drawn by hand: libraries' distributions differ, and the docs' numbers must not.
    const auto bound = static_cast<double>(std::mt19937_64::max()) * share;
    int of_second = 0;
    for (int i = 0; i < per_minute_; ++i) of_second += static_cast<double>(random_()) < bound;
    minutes_.emplace_back(per_minute_ - of_second, of_second);
    if (minutes_.size() > kWindowMinutes) minutes_.pop_front();
    double first = 0;
    double second = 0;
    for (const auto& [one, other] : minutes_) {
      first += one;
      second += other;
    }
    book_.add(served_, {{"m", "m-1", first}, {"m", "m-2", second}}, elapsed_);
    elapsed_ = 1min;
    now_ += 1min;
    Catalog listed;
    listed.ids = {"m", "m-1", "m-2"};
    const auto catalog = with_traffic(listed, book_, {}, Reading{});
    auto advanced =
        advance(std::move(state_), {.at = now_, .result = std::make_shared<const Catalog>(catalog)},
                watched_);
    state_ = std::move(advanced.state);
    return std::move(advanced.events);
  }

 private:
  std::mt19937_64 random_;
  int per_minute_;
  std::deque<std::pair<int, int>> minutes_;
  AliasRule served_ = test::served_by_default();
  ServedBook book_;
  std::optional<Duration> elapsed_;
  EndpointState state_;
  Watched watched_{.endpoint = "acme", .instance = "test"};
  Time now_{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
};

// Minutes from the first that had `share` to the event.
int minutes_to_tell(int per_minute, double share, unsigned seed) {
  Rollout rollout{per_minute, seed};
  for (std::size_t i = 0; i < 2 * kWindowMinutes; ++i) rollout.minute(0);
  for (int minute = 1; minute <= kLongestMinutes; ++minute) {
    for (const auto& event : rollout.minute(share)) {
      if (event.type == EventType::AliasMoved) return minute;
    }
  }
  return kLongestMinutes + 1;
}

// "3 min, at most 4"
std::string measured(int per_minute, double share) {
  std::vector<int> minutes;
  for (unsigned seed = 1; seed <= kRollouts; ++seed)
    minutes.push_back(minutes_to_tell(per_minute, share, seed));
  std::ranges::sort(minutes);
  return fmt::format("{} min, at most {}", minutes[kRollouts / 2], minutes.back());
}

}  // namespace

TEST_CASE("docs/CONFIGURATION.md tells how soon a model that began to answer is told") {
  std::map<std::string, std::vector<std::string>> documented;
  for (const auto& row : docs::table_rows(docs::read("docs/CONFIGURATION.md"))) {
    if (row.heading == kHeading)
      documented[row.cells.front()] = {row.cells.begin() + 1, row.cells.end()};
  }
  for (const double share : {0.1, 0.2, 0.5, 1.0}) {
    std::vector<std::string> cells;
    for (const int per_minute : {10, 100, 1000}) cells.push_back(measured(per_minute, share));
    const auto name = fmt::format("{:.0f} %", 100 * share);
    CAPTURE(name);
    MESSAGE(fmt::format("| {} | {} | {} | {} |", name, cells[0], cells[1], cells[2]));
    CHECK(documented[name] == cells);
  }
}

TEST_CASE("a rollout over 0, 5, 50 and 100 % is told twice: when both answer, and when one does") {
  Rollout rollout{100, 1};
  std::vector<std::string> told;
  int minute = 0;
  const auto stage = [&](double share, int minutes) {
    for (int i = 0; i < minutes; ++i, ++minute) {
      for (const auto& event : rollout.minute(share)) {
        told.push_back(fmt::format("{} -> {}", event.from.value_or(""), event.to.value_or("")));
      }
    }
  };
  stage(0, 60);
  CHECK(told.empty());
  stage(0.04, 60);  // strays
  CHECK(told.empty());
  stage(0.5, 60);
  CHECK(told == std::vector<std::string>{"m-1 -> m-1,m-2"});
  stage(1, 60);
  CHECK(told == std::vector<std::string>{"m-1 -> m-1,m-2", "m-1,m-2 -> m-2"});
}
