#include "daemon/text/labels.h"

#include <doctest/doctest.h>

using namespace modelvane;

namespace {

enum class Colour { Red, Green, Blue };
constexpr auto kColours =
    labelled<Colour>({{Colour::Red, "red"}, {Colour::Green, "green"}, {Colour::Blue, "blue"}});

}  // namespace

TEST_CASE("each value of a closed set is written by its label and read by it") {
  for (const auto colour : kColours.values())
    CHECK(kColours.parse(kColours.label(colour)) == colour);
  CHECK(kColours.label(Colour::Green) == "green");
  CHECK(kColours.labels()[2] == "blue");
  CHECK(kColours.size() == 3);
}

TEST_CASE("what is no label of a closed set is not read") {
  CHECK_FALSE(kColours.parse("").has_value());
  CHECK_FALSE(kColours.parse("Red").has_value());
}

TEST_CASE("an enumerator that a table forgets is seen when it is compiled") {
  static_assert(is_enumerator<Colour::Blue>());
  static_assert(!is_enumerator<static_cast<Colour>(3)>());
}
