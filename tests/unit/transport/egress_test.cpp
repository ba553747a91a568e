// Which addresses are contacted: the rules by themselves, and that the transport asks them about
// what a name really is.
#include "daemon/transport/egress.h"

#include <fmt/format.h>

#include "tests/unit/transport/client.h"
#include "tests/unit/transport/fake_server.h"

namespace modelvane::test {
namespace {

EgressRules rules(const std::vector<std::string>& allow, const std::vector<std::string>& deny) {
  EgressRules made;
  for (const auto& text : allow) made.allow.push_back(*parse_address_range(text));
  for (const auto& text : deny) made.deny.push_back(*parse_address_range(text));
  return made;
}

}  // namespace

TEST_CASE(
    "metadata services and link-local addresses are refused by themselves, in every notation") {
  for (const auto* address :
       {"169.254.169.254", "169.254.0.1", "0.0.0.0", "0.1.2.3", "fd00:ec2::254", "fe80::1",
        "fe80::1%eth0", "febf::1", "::", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1", "100.100.100.200", "224.0.0.1", "255.255.255.255", "ff02::1"}) {
    CAPTURE(address);
    CHECK(refusal({}, address));
  }
}

TEST_CASE("loopback, private and public addresses are contacted") {
  for (const auto* address : {"127.0.0.1", "::1", "10.1.2.3", "172.16.0.1", "192.168.1.1",
                              "fd12::1", "8.8.8.8", "2001:db8::1", "169.253.255.255", "169.255.0.0",
                              "1.0.0.0", "fec0::1", "64:ff9b::808:808"}) {
    CAPTURE(address);
    CHECK_FALSE(refusal({}, address));
  }
}

TEST_CASE("the narrowest range decides, and deny over an equal allow") {
  const auto only_ten = rules({"10.0.0.0/8"}, {"0.0.0.0/0", "::/0"});
  CHECK_FALSE(refusal(only_ten, "10.200.0.1"));
  CHECK(refusal(only_ten, "8.8.8.8"));
  CHECK(refusal(only_ten, "::1"));
  CHECK(refusal(only_ten, "2002:808:808::1"));
  const auto hole = rules({"10.0.0.0/8"}, {"0.0.0.0/0", "10.9.0.0/16"});
  CHECK(refusal(hole, "10.9.1.1"));
  CHECK(refusal(rules({"10.0.0.0/8"}, {"10.0.0.0/8"}), "10.1.1.1"));
  CHECK_FALSE(refusal(rules({"169.254.169.254"}, {}), "169.254.169.254"));
  CHECK(refusal(rules({"169.254.169.254"}, {}), "169.254.169.253"));
  CHECK_FALSE(refusal(rules({"169.254.0.0/16"}, {}), "169.254.1.1"));
  CHECK_FALSE(refusal(rules({}, {"::/0"}), "10.0.0.1"));
  CHECK(refusal(rules({"0.0.0.0/0"}, {}), "169.254.1.1"));
}

TEST_CASE("a refusal names the address, the range, and what to do") {
  CHECK(*refusal({}, "169.254.169.254") ==
        "the address 169.254.169.254 is not contacted: 169.254.0.0/16 is link-local, and clouds' "
        "metadata services; if that is "
        "meant, name it in egress.allow");
  CHECK(*refusal(rules({}, {"10.0.0.0/8"}), "10.1.1.1") ==
        "the address 10.1.1.1 is not contacted: egress.deny names 10.0.0.0/8");
}

TEST_CASE(
    "a name is judged by its addresses: those that are refused are passed over, and without others "
    "nothing is sent") {
  FakeServer server{[](Connection& connection) {
    connection.read_head();
    connection.reply(200, "fine");
  }};
  CurlTransportOptions options;
  options.resolver.lookup = [](const std::string& host) -> LookupResult {
    if (host == "rebound.test") return Addresses{"169.254.169.254"};
    return Addresses{"169.254.169.254", "127.0.0.1"};
  };
  Client client{std::move(options)};
  const auto refused = client.run(get(fmt::format("http://rebound.test:{}/", server.port())));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().reason == Reason::Connect);
  CHECK(refused.error().sentence.find("169.254.169.254") != std::string::npos);
  CHECK(server.accepts() == 0);
  const auto mixed = client.run(get(fmt::format("http://mixed.test:{}/", server.port())));
  REQUIRE(mixed);
  CHECK(mixed->body == "fine");
}

TEST_CASE("addresses in the URL itself are judged, too, however they are written") {
  Client client{CurlTransportOptions{}};
  for (const auto* url :
       {"http://169.254.169.254/latest/meta-data/", "http://0xa9fea9fe/", "http://2852039166/",
        "http://[::ffff:169.254.169.254]/", "http://0/", "http://[fe80::1]/"}) {
    CAPTURE(url);
    const auto result = client.run(get(url));
    REQUIRE_FALSE(result);
    CHECK(result.error().sentence.find("is not contacted") != std::string::npos);
  }
  client.transport.set_egress(rules({}, {"127.0.0.0/8"}));
  CHECK(client.run(get("http://localhost:1/")).error().sentence.find("egress.deny") !=
        std::string::npos);
}

}  // namespace modelvane::test
