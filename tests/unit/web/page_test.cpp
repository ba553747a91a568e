#include "daemon/web/page.h"

#include <doctest/doctest.h>

#include "daemon/web/html.h"
#include "daemon/web/page_tables.h"
#include "tests/unit/metrics/sample_snapshot.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;

namespace {

std::string render(const Snapshot& snapshot, FakeLog& log) {
  EventQuery query{&log};
  return page(snapshot, query).body;
}

std::string render(const Snapshot& snapshot) {
  FakeLog log;
  return render(snapshot, log);
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a model's name that is HTML is shown as text") {
  FakeLog log;
  log.add(moved_event("<script>alert(2)</script>", "'a'", "\"b\""));
  const auto html = render(sample::snapshot(), log);
  CHECK(has(html, "&lt;img src=x onerror=alert(1)&gt;"));
  CHECK_FALSE(has(html, "<img"));
  CHECK_FALSE(has(html, "<script"));
  CHECK(has(html, "&lt;script&gt;alert(2)&lt;/script&gt; moved from &#39;a&#39; to &quot;b&quot;"));
}

TEST_CASE("every text from outside is escaped, wherever it stands") {
  const std::string evil = "\"'><b onclick=x>&\x01\xff";
  auto endpoint = sample::dead();
  endpoint.name = endpoint.url = endpoint.last_sentence = evil;
  auto known = *sample::internlm().known;
  for (auto& alias : known.aliases) alias.alias = alias.target = alias.pending_target = evil;
  endpoint.known = std::make_shared<const KnownView>(known);
  auto webhook = sample::oncall();
  webhook.name = webhook.format = webhook.last_error = evil;
  auto snapshot = sample::snapshot_of({endpoint}, {webhook});
  snapshot.daemon.instance = snapshot.daemon.version = snapshot.daemon.store_sentence = snapshot.daemon.reload_sentence = evil;
  snapshot.daemon.store_ok = snapshot.daemon.reload_ok = false;
  FakeLog log;
  auto event = moved_event(evil, evil, evil);
  event.endpoint = evil;
  log.add(event);
  const auto html = render(snapshot, log);
  CHECK_FALSE(has(html, "<b onclick"));
  CHECK_FALSE(has(html, "\x01"));
  CHECK_FALSE(has(html, "\xff"));
  CHECK(count(html, "&quot;&#39;&gt;&lt;b onclick=x&gt;&amp;\xef\xbf\xbd") > 15);
}

TEST_CASE("the page shows what an operator asks for") {
  FakeLog log;
  log.add(moved_event("internlm3-latest", "internlm3-8b-instruct", "internlm3-20b-instruct"));
  const auto html = render(sample::snapshot(), log);
  for (const auto* part : {"<b>1/3</b> endpoints up",
                           "<b>1</b> broken pin",
                           "<b>2</b> deliveries pending",
                           "<b>1</b> dead letter</li>",
                           "internlm3-20b-instruct",
                           "pin broken",
                           "unstable",
                           "seen, not yet confirmed: <span class=\"id\">internvl3.5-241b</span>",
                           "undisclosed",
                           "last known: <span class=\"id\">internlm2.5</span>",
                           "not polled yet",
                           "tls: the certificate of llm.example.com has expired",
                           "internlm3-latest moved from internlm3-8b-instruct to internlm3-20b-instruct",
                           "alias.moved",
                           "1 h ago",
                           "20 s ago",
                           "the receiver answered 503",
                           "href=\"metrics\"",
                           "http-equiv=\"refresh\" content=\"10\"",
                           "up 1 d"}) {
    CHECK_MESSAGE(has(html, part), part);
  }
  CHECK(count(html, "<table>") == 4);
  CHECK(count(html, "<caption>") == 4);
  CHECK_FALSE(has(html, "class=\"banner\""));
}

TEST_CASE("trouble comes first and stands in a banner where it concerns the daemon") {
  auto snapshot = sample::snapshot();
  snapshot.daemon.store_ok = false;
  snapshot.daemon.store_sentence = "the disk is full: make room";
  snapshot.daemon.reload_ok = false;
  snapshot.daemon.reload_sentence = "line 3: unknown key";
  const auto html = render(snapshot);
  CHECK(has(html, "the disk is full: make room"));
  CHECK(has(html, "line 3: unknown key"));
  CHECK(html.find(">dead<") < html.find(">internlm<div class=\"sub wide\""));
  CHECK(html.find("internlm3-latest") < html.find("internvl-latest"));
}

TEST_CASE("several errors of a configuration stand on lines of their own, not without end") {
  auto snapshot = sample::snapshot();
  snapshot.daemon.reload_ok = false;
  snapshot.daemon.reload_sentence = "not changed:\nx.yml:1:1: <one>\nx.yml:2:1: two";
  CHECK(has(render(snapshot), "not changed:<br>x.yml:1:1: &lt;one&gt;<br>x.yml:2:1: two</div>"));
  for (int i = 0; i < 1000; ++i) snapshot.daemon.reload_sentence += "\nmore";
  CHECK(count(render(snapshot), "<br>more") < 10);
}

TEST_CASE("an empty daemon has a page that says what is missing") {
  const auto html = render(sample::empty_snapshot());
  CHECK(has(html, "No endpoint is configured."));
  CHECK(has(html, "No alias is known yet."));
  CHECK(has(html, "Nothing has happened yet."));
  CHECK(has(html, "No webhook is configured"));
  CHECK(count(html, "<table>") == 0);
}

TEST_CASE("history that cannot be read leaves the rest of the page") {
  FakeLog log;
  log.error = StoreError{.kind = StoreError::Kind::Damaged, .sentence = "the history is damaged"};
  const auto html = render(sample::snapshot(), log);
  CHECK(has(html, "Events cannot be shown: the history is damaged."));
  CHECK(has(html, "internlm3-20b-instruct"));
}

TEST_CASE("rows are capped, and the page says so") {
  std::vector<EndpointView> endpoints;
  for (std::size_t i = 0; i < kPageRowsMax + 50; ++i) {
    endpoints.push_back(sample::gateway());
    endpoints.back().name = "gateway-" + std::to_string(i);
  }
  endpoints.push_back(sample::dead());
  const auto html = render(sample::snapshot_of(endpoints, {}));
  CHECK(count(html, "<tr><th scope=\"row\">") == kPageRowsMax);
  CHECK(has(html, "300 of 351 shown"));
  CHECK(has(html, ">dead<"));
}

TEST_CASE("spans are told in their largest unit") {
  using namespace std::chrono_literals;
  CHECK(html::rough(0us) == "0 s");
  CHECK(html::rough(59'999'999us) == "59 s");
  CHECK(html::rough(60s) == "1 min");
  CHECK(html::rough(47h) == "1 d");
  CHECK(html::rough(-5s) == "0 s");
  CHECK(html::ago(sample::noon() + 5s, sample::noon()) ==
        R"(<time datetime="2026-11-22T10:00:05.000Z" title="2026-11-22T10:00:05.000Z">just now</time>)");
}
