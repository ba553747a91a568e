// What the simulated models API does over time, as values: a few scenes laid over a base, repeated
// for ever. Pure: the time that has passed is an argument, so a script is tested as a table and a
// demo can be told about its own future. Scenes may overlap: what a later one sets wins while it
// lasts, and the rest shows through.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/text/time.h"

namespace modelvane::simulated {

// Normal: every row. Empty: a good answer without rows. Short: the first third of the rows. Html:
// status 200 with a web page, as gateways and login walls answer. Duplicate: every row twice.
enum class ListKind { Normal, Empty, Short, Html, Duplicate };
std::string_view label(ListKind kind);
std::optional<ListKind> list_kind(std::string_view label);

// alias -> target. "" = the row does not name its target; nullopt = the row is missing.
using Targets = std::map<std::string, std::optional<std::string>>;

struct Scene {
  Duration at{0};  // since the start of a round
  Duration lasts{0};
  std::string says{};  // what a reader is told when it begins
  std::string then{};  // and when it ends; "" = nothing
  Targets aliases{};   // only those that differ in this scene
  std::optional<int> status{};
  std::optional<Duration> delay{};
  std::optional<ListKind> list{};
};

struct Script {
  Duration round = std::chrono::seconds{60};  // after so long it starts again; longer than zero
  Targets aliases;
  std::vector<std::string> models;  // rows that are not aliases
  std::vector<Scene> scenes;
};

// How the API answers at one moment.
struct Answer {
  int status = 200;
  Duration delay{0};
  ListKind list = ListKind::Normal;
  Targets aliases;
  std::vector<std::string> models;
};
Answer what_at(const Script& script, Duration elapsed);

// A scene begins or ends.
struct Turn {
  Duration at{0};  // since the very start, all rounds counted
  std::string says;
};
// Turns with from < at <= to, in order; those that say nothing are left out.
std::vector<Turn> turns_between(const Script& script, Duration from, Duration to);
// The first turn after `elapsed`; nullopt when no scene ever says anything.
std::optional<Duration> next_turn(const Script& script, Duration elapsed);

// One minute in which internlm3-latest moves and moves back, with the usual troubles between.
Script built_in_script();

// The body and its content type, in InternLM's shape.
struct Body {
  std::string content_type;
  std::string text;
};
Body render(const Answer& answer);

}  // namespace modelvane::simulated
