#include "daemon/catalog/id_list.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>

using namespace modelvane;

namespace {

std::string random_id(std::mt19937& random) {
  static constexpr std::string_view kBytes{"ab/-\xC3\xA9\x7F", 7};
  std::string id(random() % 7 == 0 ? 120 + random() % 200 : 1 + random() % 6, 'a');
  for (char& c : id) c = kBytes[random() % kBytes.size()];
  return id;
}

}  // namespace

TEST_CASE("an unknown list is empty, and not the same as an empty one") {
  const IdList unknown;
  const auto empty = IdList::of(std::vector<std::string>{});
  CHECK_FALSE(unknown.is_known());
  CHECK(empty.is_known());
  CHECK(unknown != empty);
  for (const auto& list : {unknown, empty}) {
    CHECK(list.empty());
    CHECK_FALSE(list.has(""));
    CHECK_FALSE(list.has("a"));
    CHECK(list.all().empty());
    for (const auto& id : list) FAIL_CHECK("an id: " << id);
  }
}

TEST_CASE("a list gives back the ids that it was made of, and knows which they are") {
  std::mt19937 random{7};
  for (std::size_t size = 0; size < 200; ++size) {
    std::set<std::string> ids;
    while (ids.size() < size) ids.insert(random_id(random));
    const auto list = IdList::of(ids);
    CHECK(list.size() == size);
    CHECK(list.all() == std::vector<std::string>(ids.begin(), ids.end()));
    for (const auto& id : ids) CHECK(list.has(id));
    for (int i = 0; i < 50; ++i) {
      const auto id = random_id(random);
      CHECK(list.has(id) == ids.contains(id));
    }
    CHECK_FALSE(list.has(""));
  }
}

TEST_CASE("lists are equal when their ids are") {
  CHECK(IdList{"a", "ab"} == IdList::of(std::vector<std::string>{"a", "ab"}));
  CHECK(IdList{"a", "ab"} != IdList{"a", "ac"});
  CHECK(IdList{"a", "ab"} != IdList{"a"});
  const IdList list{"a"};
  CHECK(list == IdList{list});
}

TEST_CASE("lists are compared and counted like any range") {
  const IdList before{"a", "b", "c"};
  const IdList now{"b", "c", "d", "e"};
  std::vector<std::string> differing;
  std::ranges::set_symmetric_difference(before, now, std::back_inserter(differing));
  CHECK(differing == std::vector<std::string>{"a", "d", "e"});
  CHECK(std::ranges::count_if(before, [&](const auto& id) { return now.has(id); }) == 2);
}
