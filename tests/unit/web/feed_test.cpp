#include "daemon/web/feed.h"

#include <doctest/doctest.h>

#include "daemon/web/xml.h"
#include "tests/unit/metrics/sample_snapshot.h"
#include "tests/unit/web/client.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;

TEST_CASE("the feed tells the last events, newest first, with ids that stay") {
  World world;
  world.snapshot.daemon.instance = "prod a/b";
  world.log.add(moved_event("a-latest", "a-1", "a-2"));
  world.log.add(moved_event("<img src=x onerror=alert(1)>", "&", "\"'\x01"));
  const auto body = get(world.address(), "/feed.atom").body;
  CHECK(
      body.starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed "
                       "xmlns=\"http://www.w3.org/2005/Atom\">\n"));
  CHECK(body.find("<id>urn:modelvane:events</id>") !=
        std::string::npos);  // whatever the machine is called
  CHECK(body.find("<updated>2026-11-22T09:00:00.000Z</updated>") != std::string::npos);
  CHECK(body.find("<title>a-latest moved from a-1 to a-2</title>") != std::string::npos);
  CHECK(
      body.find("&lt;img src=x onerror=alert(1)&gt; moved from &amp; to &quot;&#39;\xef\xbf\xbd") !=
      std::string::npos);
  CHECK(body.find("<img") == std::string::npos);
  CHECK(body.find("<link") == std::string::npos);  // nobody knows how readers reach this server
  CHECK(body.find(":evt_2</id>") < body.find(":evt_1</id>"));
}

TEST_CASE("the feed can be narrowed like the list of events") {
  World world;
  world.log.add(moved_event("a-latest", "a-1", "a-2"));
  world.log.add(moved_event("b-latest", "b-1", "b-2"));
  const auto body = get(world.address(), "/feed.atom?alias=a-latest&type=alias.*").body;
  CHECK(body.find(":evt_1</id>") != std::string::npos);
  CHECK(body.find(":evt_2</id>") == std::string::npos);
  CHECK(get(world.address(), "/feed.atom?limit=1").status == 400);
}

TEST_CASE(
    "a feed of a part has an id and an address of its own, and its entries link to their events") {
  World world{{"127.0.0.1:0"}, "https://vane.example.com"};
  world.log.add(moved_event("a-latest", "a-1", "a-2"));
  const auto body =
      get(world.address(), "/feed.atom?type=alias.moved&alias=a-latest&type=alias.*").body;
  const std::string own =
      "https://vane.example.com/feed.atom?alias=a-latest&amp;type=alias.moved&amp;type=alias.%2A";
  CHECK(body.find("<id>" + own + "</id>") != std::string::npos);
  CHECK(body.find("<link rel=\"self\" href=\"" + own + "\"/>") != std::string::npos);
  CHECK(body.find("<link href=\"https://vane.example.com/#/events/evt_1\"/>") != std::string::npos);
}

TEST_CASE("a feed without events is one all the same, and links where the server can be reached") {
  World world{{"127.0.0.1:0"}, "https://vane.example.com"};
  const auto body = get(world.address(), "/feed.atom").body;
  CHECK(body.find("<entry>") == std::string::npos);
  CHECK(body.find("<updated>2026-11-21T08:00:00.000Z</updated>") != std::string::npos);
  CHECK(body.find("<link rel=\"self\" href=\"https://vane.example.com/feed.atom\"/>") !=
        std::string::npos);
  CHECK(body.find("<link href=\"https://vane.example.com/\"/>") != std::string::npos);
}

TEST_CASE("XML holds no character that it must not") {
  CHECK(xml::escape("a<b>&\"'\n\t") == "a&lt;b&gt;&amp;&quot;&#39;\n\t");
  CHECK(xml::escape(std::string_view{"\0\x1f", 2}) == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(xml::escape("x\xef\xbf\xbey\xef\xbf\xbfz\xef\xbf\xbd") ==
        "x\xef\xbf\xbdy\xef\xbf\xbdz\xef\xbf\xbd");
}
