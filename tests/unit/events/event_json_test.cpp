#include "daemon/events/event_json.h"

#include <doctest/doctest.h>

namespace modelvane {
namespace {

using namespace std::chrono_literals;
const Time kToldAt = *parse_rfc3339("2026-11-22T10:00:05.123Z");

Event moved() {
  Event event;
  event.id = "evt_0198f0c2a7b37c5e8d1f2a3b4c5d6e7f";
  event.sequence = 42;
  event.type = EventType::AliasMoved;
  event.time = kToldAt;
  event.endpoint = "internlm";
  event.alias = "internlm3-latest";
  event.from = "internlm3-8b-instruct";
  event.to = "internlm3-20b-instruct";
  event.rule = Rule::Field;
  event.observed_between = {kToldAt - 60s, kToldAt};
  event.confirmed_by_polls = 2;
  event.evidence_before = R"({"id":"internlm3-latest","ref_model":"internlm3-8b-instruct"})";
  event.evidence_after = R"({"id":"internlm3-latest","ref_model":"internlm3-20b-instruct"})";
  event.request_id = "req-1";
  event.pin = PinState{{"internlm3-8b-instruct"}, false};
  event.labels = {{"team", "search"}};
  event.summary = "internlm3-latest moved from internlm3-8b-instruct to internlm3-20b-instruct";
  return event;
}

TEST_CASE("a move is written in the documented form, byte for byte") {
  CHECK(
      to_cloudevent(moved(), "urn:modelvane:prod-a") ==
      R"({"specversion":"1.0","id":"evt_0198f0c2a7b37c5e8d1f2a3b4c5d6e7f","source":"urn:modelvane:prod-a",)"
      R"("type":"io.modelvane.alias.moved","subject":"internlm/internlm3-latest","time":"2026-11-22T10:00:05.123Z",)"
      R"("timestamp":"2026-11-22T10:00:05.123Z","sequence":"00000000000000000042","datacontenttype":"application/json",)"
      R"("dataschema":"urn:modelvane:schema:event-data:1",)"
      R"("data":{"endpoint":"internlm","alias":"internlm3-latest","from":"internlm3-8b-instruct","to":"internlm3-20b-instruct","rule":"field",)"
      R"("observed_between":["2026-11-22T09:59:05.123Z","2026-11-22T10:00:05.123Z"],"confirmed_by_polls":2,)"
      R"("evidence":{"before":{"id":"internlm3-latest","ref_model":"internlm3-8b-instruct"},)"
      R"("after":{"id":"internlm3-latest","ref_model":"internlm3-20b-instruct"},"request_id":"req-1"},)"
      R"("pin":{"approved":["internlm3-8b-instruct"],"state":"broken"},"reverts":null,"labels":{"team":"search"},)"
      R"("summary":"internlm3-latest moved from internlm3-8b-instruct to internlm3-20b-instruct","drill":false}})");
}

TEST_CASE("what is written is read back equal") {
  const Event alias_event = moved();
  CHECK(parse_cloudevent(to_cloudevent(alias_event, "urn:x")) == alias_event);
  Event down;
  down.id = "evt_1";
  down.type = EventType::EndpointUp;
  down.time = kToldAt;
  down.endpoint = "internlm";
  down.observed_between = {std::nullopt, kToldAt};
  down.reason = Reason::Http5xx;
  down.detail = "the server answered with status 503";
  down.lasted = 90s;
  down.models_before = 6;
  down.models_now = 2;
  CHECK(parse_cloudevent(to_cloudevent(down, "urn:x")) == down);
}

TEST_CASE("what is about no endpoint has the daemon or a webhook as its subject, never none") {
  Event event;
  event.type = EventType::DaemonHeartbeat;
  CHECK(to_cloudevent(event, "urn:x").find(R"("subject":"daemon")") != std::string::npos);
  event.type = EventType::WebhookFailing;
  event.webhook = "oncall";
  CHECK(to_cloudevent(event, "urn:x").find(R"("subject":"webhook/oncall")") != std::string::npos);
}

TEST_CASE("broken UTF-8 in a name is replaced, not thrown on") {
  Event event = moved();
  event.to = "bad\xff";
  CHECK(to_cloudevent(event, "urn:x").find("bad\xef\xbf\xbd") != std::string::npos);
}

TEST_CASE("text that is no event of ours is refused with a sentence") {
  for (
      const auto* text :
      {"", "[]", "{}", R"({"type":"io.modelvane.alias.moved"})",
       R"({"type":"io.modelvane.nothing","time":"2026-11-22T10:00:05Z","data":{}})",
       R"({"type":"io.modelvane.alias.moved","time":"2026-11-22T10:00:05Z","data":{"confirmed_by_polls":"x"}})",
       R"({"type":"io.modelvane.alias.moved","time":"2026-11-22T10:00:05Z","data":{"confirmed_by_polls":2e19}})",
       R"({"type":"io.modelvane.alias.moved","time":"2026-11-22T10:00:05Z","data":{"confirmed_by_polls":3000000000}})",
       R"({"type":"io.modelvane.endpoint.up","time":"2026-11-22T10:00:05Z","data":{"lasted_seconds":1e300}})",
       R"({"type":"io.modelvane.endpoint.up","time":"2026-11-22T10:00:05Z","data":{"lasted_seconds":-1}})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_cloudevent(text).has_value());
  }
}

}  // namespace
}  // namespace modelvane
