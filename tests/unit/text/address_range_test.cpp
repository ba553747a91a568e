#include "daemon/text/address_range.h"

#include <doctest/doctest.h>

namespace modelvane {
namespace {

bool lies_in(std::string_view address, std::string_view range) {
  return holds(parse_address_range(range).value(), parse_address(address).value());
}

TEST_CASE("an address is numeric, of either family, and may have a zone only in IPv6") {
  for (const auto* text : {"10.1.2.3", "::1", "fd00::1", "fe80::1%eth0", "::ffff:10.1.2.3"})
    CHECK(parse_address(text));
  for (const auto* text :
       {"", "host", "10.1.2", "10.1.2.300", "10.1.2.3%eth0", "[::1]", "010.1.2.3 "})
    CHECK_FALSE(parse_address(text));
}

TEST_CASE("a range holds what begins with its bits, in its own family") {
  CHECK(lies_in("10.255.0.1", "10.0.0.0/8"));
  CHECK_FALSE(lies_in("11.0.0.1", "10.0.0.0/8"));
  CHECK(lies_in("192.168.1.130", "192.168.1.128/25"));
  CHECK_FALSE(lies_in("192.168.1.127", "192.168.1.128/25"));
  CHECK(lies_in("1.2.3.4", "0.0.0.0/0"));
  CHECK_FALSE(lies_in("1.2.3.4", "::/0"));
  CHECK(lies_in("fd12::1", "fc00::/7"));
  CHECK(lies_in("::ffff:10.0.0.1", "10.0.0.0/8"));
  CHECK(lies_in("10.0.0.1", "10.0.0.1"));
}

TEST_CASE("what is no range says what to write") {
  for (const auto* text :
       {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "::/129", "fe80::%1/64", "a/8"})
    CHECK(parse_address_range(text).error() ==
          "an address or a range of addresses, such as 10.0.0.0/8 or fd00::/8");
}

TEST_CASE("ranges are read strictly") {
  for (const auto* text :
       {"10.0.0.0/8", "10.0.0.1", "::/0", "fd00::/8", "0.0.0.0/0", "::ffff:10.0.0.0/104"}) {
    CAPTURE(text);
    CHECK(parse_address_range(text));
  }
  for (const auto* text : {"", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "10.0.0.0/", "10.0.0.0/-1",
                           "10.0.0.0/8x", "example.com", "fe80::1%eth0", "/8"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_address_range(text));
  }
}

}  // namespace
}  // namespace modelvane
