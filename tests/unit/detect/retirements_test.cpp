#include "daemon/detect/retirements.h"

#include <doctest/doctest.h>

#include "daemon/catalog/endings.h"
#include "tests/unit/detect/story.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

struct Ends {
  Story story{.step = 1h};

  // One list of "old", "new" and the alias a -> old, in which `old` ends so.
  std::shared_ptr<const Catalog> list(const std::optional<Lifecycle>& ending,
                                      const std::string& target = "old") const {
    auto catalog =
        std::make_shared<Catalog>(*Story::catalog({{"a", target}, {"new", ""}, {"old", ""}}));
    if (ending) catalog->lifecycles = {*ending};
    return catalog;
  }
  void shows(const std::shared_ptr<const Catalog>& catalog, int polls = 1) {
    while (polls-- > 0) story.sees({.at = story.now, .result = catalog, .request_id = ""});
  }
  Lifecycle in(Duration span, const std::string& replacement = "") const {
    return {.id = "old", .retires_at = story.now + span, .replacement = replacement};
  }
};

TEST_CASE("a date is set, changed and cleared, each confirmed by two polls") {
  Ends ends;
  ends.shows(ends.list({}), 2);
  const auto first = ends.in(days{100}, "new");
  ends.shows(ends.list(first));
  CHECK(ends.story.all.empty());
  ends.shows(ends.list(first), 3);
  REQUIRE(ends.story.events() == Lines{"model.retirement_set old"});
  CHECK(ends.story.all[0].summary == "a points to old, which ends in 100 days; replacement: new");
  CHECK(ends.story.all[0].aliases == std::vector<std::string>{"a"});
  CHECK(ends.story.all[0].retirement->replacement == "new");
  ends.shows(ends.list(ends.in(days{200})), 1);
  ends.shows(ends.list(first), 3);
  CHECK(ends.story.all.size() == 1);
  const auto second = ends.in(days{60});
  ends.shows(ends.list(second), 3);
  ends.shows(ends.list({}), 3);
  REQUIRE(ends.story.events() == Lines{"model.retirement_set old", "model.retirement_changed old",
                                       "model.retirement_cleared old"});
  CHECK(ends.story.all[1].retirement_before->at == first.retires_at);
  CHECK(ends.story.all[2].retirement_before->at == second.retires_at);
  CHECK(ends.story.state.endings->empty());
}

TEST_CASE("an end comes near three times, and a restart in between repeats nothing") {
  Ends ends;
  const auto date = ends.in(days{40});
  ends.shows(ends.list({}), 2);
  const auto list = ends.list(date);
  ends.shows(list, 24 * 41);
  REQUIRE(ends.story.events() == Lines{"model.retirement_set old", "model.retirement_near old",
                                       "model.retirement_near old", "model.retirement_near old"});
  CHECK(ends.story.all[1].retirement->days_left == 30);
  CHECK(ends.story.all[2].retirement->days_left == 7);
  CHECK(ends.story.all[3].retirement->days_left == 1);
  CHECK(ends.story.all[3].summary == "a points to old, which ends in 1 day");
}

TEST_CASE("of thresholds that passed unseen only the tightest is said") {
  Ends ends;
  ends.shows(ends.list({}), 2);
  const auto list = ends.list(ends.in(days{5}));
  ends.shows(list, 4);
  REQUIRE(ends.story.events() == Lines{"model.retirement_set old", "model.retirement_near old"});
  CHECK(ends.story.all[1].retirement->days_left == 5);
}

TEST_CASE("an end comes near also while the endpoint fails") {
  Ends ends;
  ends.shows(ends.list({}), 2);
  ends.shows(ends.list(ends.in(days{31})), 3);
  ends.story.fails(48);
  CHECK(ends.story.events().back() == "model.retirement_near old");
}

TEST_CASE(
    "the baseline is silent about dates that it finds and about thresholds that have passed") {
  Ends ends;
  const auto list = ends.list(ends.in(days{10}));
  ends.shows(list, 24);
  CHECK(ends.story.all.empty());
  ends.shows(list, 24 * 3);
  REQUIRE(ends.story.events() == Lines{"model.retirement_near old"});
  CHECK(ends.story.all[0].retirement->days_left == 7);
}

TEST_CASE("an alias that moves to a model which will end says so") {
  Ends ends;
  ends.shows(ends.list(ends.in(days{12} + 1h, "x"), "new"), 2);
  ends.shows(ends.list(ends.in(days{12}, "x")), 2);
  REQUIRE(ends.story.events().front() == "alias.moved a: new -> old");
  CHECK(ends.story.all[0].retirement->days_left == 12);
  CHECK(ends.story.all[0].summary ==
        "a moved from new to old, which ends in 12 days; replacement: x");
}

TEST_CASE("the date on the row of an alias is its target's, and raises nothing by itself") {
  Ends ends;
  ends.shows(ends.list({}), 2);
  auto list = std::make_shared<Catalog>(*ends.list({}));
  list->lifecycles = {{.id = "a", .retires_at = ends.story.now + days{3}, .replacement = ""}};
  ends.shows(list, 9);
  CHECK(ends.story.all.empty());
}

TEST_CASE("a model without a date can be deprecated; its row may be missing for a while") {
  Ends ends;
  ends.story.watched.policy.shrink_guard.ratio = 0;
  ends.shows(ends.list({}), 2);
  const Lifecycle deprecated{.id = "old", .retires_at = std::nullopt, .replacement = "new"};
  ends.shows(ends.list(deprecated), 3);
  ends.story.lists({{"a", "old"}, {"new", ""}}, 4);
  ends.shows(ends.list(deprecated), 3);
  REQUIRE(ends.story.events() == Lines{"model.retirement_set old"});
  CHECK(ends.story.all[0].summary == "a points to old, which is deprecated; replacement: new");
  ends.story.lists({{"a", "old"}, {"new", ""}}, 14);
  CHECK(ends.story.events().back() == "model.removed old");
  CHECK(ends.story.all.back().retirement->replacement == "new");
  CHECK(ends.story.state.endings->empty());
}

TEST_CASE("a target that no list names ends by what another source says, for each alias of it") {
  Ends ends;
  const auto with = [&](std::vector<Lifecycle> rows) {
    auto list = std::make_shared<Catalog>(*Story::catalog({{"a", "hidden"}, {"b", "hidden"}}));
    list->lifecycles = std::move(rows);
    return list;
  };
  ends.shows(with({}), 2);
  const Lifecycle ending{.id = "hidden",
                         .retires_at = ends.story.now + days{12},
                         .replacement = "new",
                         .source = "feed.example"};
  const Lifecycle stranger{.id = "stranger",
                           .retires_at = ends.story.now + days{12},
                           .replacement = "",
                           .source = "feed.example"};
  ends.shows(with({ending, stranger}), 3);
  REQUIRE(ends.story.events() ==
          Lines{"model.retirement_set hidden", "model.retirement_near hidden"});
  CHECK(ends.story.all[0].summary ==
        "a, b point to hidden, which ends in 12 days; replacement: new, says feed.example");
  CHECK(ends.story.all[0].aliases == std::vector<std::string>{"a", "b"});
}

TEST_CASE("a source that has not answered yet takes nothing back, an answer without the row does") {
  Ends ends;
  ends.shows(ends.list({}), 2);
  auto ending = ends.in(days{100});
  ending.source = "feed.example";
  ends.shows(ends.list(ending), 3);
  REQUIRE(ends.story.all.size() == 1);
  auto silent = std::make_shared<Catalog>(*ends.list({}));
  silent->silent_sources = {"feed.example"};
  ends.shows(silent, 5);
  CHECK(ends.story.all.size() == 1);
  ends.shows(ends.list({}), 3);
  CHECK(ends.story.events().back() == "model.retirement_cleared old");
}

TEST_CASE("what a header said stands until the model is asked about again") {
  Ends ends;
  ends.shows(ends.list({}), 2);
  auto ending = ends.in(days{100});
  ending.source = kHeaderSource;
  auto answered = std::make_shared<Catalog>(*ends.list(ending));
  answered->answered = {"old"};
  ends.shows(answered);
  ends.shows(ends.list({}), 5);
  ends.shows(answered);
  REQUIRE(ends.story.events() == Lines{"model.retirement_set old"});
  ends.shows(ends.list({}), 5);
  CHECK(ends.story.all.size() == 1);
  auto without = std::make_shared<Catalog>(*ends.list({}));
  without->answered = {"old"};
  ends.shows(without, 2);
  CHECK(ends.story.events().back() == "model.retirement_cleared old");
}

TEST_CASE("another source of the same end is no change") {
  Ends ends;
  ends.shows(ends.list({}), 2);
  auto ending = ends.in(days{100});
  ends.shows(ends.list(ending), 3);
  ending.source = "feed.example";
  ends.shows(ends.list(ending), 5);
  CHECK(ends.story.events() == Lines{"model.retirement_set old"});
}

}  // namespace
}  // namespace modelvane
