// A small world for tests of advance(): one endpoint, polled every minute, told in words.
//   Story story; story.lists({{"a", "x"}}, 2).fails(3);  CHECK(story.events() == ...)
#pragma once

#include <map>
#include <memory>
#include <ranges>
#include <string>
#include <utility>
#include <vector>

#include "daemon/detect/advance.h"

namespace modelvane {

using Targets =
    std::map<std::string, std::string>;  // id -> target; "" = listed, but discloses nothing

// Eight models that nothing happens to, so that a missing one is no quarantine, and more.
inline Targets models_and(Targets more) {
  for (const auto* id : {"m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8"}) more.emplace(id, "");
  return more;
}

struct Story {
  Watched watched{.endpoint = "internlm", .instance = "test"};
  EndpointState state;
  Time now = *parse_rfc3339("2026-11-22T10:00:00Z");
  Duration step = std::chrono::minutes{1};
  std::vector<Event> all;

  static std::shared_ptr<const Catalog> catalog(const Targets& targets) {
    auto list = std::make_shared<Catalog>();
    list->ids = IdList::of(targets | std::views::keys);
    for (const auto& [id, target] : targets) {
      if (!target.empty())
        list->aliases.push_back({.id = id,
                                 .target = target,
                                 .rule = Rule::Field,
                                 .evidence = "{\"id\":\"" + id + "\"}"});
    }
    return list;
  }

  Story& sees(const Observation& observation) {
    auto advanced = advance(std::move(state), observation, watched);
    state = std::move(advanced.state);
    for (auto& event : advanced.events) all.push_back(std::move(event));
    now += step;
    return *this;
  }
  Story& lists(const Targets& targets, int polls = 1) {
    while (polls-- > 0) sees({.at = now, .result = catalog(targets), .request_id = ""});
    return *this;
  }
  Story& fails(int polls = 1, Reason reason = Reason::Http5xx) {
    while (polls-- > 0)
      sees({.at = now,
            .result = std::unexpected(PollFailure{.reason = reason, .sentence = "no"}),
            .request_id = ""});
    return *this;
  }
  // "alias.moved a: x -> y", "model.added m" and so on, of all events so far.
  std::vector<std::string> events() const {
    std::vector<std::string> lines;
    for (const auto& event : all) {
      std::string line{name(event.type)};
      if (!event.alias.empty())
        line +=
            " " + event.alias + ": " + event.from.value_or("-") + " -> " + event.to.value_or("-");
      if (!event.model.empty()) line += " " + event.model;
      lines.push_back(line);
    }
    return lines;
  }
};

using Lines = std::vector<std::string>;

}  // namespace modelvane
