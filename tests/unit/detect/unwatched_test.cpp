#include "daemon/detect/unwatched.h"

#include <doctest/doctest.h>

#include "tests/unit/detect/story.h"

using namespace modelvane;

namespace {

void leaves(Story& story) {
  for (auto& event : leave(story.state, story.watched, story.now)) story.all.push_back(event);
}

}  // namespace

TEST_CASE("an endpoint that leaves while it is down ends its outage, and says so once") {
  Story story;
  story.lists(models_and({})).fails(3);
  leaves(story);
  leaves(story);
  CHECK(story.events() == Lines{"endpoint.down", "endpoint.unwatched"});
  CHECK(story.all.back().ended == std::vector{EventType::EndpointDown});
}

TEST_CASE("an endpoint that comes back and is still down is told to be down anew") {
  Story story;
  story.lists(models_and({})).fails(3);
  leaves(story);
  story.state.is_unwatched = false;
  story.fails(3);
  CHECK(story.events() == Lines{"endpoint.down", "endpoint.unwatched", "endpoint.down"});
}

TEST_CASE("an endpoint that leaves in good health has nothing to end") {
  Story story;
  story.lists(models_and({}));
  leaves(story);
  CHECK(story.events() == Lines{"endpoint.unwatched"});
  CHECK(story.all.back().ended.empty());
}

TEST_CASE("an endpoint of which nothing was ever known leaves silently") {
  Story story;
  leaves(story);
  CHECK(story.events().empty());
}

TEST_CASE("a broken pin ends with its endpoint, and is told anew when both come back") {
  Story story;
  story.watched.pins = {{"a", {"x"}}};
  story.lists(models_and({{"a", "y"}}));
  leaves(story);
  story.lists(models_and({{"a", "y"}}));
  CHECK(story.events() == Lines{"alias.pin_broken a: - -> y", "alias.unwatched a: - -> y",
                                "endpoint.unwatched", "alias.pin_broken a: - -> y"});
  CHECK(story.all[1].ended == std::vector{EventType::AliasPinBroken});
}

TEST_CASE("taking away a pin that does not hold ends what was said of it") {
  Story story;
  story.watched.pins = {{"a", {"x"}}};
  story.lists(models_and({{"a", "y"}}));
  story.watched.pins.clear();
  story.state.steady = {};
  story.lists(models_and({{"a", "y"}}), 2);
  CHECK(story.events() == Lines{"alias.pin_broken a: - -> y", "alias.unwatched a: - -> y"});
}

TEST_CASE("taking away a pin that holds is silent") {
  Story story;
  story.watched.pins = {{"a", {"x"}}};
  story.lists(models_and({{"a", "x"}}));
  story.watched.pins.clear();
  story.state.steady = {};
  story.lists(models_and({{"a", "x"}}));
  CHECK(story.events().empty());
}
