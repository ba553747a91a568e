#include "tests/replay/polls.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "daemon/catalog/read_catalog.h"
#include "daemon/detect/advance.h"
#include "tests/replay/plain_reader.h"

namespace modelvane {
namespace {

constexpr Duration kInterval = std::chrono::minutes{10};

struct Poll {
  Time at;
  std::size_t line;
};

std::vector<Poll> polls_of(const Trace& trace) {
  std::vector<Poll> polls;
  for (std::size_t i = 0; i < trace.size(); ++i) {
    const Time end = i + 1 < trace.size() ? trace[i + 1].at : trace[i].at + std::chrono::days{2};
    for (Time at = trace[i].at; at < end; at += kInterval) polls.push_back({at, i});
  }
  return polls;
}

std::shared_ptr<const Catalog> catalog_of(const TraceLine& line, const Reading& how) {
  if (line.body.empty()) return nullptr;
  auto read = read_catalog(line.body, how);
  REQUIRE(read.has_value());
  return std::make_shared<const Catalog>(std::move(*read));
}

using Removals = std::map<std::string, Time>;

void count_return(const std::string& id, Time at, Removals& removals, Replayed& replayed) {
  const auto removed = removals.find(id);
  if (removed == removals.end()) return;
  if (at - removed->second <= std::chrono::days{2}) ++replayed.taken_back;
  removals.erase(removed);
}

void count(const std::vector<Event>& events, Removals& removals, Replayed& replayed) {
  int removed = 0;
  for (const auto& event : events) {
    ++replayed.events[std::string{name(event.type)}];
    if (event.type == EventType::ModelRemoved) {
      removals[event.model] = event.time;
      replayed.longest_wait =
          std::max(replayed.longest_wait, event.time - event.observed_between->second);
    }
    if (event.type == EventType::ModelAdded)
      count_return(event.model, event.time, removals, replayed);
    if (event.type == EventType::CatalogGrew) {
      REQUIRE(event.ids_count == event.ids.size());
      for (const auto& id : event.ids) count_return(id, event.time, removals, replayed);
    }
    removed += event.type == EventType::ModelRemoved ? 1 : 0;
  }
  replayed.removed_at_once = std::max(replayed.removed_at_once, removed);
}

}  // namespace

Replayed replay(const Trace& trace, const Reading& how) {
  std::vector<std::shared_ptr<const Catalog>> catalogs;
  for (const auto& line : trace) catalogs.push_back(catalog_of(line, how));
  const Watched watched{.endpoint = "e", .instance = "test", .hints = how.hints};
  EndpointState state;
  Replayed replayed;
  Removals removals;
  for (const auto& poll : polls_of(trace)) {
    Observation seen{.at = poll.at, .result = catalogs[poll.line], .request_id = ""};
    if (!catalogs[poll.line])
      seen.result = std::unexpected(PollFailure{.reason = Reason::Http5xx, .sentence = "no"});
    auto advanced = advance(std::move(state), seen, watched);
    state = std::move(advanced.state);
    count(advanced.events, removals, replayed);
  }
  return replayed;
}

EventCounts plainly(const Trace& trace, const PlainProvider& provider) {
  std::vector<PlainList> lists;
  for (const auto& line : trace)
    lists.push_back(line.body.empty() ? PlainList{} : plain_list(line.body, provider));
  std::vector<PlainPoll> polls;
  for (const auto& poll : polls_of(trace))
    polls.push_back(
        {.at = poll.at, .list = trace[poll.line].body.empty() ? nullptr : &lists[poll.line]});
  return plain_counts(polls);
}

std::string text(const EventCounts& counts) {
  return nlohmann::json(counts).dump();
}

}  // namespace modelvane
