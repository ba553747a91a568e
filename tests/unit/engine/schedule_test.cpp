#include "daemon/engine/schedule.h"
#include "daemon/text/hash.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include "tests/unit/engine/moment.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

TEST_CASE("polls of one endpoint lie on a grid that does not depend on when one asks") {
  const Time first = next_slot("internlm", 60s, kNow);
  CHECK(first > kNow);
  CHECK(first <= kNow + 60s);
  CHECK(next_slot("internlm", 60s, first - 1us) == first);
  CHECK(next_slot("internlm", 60s, first) == first + 60s);
}

TEST_CASE("starts are spread evenly: no tenth of the interval gets more than twice its share") {
  std::array<int, 10> tenths{};
  for (int i = 0; i < 1'000; ++i) {
    const auto into = next_slot("gateway-" + std::to_string(i), 60s, kNow) - kNow;
    ++tenths[static_cast<std::size_t>(std::min<Duration::rep>(into / 6s, 9))];
  }
  CHECK(*std::max_element(tenths.begin(), tenths.end()) < 200);
}

TEST_CASE("the hash is the same on every machine and in every version") {
  CHECK(stable_hash("internlm") == stable_hash(std::string{"intern"} + "lm"));
  CHECK(stable_hash("") == 0xf52a15e9a9b5e89bULL);
}

TEST_CASE("the first poll comes within the spread") {
  CHECK(first_slot("internlm", 0s, kNow) == kNow);
  CHECK(first_slot("internlm", 5s, kNow) < kNow + 5s);
}

}  // namespace
}  // namespace modelvane
