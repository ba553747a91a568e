// Targets by the user's own traffic: rollouts, routing, thin traffic and silence.
#include <doctest/doctest.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <random>

#include "daemon/catalog/served.h"
#include "tests/unit/catalog/served_rule.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

using Counts = std::map<std::string, double>;

// One alias, whose source is asked once a minute.
struct Traffic {
  AliasRule served = test::served_by_default();
  ServedBook book;
  bool is_first = true;

  // The targets after so many answers that count this.
  std::string after(const Counts& counts, int answers = 1, Duration apart = 1min) {
    std::vector<ServedCount> all;
    for (const auto& [target, count] : counts) all.push_back({"m", target, count});
    for (int i = 0; i < answers; ++i) {
      book.add(served, all, is_first ? std::nullopt : std::optional{apart});
      is_first = false;
    }
    return targets();
  }
  std::string targets() const {
    const auto rows = book.rows();
    return rows.empty() ? "" : rows.front().target;
  }
};

Catalog listing(const std::vector<std::string>& ids) {
  Catalog catalog;
  catalog.ids = IdList::of(ids);
  return catalog;
}

}  // namespace

TEST_CASE("a query's answer is counted by the two labels, whatever else its series have") {
  const auto reply = read_served(test::served_by_default(), "",
                                 R"({"status":"success","data":{"resultType":"vector",
    "result":[{"metric":{"asked":"m","answered":"m-2"},"value":[1,"7.5"]},
              {"metric":{"asked":"m","answered":"m-1","pod":"a"},"value":[1,"2"]},
              {"metric":{"asked":"m","answered":"m-1","pod":"b"},"value":[1,"3"]},
              {"metric":{"asked":"m"},"value":[1,"9"]},
              {"metric":{"asked":"m","answered":"m-3"},"value":[1,"NaN"]}]}})");
  REQUIRE(reply);
  CHECK(reply->counts ==
        std::vector<ServedCount>{{"m", "m-1", 5}, {"m", "m-2", 7.5}, {"m", "m-3", 0}});
  CHECK(reply->problem.empty());
}

TEST_CASE("what is no instant vector is told, and so are labels that no series has") {
  CHECK_FALSE(read_served(test::served_by_default(), "", "<html>"));
  CHECK_FALSE(
      read_served(test::served_by_default(), "", R"({"status":"error","error":"parse error"})"));
  CHECK_FALSE(read_served(test::served_by_default(), "",
                          R"({"data":{"resultType":"matrix","result":[]}})"));
  const auto reply = read_served(
      test::served_by_default(), "",
      R"({"data":{"resultType":"vector","result":[{"metric":{"model":"m"},"value":[1,"2"]}]}})");
  REQUIRE(reply);
  CHECK(reply->problem ==
        "served finds no series with both labels asked and answered; the first has model");
}

TEST_CASE("the query goes to the API below the base URL") {
  auto served = test::served_by_default();
  served.served.query = "sum(a)";
  CHECK(served_url(served) == "http://prometheus:9090/api/v1/query?query=sum%28a%29");
}

TEST_CASE("a query's window is its longest range, and five minutes without one") {
  CHECK(window_of("increase(a[5m])") == 5min);
  CHECK(window_of("increase(a[1h]) + max_over_time(b[2h:1m])") == 2h);
  CHECK(window_of("model:requests:increase5m{pod=~\"[a-z]+\"}") == 5min);
}

TEST_CASE("a rollout is one target, both, then the other") {
  Traffic traffic;
  CHECK(traffic.after({{"m-1", 400}}, 5) == "m-1");
  // As much as the least share, which is no target yet.
  CHECK(traffic.after({{"m-1", 380}, {"m-2", 20}}, 60) == "m-1");
  CHECK(traffic.after({{"m-1", 200}, {"m-2", 200}}) == "m-1,m-2");
  CHECK(traffic.after({{"m-1", 200}, {"m-2", 200}}, 60) == "m-1,m-2");
  CHECK(traffic.after({{"m-2", 400}}) == "m-2");
  CHECK(traffic.after({{"m-2", 400}}, 60) == "m-2");
}

TEST_CASE("a switch is seen in the first answer that counts the least number of requests") {
  Traffic traffic;
  traffic.after({{"m-1", 20}}, 5);
  CHECK(traffic.after({{"m-2", 20}}) == "m-2");
}

TEST_CASE("what too few requests say adds up") {
  Traffic traffic;
  traffic.after({{"m-1", 20}}, 5);
  CHECK(traffic.after({{"m-1", 14}, {"m-2", 6}}) == "m-1");
  CHECK(traffic.after({{"m-1", 14}, {"m-2", 6}}, 60) == "m-1,m-2");
}

TEST_CASE("shares that change say nothing, and neither do strays below the least share") {
  Traffic traffic;
  CHECK(traffic.after({{"m-1", 900}, {"m-2", 100}}, 10) == "m-1,m-2");
  CHECK(traffic.after({{"m-1", 100}, {"m-2", 900}}, 60) == "m-1,m-2");
  CHECK(traffic.after({{"m-1", 100}, {"m-2", 890}, {"m-3", 10}}, 1'000) == "m-1,m-2");
}

TEST_CASE("fewer requests than `least` say nothing at all") {
  Traffic traffic;
  traffic.after({{"m-1", 100}}, 5);
  CHECK(traffic.after({{"m-2", 19}}, 100) == "");
  CHECK(traffic.book.views().empty());
  CHECK(traffic.after({{"m-1", 100}}) == "m-1");
}

TEST_CASE("an alias that is known from before keeps its targets until the traffic shows others") {
  Traffic traffic;
  traffic.book.know("m", "m-1,m-2");
  CHECK(traffic.after({{"m-1", 20}}) == "m-1,m-2");
  CHECK(traffic.after({{"m-1", 400}}, 10, 5min) == "m-1");
}

TEST_CASE("silence leaves what is known, and the list's word wins over the traffic's") {
  Reading reading;
  auto catalog = listing({"m", "n"});
  catalog.undisclosed = {"m"};
  catalog.aliases = {{.id = "n", .target = "n-1"}};
  Traffic traffic;
  CHECK(with_traffic(catalog, traffic.book, {"gone", "m"}, reading).unasked ==
        std::vector<std::string>{"gone", "m"});
  traffic.book.add(traffic.served, {{"m", "m-1", 100}, {"n", "n-2", 100}}, std::nullopt);
  const auto joined = with_traffic(catalog, traffic.book, {"gone", "m"}, reading);
  REQUIRE(joined.find_alias("m") != nullptr);
  CHECK(joined.find_alias("m")->target == "m-1");
  CHECK(joined.find_alias("m")->rule == Rule::Served);
  CHECK(joined.find_alias("n")->target == "n-1");
  CHECK(joined.undisclosed.empty());
  CHECK(joined.unasked == std::vector<std::string>{"gone"});
  REQUIRE(joined.traffic.size() == 1);
  CHECK(joined.traffic[0].target == "n-2");
}

TEST_CASE("an id that answers for itself is no alias, and nothing that nobody lists ends by it") {
  Traffic traffic;
  traffic.book.add(traffic.served, {{"m", "m", 100}, {"gone", "gone", 100}}, std::nullopt);
  const auto joined = with_traffic(listing({"m"}), traffic.book, {"gone", "m"}, Reading{});
  CHECK(joined.aliases.empty());
  CHECK(joined.unasked == std::vector<std::string>{"gone"});
}

// Windows of five minutes with as few requests as count, split at random.
// MODELVANE_WINDOWS=28800000 makes it 100,000 days.
TEST_CASE("years of routing between two models at random make no move") {
  const char* wanted = std::getenv("MODELVANE_WINDOWS");
  const int windows = wanted == nullptr ? 100'000 : std::atoi(wanted);
  for (const double share : {0.5, 0.3, 0.1, 0.02}) {
    CAPTURE(share);
    std::mt19937_64 random{static_cast<std::uint64_t>(share * 1000)};
    constexpr int kLeast = 20;
    std::binomial_distribution<int> minor{kLeast, share};
    Traffic traffic;
    const std::string expected = share < 0.05 ? "m-1" : "m-1,m-2";
    traffic.after({{"m-1", 400 * (1 - share)}, {"m-2", 400 * share}});
    int moves = 0;
    for (int i = 0; i < windows; ++i) {
      const int hits = minor(random);
      std::vector<ServedCount> counts{{"m", "m-1", static_cast<double>(kLeast - hits)},
                                      {"m", "m-2", static_cast<double>(hits)}};
      traffic.book.add(traffic.served, counts, 5min);
      if (i % 8 == 0 && traffic.targets() != expected) ++moves;
    }
    CHECK(moves == 0);
  }
}
