#include "daemon/simulate/script.h"

#include <algorithm>
#include <array>

namespace modelvane::simulated {

using namespace std::chrono_literals;

namespace {

constexpr std::array kLabels{std::string_view{"normal"}, std::string_view{"empty"},
                             std::string_view{"short"}, std::string_view{"html"},
                             std::string_view{"duplicate"}};

bool holds(const Scene& scene, Duration in_round) {
  return in_round >= scene.at && in_round < scene.at + scene.lasts;
}

// Every turn of one round, in order. At equal times the end of a scene is told before the beginning
// of the next.
std::vector<Turn> turns_of_round(const Script& script) {
  std::vector<Turn> turns;
  for (const Scene& scene : script.scenes) {
    if (!scene.then.empty()) turns.push_back({scene.at + scene.lasts, scene.then});
  }
  for (const Scene& scene : script.scenes) {
    if (!scene.says.empty()) turns.push_back({scene.at, scene.says});
  }
  std::ranges::stable_sort(turns, {}, &Turn::at);
  return turns;
}

}  // namespace

std::string_view label(ListKind kind) {
  return kLabels[static_cast<std::size_t>(kind)];
}

std::optional<ListKind> list_kind(std::string_view text) {
  const auto found = std::ranges::find(kLabels, text);
  if (found == kLabels.end()) return std::nullopt;
  return static_cast<ListKind>(found - kLabels.begin());
}

Answer what_at(const Script& script, Duration elapsed) {
  Answer answer{.aliases = script.aliases, .models = script.models};
  const Duration in_round = elapsed % script.round;
  std::vector<const Scene*> active;
  for (const Scene& scene : script.scenes) {
    if (holds(scene, in_round)) active.push_back(&scene);
  }
  std::ranges::stable_sort(active, {}, &Scene::at);
  for (const Scene* scene : active) {
    for (const auto& [alias, target] : scene->aliases) answer.aliases[alias] = target;
    answer.status = scene->status.value_or(answer.status);
    answer.delay = scene->delay.value_or(answer.delay);
    answer.list = scene->list.value_or(answer.list);
  }
  return answer;
}

std::vector<Turn> turns_between(const Script& script, Duration from, Duration to) {
  std::vector<Turn> turns;
  const std::vector<Turn> round = turns_of_round(script);
  if (round.empty()) return turns;
  // A scene may end exactly with its round, which is the next one's moment zero: start one round
  // early.
  for (Duration start = std::max(Duration{0}, from - from % script.round - script.round);
       start <= to; start += script.round) {
    for (const Turn& turn : round) {
      const Duration at = start + turn.at;
      if (at > from && at <= to) turns.push_back({at, turn.says});
    }
  }
  return turns;
}

std::optional<Duration> next_turn(const Script& script, Duration elapsed) {
  const std::vector<Turn> turns = turns_between(script, elapsed, elapsed + 2 * script.round);
  if (turns.empty()) return std::nullopt;
  return turns.front().at;
}

Script built_in_script() {
  Script script;
  script.round = 60s;
  script.aliases = {{"internlm3-latest", "internlm3-8b-instruct"},
                    {"internvl2.5-latest", "internvl2.5-78b"},
                    {"internlm2.5-latest", "internlm2.5-20b-0719"}};
  script.models = {"internlm3-8b-instruct", "internlm3-20b-instruct", "internvl2.5-78b"};
  script.scenes = {
      {.at = 12s,
       .lasts = 44s,
       .says = "internlm3-latest now points to internlm3-20b-instruct",
       .then = "internlm3-latest points to internlm3-8b-instruct again",
       .aliases = {{"internlm3-latest", "internlm3-20b-instruct"}}},
      {.at = 20s,
       .lasts = 10s,
       .says = "every request is answered 503",
       .then = "requests are answered 200 again",
       .status = 503},
      {.at = 33s,
       .lasts = 5s,
       .says = "answers take 600 ms",
       .then = "answers are fast again",
       .delay = 600ms},
      {.at = 41s,
       .lasts = 3s,
       .says = "the list is empty",
       .then = "the list is complete again",
       .list = ListKind::Empty},
      {.at = 47s,
       .lasts = 5s,
       .says = "two thirds of the list are missing",
       .then = "the list is complete again",
       .list = ListKind::Short},
  };
  return script;
}

}  // namespace modelvane::simulated
