#include "daemon/notify/message.h"

#include <doctest/doctest.h>

#include "tests/unit/notify/samples.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

Message message_of(const Event& event) {
  const auto stored = samples::stored(event);
  return make_message({.stored = &stored, .event = event}, samples::context());
}

std::string value(const Message& message, std::string_view label) {
  for (const auto& line : message.lines) {
    if (line.label == label) return line.value;
  }
  return "";
}

}  // namespace

TEST_CASE("a move says what, from, to, when, how sure, pin and retirement, in this order") {
  const auto message = message_of(samples::event_of(EventType::AliasMoved));
  std::string text;
  for (const auto& line : message.lines) text += line.label + ": " + line.value + "\n";
  CHECK(message.heading == "Alias moved");
  CHECK(message.about == "internlm3-latest");
  CHECK(text ==
        "Alias: internlm3-latest\n"
        "Endpoint: internlm\n"
        "From: internlm3-8b-instruct\n"
        "To: internlm3-20b-instruct\n"
        "When: between 2026-11-22 09:58:05 and 09:59:05 UTC\n"
        "Confirmed by: 2 polls in a row, rule field\n"
        "Pin: broken, approved: internlm3-8b-instruct\n"
        "Retirement: internlm3-20b-instruct ends on 2026-12-22 (30 days left); replacement: "
        "internlm4\n"
        "Labels: team=search\n");
  CHECK(message.link == "https://vane.example/#/events/evt_0198f0c2a7b37c5e8d1f2a3b4c5d0000");
  CHECK(message.short_id == "4c5d0000");
}

TEST_CASE("when: bounds over midnight, without a first sight, and without bounds") {
  auto event = samples::event_of(EventType::AliasMoved);
  event.observed_between->first = samples::then() - 12h;
  CHECK(value(message_of(event), "When") ==
        "between 2026-11-21 22:00:05 and 2026-11-22 09:59:05 UTC");
  event.observed_between->first.reset();
  CHECK(value(message_of(event), "When") == "not later than 2026-11-22 09:59:05 UTC");
  event.observed_between.reset();
  CHECK(value(message_of(event), "When") == "2026-11-22 10:00:05 UTC");
}

TEST_CASE(
    "those who read get their own time, with UTC beside it, across the change of summer time") {
  auto event = samples::event_of(EventType::AliasMoved);
  const auto stored = samples::stored(event);
  auto context = samples::context();
  const auto zone = TimeZone::load("Europe/Berlin");
  REQUIRE_MESSAGE(zone, zone.error());
  context.zone = &*zone;
  context.zone_name = "Europe/Berlin";
  const auto when = [&] {
    return value(make_message({.stored = &stored, .event = event}, context), "When");
  };
  CHECK(when() ==
        "between 2026-11-22 10:58:05 and 10:59:05 Europe/Berlin (2026-11-22 09:58:05 and 09:59:05 "
        "UTC)");
  event.observed_between = {parse_rfc3339("2026-10-25T00:30:00Z"),
                            *parse_rfc3339("2026-10-25T01:30:00Z")};
  CHECK(when() ==
        "between 2026-10-25 02:30:00 and 02:30:00 Europe/Berlin (2026-10-25 00:30:00 and 01:30:00 "
        "UTC)");
  event.observed_between->first.reset();
  CHECK(when().starts_with("not later than 2026-10-25 02:30:00 Europe/Berlin (2026"));
}

TEST_CASE("each type has a heading, a summary and someone whom it is about") {
  for (const auto type_name : kEventTypes.labels()) {
    CAPTURE(type_name);
    const auto message = message_of(samples::event_of(*kEventTypes.parse(type_name)));
    CHECK_FALSE(message.heading.empty());
    CHECK_FALSE(message.summary.empty());
    CHECK_FALSE(message.about.empty());
    // A sign of life has nothing more to say.
    CHECK(message.lines.size() >= (type_name.starts_with("daemon.") ? 1
                                   : type_name == "store.rewound"   ? 2
                                                                    : 3));
  }
}

TEST_CASE("a drill is marked, whatever its type") {
  auto event = samples::event_of(EventType::AliasMoved);
  event.drill = true;
  CHECK(message_of(event).heading == "DRILL: Alias moved");
  CHECK(message_of(samples::event_of(EventType::Drill)).heading.starts_with("DRILL"));
}

TEST_CASE("a move that is taken back says so") {
  auto event = samples::event_of(EventType::AliasMoved);
  event.reverts = "evt_1";
  CHECK(message_of(event).heading == "Alias moved back");
  CHECK(value(message_of(event), "Takes back") == "evt_1");
}

TEST_CASE("a broken pin is critical, a good end is good") {
  CHECK(severity_of(samples::event_of(EventType::AliasMoved)) == Severity::Critical);
  auto moved = samples::event_of(EventType::AliasMoved);
  moved.pin.reset();
  CHECK(severity_of(moved) == Severity::Warning);
  CHECK(severity_of(samples::event_of(EventType::EndpointUp)) == Severity::Good);
}

TEST_CASE("keys that this version does not know are shown, but never as more than words") {
  auto event = samples::event_of(EventType::ModelAdded);
  auto stored = samples::stored(event);
  const std::string more = R"("data":{"models":["a","b"],"price_change":{"x":1},"<b>":"bad",)";
  stored.json.replace(stored.json.find(R"("data":{)"), 8, more);
  const auto message = make_message({.stored = &stored, .event = event}, samples::context());
  CHECK(value(message, "Models") == "a, b");
  CHECK(value(message, "Price change") == R"({"x":1})");
  CHECK(value(message, "<b>").empty());
}

TEST_CASE("without an external URL there are no links") {
  const auto event = samples::event_of(EventType::AliasMoved);
  const auto stored = samples::stored(event);
  CHECK(make_message({.stored = &stored, .event = event}, {}).link.empty());
}

TEST_CASE("a digest has one line for each event and the worst severity") {
  const auto moved = samples::event_of(EventType::AliasMoved);
  const auto up = samples::event_of(EventType::EndpointUp);
  const auto stored = samples::stored(moved);
  const std::vector<ReadEvent> alike{{&stored, moved}, {&stored, moved}};
  CHECK(make_digest(alike, samples::context()).heading == "2 × Alias moved");
  const std::vector<ReadEvent> mixed{{&stored, up}, {&stored, moved}};
  const auto digest = make_digest(mixed, samples::context());
  CHECK(digest.heading == "2 events");
  CHECK(digest.about == "internlm");
  CHECK(digest.severity == Severity::Critical);
  CHECK(digest.lines[1].value ==
        "internlm3-latest: internlm3-8b-instruct → internlm3-20b-instruct; 2026-11-22 10:00:05 "
        "UTC (4c5d0000)");
}

TEST_CASE("a message takes the events that it has room for, and cuts no target off") {
  auto event = samples::event_of(EventType::AliasMoved);
  event.alias = std::string(110, 'a');
  event.from = std::string(110, 'b');
  event.to = std::string(110, 'c') + "-the-end";
  event.summary = event.alias + " moved from " + *event.from + " to " + *event.to;
  const auto stored = samples::stored(event);
  const std::vector<const StoredEvent*> many(15, &stored);
  const auto config = samples::webhook("wecom");
  const auto now = *parse_rfc3339("2026-11-22T10:00:00Z");
  const auto fits = events_that_fit(config, many, samples::context(), now);
  CHECK(fits > 5);
  CHECK(fits < 15);
  const auto shown = make_request(config, std::span{many}.first(fits), samples::context(), now);
  REQUIRE(shown.has_value());
  CHECK(shown->body.find(" more") == std::string::npos);
  std::size_t targets = 0;
  for (auto at = shown->body.find("-the-end"); at != std::string::npos;
       at = shown->body.find("-the-end", at + 1))
    ++targets;
  CHECK(targets == fits);
}
