// Months of real lists (tests/golden/traces, and one too large for it in the folder that
// MODELVANE_TRACES names) through advance() with the default policy, read by the providers'
// presets: the number of events of each type, against a plain reading of the same polls. Beside it
// what the same lists make with nothing but their ids read, so that the difference is what a preset
// knows.
#include <doctest/doctest.h>

#include <cstdlib>

#include "daemon/config/providers.h"
#include "tests/replay/polls.h"

namespace modelvane {
namespace {

struct Row {
  std::string provider;
  PlainProvider plain;
  EventCounts by_ids;
  EventCounts by_preset;
  int removed_at_once;  // more would be a storm
  int taken_back = 0;   // told to be removed, and back within two days
};

void check(const Row& row, const std::string& folder) {
  CAPTURE(row.provider);
  const auto trace = read_trace(folder + "/" + row.provider + ".jsonl.gz");
  const auto* preset = find_provider(row.provider);
  REQUIRE(preset != nullptr);
  const Reading how = reading_of(*preset, preset->url);
  const auto by_preset = replay(trace, how);
  CHECK(text(by_preset.events) == text(row.by_preset));
  CHECK(text(plainly(trace, row.plain)) == text(row.by_preset));
  CHECK(by_preset.removed_at_once == row.removed_at_once);
  CHECK(by_preset.taken_back == row.taken_back);
  // However restless a list is, a removal is told at most a day later than the policy says: two
  // polls more where some failed.
  CHECK(by_preset.longest_wait <= std::chrono::hours{6 + 24} + std::chrono::minutes{20});

  Reading ids;
  ids.shape = how.shape;
  CHECK(text(replay(trace, ids).events) == text(row.by_ids));
  CHECK(text(plainly(trace, {.prefix = row.plain.prefix})) == text(row.by_ids));
}

const std::string kGolden = std::string{MODELVANE_GOLDEN} + "/traces";

// Where both numbers are the same, the preset knows nothing of targets, names and ends that these
// lists would show.
const std::vector<Row> kRows = {
    {.provider = "fireworks",
     .plain = {.alias_ends = "-latest", .hints = {"context_length"}, .end = "deprecationDate"},
     .by_ids = {{"catalog.accepted", 2},
                {"catalog.quarantined", 2},
                {"endpoint.down", 1},
                {"endpoint.up", 1},
                {"model.added", 15},
                {"model.removed", 23}},
     .by_preset = {{"catalog.accepted", 2},
                   {"catalog.quarantined", 2},
                   {"endpoint.down", 1},
                   {"endpoint.up", 1},
                   {"model.added", 15},
                   {"model.removed", 23}},
     .removed_at_once = 8,
     .taken_back = 1},
    // Four ids end in -latest: none comes or goes, and nothing in these rows hints at what they
    // point to.
    {.provider = "gemini",
     .plain = {.prefix = "models/", .alias_ends = "-latest"},
     .by_ids = {{"model.added", 32}, {"model.removed", 23}},
     .by_preset = {{"model.added", 32}, {"model.removed", 23}},
     .removed_at_once = 11},
    {.provider = "mistral",
     .plain = {.has_targets = true,
               .alias_ends = "-latest",
               .end = "deprecation",
               .replacement = "deprecation_replacement_model"},
     .by_ids =
         {{"endpoint.down", 1}, {"endpoint.up", 1}, {"model.added", 29}, {"model.removed", 29}},
     .by_preset = {{"alias.appeared", 19},
                   {"alias.disclosed", 1},
                   {"alias.moved", 15},
                   {"alias.undisclosed", 5},
                   {"alias.vanished", 13},
                   {"endpoint.down", 1},
                   {"endpoint.up", 1},
                   {"model.added", 13},
                   {"model.removed", 17},
                   {"model.retirement_changed", 4},
                   {"model.retirement_near", 30},
                   {"model.retirement_set", 11}},
     .removed_at_once = 6},
    // Two of the new ids end in -latest, and six are a version's name without a date.
    {.provider = "openai",
     .plain = {.alias_ends = "-latest",
               .alias_like = "gpt-[0-9.]+o?(-mini|-nano|-pro|-turbo)?|o[0-9]+(-mini|-pro)?",
               .end = "shutdown_date"},
     .by_ids = {{"model.added", 23}, {"model.removed", 16}},
     .by_preset = {{"alias.appeared", 8}, {"model.added", 15}, {"model.removed", 16}},
     .removed_at_once = 9},
    // 69 of 226 ids were away for three days and are rightly reported; they come back at once. Six
    // more lists of half the ids held for hours.
    {.provider = "together",
     .plain = {.alias_ends = "-latest", .hints = {"context_length"}},
     .by_ids = {{"catalog.accepted", 7},
                {"catalog.grew", 1},
                {"catalog.quarantined", 7},
                {"endpoint.down", 8},
                {"endpoint.up", 8},
                {"model.added", 119},
                {"model.removed", 176}},
     .by_preset = {{"catalog.accepted", 7},
                   {"catalog.grew", 1},
                   {"catalog.quarantined", 7},
                   {"endpoint.down", 8},
                   {"endpoint.up", 8},
                   {"model.added", 119},
                   {"model.removed", 176}},
     .removed_at_once = 67,
     .taken_back = 17},
    {.provider = "xai",
     .plain = {.alias_ends = "-latest", .hints = {"context_length"}},
     .by_ids = {{"catalog.accepted", 2},
                {"catalog.quarantined", 2},
                {"model.added", 11},
                {"model.removed", 15}},
     .by_preset = {{"catalog.accepted", 2},
                   {"catalog.quarantined", 2},
                   {"model.added", 11},
                   {"model.removed", 15}},
     .removed_at_once = 6},
};

// Eight of the new ids begin with ~; their context lengths change like those of what they point to.
const Row kOpenRouter{
    .provider = "openrouter",
    .plain = {.alias_begins = "~", .hints = {"context_length"}, .end = "expiration_date"},
    .by_ids = {{"endpoint.down", 4},
               {"endpoint.up", 4},
               {"model.added", 114},
               {"model.removed", 107}},
    .by_preset = {{"alias.appeared", 8},
                  {"alias.hint", 8},
                  {"endpoint.down", 4},
                  {"endpoint.up", 4},
                  {"model.added", 106},
                  {"model.removed", 107},
                  {"model.retirement_changed", 20},
                  {"model.retirement_cleared", 9},
                  {"model.retirement_near", 152},
                  {"model.retirement_set", 55}},
    .removed_at_once = 6,
    .taken_back = 1};

TEST_CASE(
    "each provider's months make exactly the events of a plain reading, so many of each type, and "
    "no storm of removals") {
  for (const auto& row : kRows) check(row, kGolden);
}

// How many ids each good line lacks of the good line before.
int naive_removals(const Trace& trace) {
  int removals = 0;
  PlainList before;
  for (const auto& line : trace) {
    if (line.body.empty()) continue;
    PlainList now = plain_list(line.body, {});
    for (const auto& [id, row] : before) removals += now.contains(id) ? 0 : 1;
    before = std::move(now);
  }
  return removals;
}

TEST_CASE(
    "of a thousand ids that shrunken lists lack, only those are reported as removed that stayed "
    "away") {
  const auto trace = read_trace(kGolden + "/together.jsonl.gz");
  const auto* together = find_provider("together");
  REQUIRE(together != nullptr);
  CHECK(naive_removals(trace) == 1070);
  CHECK(replay(trace, reading_of(*together, together->url)).events.at("model.removed") == 176);
}

TEST_CASE(
    "the months of a list of 350 models make exactly the events of a plain reading, so many of "
    "each type") {
  const char* folder = std::getenv("MODELVANE_TRACES");
  if (folder == nullptr) {
    MESSAGE("skipped: MODELVANE_TRACES names no folder with openrouter.jsonl.gz");
    return;
  }
  check(kOpenRouter, folder);
}

}  // namespace
}  // namespace modelvane
