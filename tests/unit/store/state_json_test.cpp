#include "daemon/store/state_json.h"

#include <doctest/doctest.h>

#include "store_world.h"
#include "tests/unit/detect/story.h"

using namespace modelvane;
using namespace std::chrono_literals;
using test::kStart;

namespace {

// Every field differs from its default, so that a forgotten one shows.
EndpointState full_state() {
  EndpointState state;
  state.has_baseline = true;
  state.last_good = kStart + 1us;
  state.echo = {.day = 20'000, .asked = 3, .forms = {{"internlm3-latest", 1}}};
  state.ids = {"a", "b \"quoted\"", "internlm3-20b", "internlm3-latest"};
  AliasState alias;
  alias.sighting.known = {AliasStatus::Undisclosed, "internlm3-8b"};
  alias.rule = Rule::Lookup;
  alias.since = kStart + 2us;
  alias.last_seen = kStart + 3us;
  alias.evidence = R"({"id":"internlm3-latest","ref_model":"internlm3-8b"})";
  alias.sighting.pending =
      Pending<Sighting>{{.last_seen = kStart + 3us, .first_seen = kStart + 4us, .polls = 1},
                        {AliasStatus::Resolved, "internlm3-20b"}};
  alias.recent = {"x", "y", "x"};
  alias.unstable = true;
  alias.last_move = LastMove{.event_id = "evt_1", .from = "internlm2", .at = kStart + 5us};
  alias.changes = 7;
  alias.unheard = true;
  alias.hints.known = {"1", "\"v2\""};
  alias.hints.pending = Pending<std::vector<std::string>>{
      {.last_seen = kStart + 10us, .first_seen = kStart + 11us, .polls = 1}, {"2", ""}};
  alias.pin_ok = false;
  alias.disagrees.known = true;
  alias.disagrees.pending = Pending<bool>{{.first_seen = alias.since, .polls = 2}, false};
  state.aliases["internlm3-latest"] = alias;
  state.aliases["plain"] = AliasState{};
  AliasState newcomer;
  newcomer.sighting.known.status = AliasStatus::Absent;
  newcomer.sighting.pending =
      Pending<Sighting>{{.last_seen = kStart + 3us, .first_seen = kStart + 4us, .polls = 1},
                        {AliasStatus::Resolved, "b"}};
  state.newcomers["new-latest"] = newcomer;
  state.pending_models["internlm3-20b"] = Confirming<bool>{
      .known = false,
      .pending = Pending<bool>{
          {.last_seen = kStart + 12us, .first_seen = kStart + 13us, .polls = 2}, true}};
  EndingState ending{
      .ending = {.known = Ending{.at = kStart + 14us, .replacement = "b"}, .pending = std::nullopt},
      .near_days = 7};
  ending.ending.pending = Pending<std::optional<Ending>>{
      {.last_seen = kStart + 15us, .first_seen = kStart + 16us, .polls = 1},
      Ending{.at = std::nullopt, .replacement = "c"}};
  state.endings =
      std::map<std::string, EndingState>{{"internlm3-20b", ending}, {"plain", EndingState{}}};
  state.quarantine = Quarantine{
      .since = kStart + 6us, .last_seen = kStart + 17us, .ids = {"b \"quoted\""}, .models_now = 12};
  state.restless = {.ids = {"m1"},
                    .departed = {{"m2", kStart + 18us}},
                    .taken_back = {{.at = kStart + 19us, .early = 3h}}};
  state.availability.known = Availability::Down;
  state.availability.pending =
      Pending<Availability>{{.first_seen = kStart + 7us, .polls = 3}, Availability::Up};
  state.down_since = kStart + 8us;
  state.down_reason = Reason::Http5xx;
  state.down_sentence = "the server answered with status 503";
  state.last_answer = kStart + 9us;
  state.events_made = 18446744073709551615U;
  return state;
}

}  // namespace

TEST_CASE("a state is read back exactly as it was written, to the microsecond") {
  CHECK(parse_state(to_json(full_state())) == full_state());
  CHECK(parse_state(to_json(EndpointState{})) == EndpointState{});
}

TEST_CASE("every status, rule, availability and reason survives") {
  for (const auto status : {AliasStatus::Resolved, AliasStatus::Undisclosed, AliasStatus::Absent}) {
    for (const auto rule : {Rule::Field, Rule::Reverse, Rule::Lookup, Rule::Echo}) {
      EndpointState state;
      state.aliases["a"].sighting.known = {status, "x"};
      state.aliases["a"].rule = rule;
      CHECK(parse_state(to_json(state)) == state);
    }
  }
  for (const auto availability : {Availability::Unknown, Availability::Up, Availability::Down}) {
    EndpointState state;
    state.availability.known = availability;
    CHECK(parse_state(to_json(state)) == state);
  }
  for (const auto reason : kReasons.values())
    CHECK(parse_state(to_json(EndpointState{.down_reason = reason}))->down_reason == reason);
}

TEST_CASE("keys of a later program are ignored, missing ones mean the default") {
  const auto state = parse_state(
      R"({"version":1,"colour":"blue","has_baseline":true,"aliases":{"a":{"target":"x","mood":3}}})");
  REQUIRE(state.has_value());
  CHECK(state->has_baseline);
  CHECK(state->aliases.at("a").target() == "x");
  CHECK_FALSE(state->availability.pending);
}

TEST_CASE("what cannot be a state is an error, never a guess") {
  for (const auto* text :
       {"", "[]", "{", R"({"version":1,"last_good":"yesterday"})", R"({"version":1,"ids":[1]})",
        R"({"version":1,"ids":["ab",3,"c"]})", R"({"version":1,"streak":1.5})",
        R"({"version":1,"streak":3000000000})", R"({"version":1,"availability":"sideways"})",
        R"({"version":1,"aliases":{"a":{"status":"lost"}}})",
        R"({"version":1,"down_reason":"mood"})", R"({"version":1,"aliases":{"a":7}})"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_state(text).has_value());
  }
  CHECK(parse_state(R"({"version":3})").error() == "the state was written by a newer modelvane");
}

TEST_CASE("an id that is not UTF-8 does not stop the store") {
  EndpointState state;
  state.ids = {"broken \xFF id"};
  CHECK(parse_state(to_json(state))->ids.size() == 1);
}

namespace {

// What the k-th kind of poll shows of the alias "a", its row's watched value, the model "n" and its
// end; 6 is a failed poll.
constexpr int kKinds = 7;
Observation shown(int kind, Time at) {
  if (kind == 6)
    return {.at = at, .result = std::unexpected(PollFailure{.sentence = "no"}), .request_id = ""};
  Targets targets{{"m1", ""}, {"m2", ""}, {"m3", ""}, {"m4", ""}, {"m5", ""}};
  if (kind != 0) targets["a"] = kind == 1 ? "x" : kind == 2 ? "y" : "";
  if (kind >= 3) targets["n"] = "";
  auto list = std::make_shared<Catalog>(*Story::catalog(targets));
  if (kind == 4) list->undisclosed = {"a"};
  if (kind == 5) list->unasked = {"a"};
  if (kind == 2 || kind == 4) list->hints = {{.id = "a", .values = {kind == 2 ? "1" : "2"}}};
  if (kind == 3 || kind == 4)
    list->lifecycles = {{.id = "n", .retires_at = kStart + 24h * kind, .replacement = "m1"}};
  return {.at = at, .result = list, .request_id = ""};
}

Story plays(int world, bool is_saved_at_each_step) {
  Story story;
  story.watched.pins = {{"a", {"x"}}};
  story.watched.hints = {"/created"};
  story.watched.policy.vanished = story.watched.policy.removed = {.polls = 2};
  for (int left = world, i = 0; i < 6; ++i, left /= kKinds) {
    story.sees(shown(left % kKinds, story.now));
    if (is_saved_at_each_step) story.state = parse_state(to_json(story.state)).value();
  }
  return story;
}

}  // namespace

TEST_CASE(
    "going on from a state that was saved and read gives the same events as going on without a "
    "stop") {
  for (int world = 0; world < 117'649;
       world += 11) {  // all of 7^6 would take long; 11 has no factor in common with 7
    const Story whole = plays(world, false);
    const Story saved = plays(world, true);
    if (!(whole.all == saved.all && whole.state == saved.state)) FAIL_CHECK("differs: " << world);
  }
}
