#include "tests/unit/core/plain_reader.h"

#include <set>

namespace modelvane {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using Counts = std::map<std::string, int>;

// The polls that are believed: not those that have lost a quarter of the ids, unless that has lasted for six hours.
std::vector<PlainPoll> believed(const std::vector<PlainPoll>& polls, Counts& counts) {
  std::vector<PlainPoll> good;
  std::optional<Time> doubted_since;
  for (const auto& poll : polls) {
    if (poll.list == nullptr) continue;
    std::size_t lost = 0;
    if (!good.empty()) {
      for (const auto& [id, row] : *good.back().list) lost += poll.list->contains(id) ? 0 : 1;
    }
    const bool is_short = !good.empty() && lost * 4 >= good.back().list->size();
    if (is_short && !doubted_since) {
      doubted_since = poll.at;
      ++counts["catalog.quarantined"];
      continue;
    }
    if (is_short && poll.at - *doubted_since < hours{6}) continue;
    if (doubted_since) ++counts["catalog.accepted"];
    doubted_since.reset();
    good.push_back(poll);
  }
  return good;
}

// Calls fact(value) for every run of equal values that is confirmed; the first value is one at once.
template <typename ValueOf, typename Needed, typename Fact>
void for_facts(const std::vector<PlainPoll>& polls, ValueOf value_of, Needed needed, Fact fact) {
  std::optional<std::string> known;
  for (std::size_t begin = 0; begin < polls.size();) {
    const std::optional<std::string> value = value_of(*polls[begin].list);
    std::size_t end = begin;
    while (end < polls.size() && value_of(*polls[end].list) == value) ++end;
    if (value) {
      const auto [count, span] = needed(*value);
      const bool lasts = end - begin >= count && polls[end - 1].at - polls[begin].at >= span;
      if (!known || (*value != *known && lasts)) {
        fact(known, *value);
        known = value;
      }
    }
    begin = end;
  }
}

struct Needed {
  std::size_t polls;
  Duration span;
};

void count_model(const std::vector<PlainPoll>& polls, const std::string& id, Counts& counts) {
  for_facts(
      polls, [&](const PlainList& list) { return std::optional<std::string>{list.contains(id) ? "there" : ""}; },
      [](const std::string& value) { return value.empty() ? Needed{3, hours{6}} : Needed{2, minutes{0}}; },
      [&](const std::optional<std::string>& known, const std::string& value) {
        if (known) ++counts[value.empty() ? "model.removed" : "model.added"];
      });
}

// While the model is not in the list, nobody speaks of its end; when it is removed, its end is forgotten.
void count_ending(const std::vector<PlainPoll>& polls, const std::string& id, Counts& counts) {
  const auto first = polls.front().list->find(id);
  std::string known = first == polls.front().list->end() ? "" : first->second.ending;
  std::string before;  // what the poll before said, if the model was there
  std::optional<Time> missing_since;
  int missing = 0;
  for (const auto& poll : polls) {
    const auto row = poll.list->find(id);
    if (row == poll.list->end()) {
      if (missing++ == 0) missing_since = poll.at;
      const bool is_removed = missing >= 3 && poll.at - *missing_since >= hours{6};
      if (is_removed) known.clear();
      if (known.empty()) before.clear();
      continue;
    }
    missing = 0;
    const std::string& now = row->second.ending;
    if (now != known && now == before) {
      ++counts[known.empty() ? "model.retirement_set" : now.empty() ? "model.retirement_cleared" : "model.retirement_changed"];
      known = now;
    }
    before = now;
  }
}

// "" = gone, "-" = hidden, else the target.
void count_alias(const std::vector<PlainPoll>& polls, const std::string& id, Counts& counts) {
  std::string last_target;
  for_facts(
      polls,
      [&](const PlainList& list) {
        const auto row = list.find(id);
        const bool is_none = row == list.end() || (row->second.target.empty() && last_target.empty());
        return std::optional<std::string>{is_none ? "" : row->second.target.empty() ? "-" : row->second.target};
      },
      [](const std::string& value) { return value.empty() ? Needed{3, minutes{10}} : Needed{2, minutes{0}}; },
      [&](const std::optional<std::string>& known, const std::string& value) {
        if (known && value.empty()) ++counts["alias.vanished"];
        if (known && value == "-") ++counts[known->empty() ? "alias.appeared" : "alias.undisclosed"];
        if (value.empty() || value == "-") return;
        if (known && known->empty()) ++counts["alias.appeared"];
        if (known == "-") ++counts["alias.disclosed"];
        if (known && !last_target.empty() && last_target != value) ++counts["alias.moved"];
        last_target = value;
      });
}

}  // namespace

Counts plain_counts(const std::vector<PlainPoll>& polls) {
  Counts counts;
  const auto good = believed(polls, counts);
  std::map<std::string, bool> is_alias;
  for (const auto& poll : good) {
    for (const auto& [id, row] : *poll.list) {
      auto& alias = is_alias[id];
      alias = alias || !row.target.empty();
    }
  }
  for (const auto& [id, alias] : is_alias) {
    if (alias) {
      count_alias(good, id, counts);
    } else {
      count_model(good, id, counts);
      count_ending(good, id, counts);
    }
  }
  return counts;
}

}  // namespace modelvane
