#include "daemon/text/shared.h"

#include <doctest/doctest.h>

#include <string>

using namespace modelvane;

TEST_CASE("copies of a shared value are one in memory until one is edited") {
  Shared<std::string> one{std::string{"known"}};
  auto other = one;
  CHECK(&*one == &*other);
  other.edit() += " to others";
  CHECK(*one == "known");
  CHECK(*other == "known to others");
  CHECK_FALSE(one == other);
}

TEST_CASE("shared values are equal when what they hold is equal") {
  const Shared<std::string> one{std::string{"known"}};
  const Shared<std::string> other{std::string{"known"}};
  CHECK(&*one != &*other);
  CHECK(one == other);
  CHECK(Shared<std::string>{} == Shared<std::string>{std::string{}});
  CHECK(&*Shared<std::string>{} == &*Shared<std::string>{});
}
