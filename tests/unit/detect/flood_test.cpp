#include <doctest/doctest.h>
#include <fmt/format.h>

#include "tests/unit/detect/story.h"

using namespace modelvane;

namespace {

Targets aliases(int count, const std::string& target) {
  Targets targets;
  for (int i = 0; i < count; ++i) targets.emplace(fmt::format("alias-{:03}", i), target);
  return models_and(targets);
}

}  // namespace

TEST_CASE("more than 100 aliases that move in one poll are told as a flood, too") {
  Story story;
  story.watched.pins = {{"alias-007", {"x"}}};
  story.lists(aliases(101, "x")).lists(aliases(101, "y"), 2);
  REQUIRE(story.all.size() == 103);
  const auto& flood = story.all.back();
  CHECK(flood.type == EventType::CatalogFlooded);
  CHECK(flood.ids.size() == 20);
  CHECK(flood.ids.front() == "alias-000");
  CHECK(flood.ids_count == 101);
  CHECK(flood.flood == std::vector{EventType::AliasMoved});
  for (const auto& event : story.all)
    CHECK(event.is_in_flood == (event.type == EventType::AliasMoved));
}

TEST_CASE("100 aliases that move in one poll are no flood") {
  Story story;
  story.lists(aliases(100, "x")).lists(aliases(100, "y"), 2);
  CHECK(story.all.size() == 100);
}
