#include "tests/replay/plain_reader.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <utility>

namespace modelvane {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using Counts = std::map<std::string, int>;

// nullptr = not in the list.
const PlainRow* listed(const PlainPoll& poll, const std::string& id) {
  const auto row = poll.list->find(id);
  return row == poll.list->end() || !row->second.is_listed ? nullptr : &row->second;
}

std::size_t size_of(const PlainList& list) {
  return static_cast<std::size_t>(
      std::ranges::count_if(list, [](const auto& entry) { return entry.second.is_listed; }));
}

std::size_t lost_ids(const PlainPoll& before, const PlainPoll& now) {
  std::size_t lost = 0;
  for (const auto& [id, row] : *before.list)
    lost += row.is_listed && listed(now, id) == nullptr ? 1 : 0;
  return lost;
}

// The polls that are believed: not those that have lost a quarter of the ids, unless that has
// lasted for six hours.
std::vector<PlainPoll> believed(const std::vector<PlainPoll>& polls, Counts& counts) {
  std::vector<PlainPoll> good;
  bool is_doubted = false;
  Time doubted_since{};
  for (const auto& poll : polls) {
    if (poll.list == nullptr) {
      if (!good.empty()) good.back().failed_after.push_back(poll.at);
      continue;
    }
    const bool is_same = !good.empty() && good.back().list == poll.list;
    const bool is_short =
        !good.empty() && !is_same && lost_ids(good.back(), poll) * 4 >= size_of(*good.back().list);
    if (is_short && !is_doubted) {
      is_doubted = true;
      doubted_since = poll.at;
      ++counts["catalog.quarantined"];
      continue;
    }
    if (is_short && poll.at - doubted_since < hours{6}) continue;
    if (is_doubted) ++counts["catalog.accepted"];
    is_doubted = false;
    good.push_back(poll);
  }
  return good;
}

// Three failures in a row are a fact, and then two answers.
void count_availability(const std::vector<PlainPoll>& polls, Counts& counts) {
  bool is_down = false;
  for (std::size_t begin = 0, end = 0; begin < polls.size(); begin = end) {
    const bool fails = polls[begin].list == nullptr;
    while (end < polls.size() && (polls[end].list == nullptr) == fails) ++end;
    if (fails == is_down || end - begin < (fails ? 3u : 2u)) continue;
    ++counts[fails ? "endpoint.down" : "endpoint.up"];
    is_down = fails;
  }
}

// Calls fact(value) for every run of equal values that is confirmed; the first value is one at
// once.
template <typename ValueOf, typename Needed, typename Fact>
void for_facts(const std::vector<PlainPoll>& polls, ValueOf value_of, Needed needed, Fact fact) {
  std::optional<std::string> known;
  for (std::size_t begin = 0; begin < polls.size();) {
    const std::optional<std::string> value = value_of(polls[begin]);
    std::size_t end = begin;
    while (end < polls.size() &&
           (polls[end].list == polls[begin].list || value_of(polls[end]) == value))
      ++end;
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

Needed two_polls(const std::string&) {
  return {2, minutes{0}};
}

void count_model(const std::vector<PlainPoll>& polls, const std::string& id, Counts& counts) {
  for_facts(
      polls,
      [&](const PlainPoll& poll) {
        return std::optional<std::string>{listed(poll, id) ? "there" : ""};
      },
      [](const std::string& value) {
        return value.empty() ? Needed{3, hours{6}} : Needed{2, minutes{0}};
      },
      [&](const std::optional<std::string>& known, const std::string& value) {
        if (known) ++counts[value.empty() ? "model.removed" : "model.added"];
      });
}

// While one end of a model is known: when the list says so, or fails after it has said so.
struct KnownEnd {
  std::string date;
  Time since;
  bool is_baseline = false;
  std::vector<Time> shown;
};

Time moment_of(const std::string& date) {
  int year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0;
  std::sscanf(date.c_str(), "%d-%d-%dT%d:%d:%d", &year, &month, &day, &hour, &minute, &second);
  const auto date_of = std::chrono::year{year} / month / day;
  return std::chrono::sys_days{date_of} + hours{hour} + minutes{minute} +
         std::chrono::seconds{second};
}

// From thirty days before the end, from seven and from one, until the next of these: is there a
// poll that can say so? What had begun when the watching began, and an end that was over when it
// was announced, are said by nobody.
void count_nearness(const std::vector<KnownEnd>& ends, Counts& counts) {
  for (const auto& end : ends) {
    const Time at = moment_of(end.date);
    if (end.since >= at) continue;
    constexpr std::array kDays{30, 7, 1};
    for (std::size_t i = 0; i < kDays.size(); ++i) {
      const Time from = at - days{kDays[i]};
      const Time to = i + 1 < kDays.size() ? at - days{kDays[i + 1]} : Time::max();
      const bool is_said =
          std::ranges::any_of(end.shown, [&](Time time) { return time >= from && time < to; });
      if (is_said && !(end.is_baseline && end.since >= from)) ++counts["model.retirement_near"];
    }
  }
}

// While the model is not in the list, nobody speaks of its end; when it is removed, its end is
// forgotten. What discloses a target is no model (any more). An id that only its name makes an
// alias is never removed.
void count_ending(const std::vector<PlainPoll>& polls, const std::string& id, bool is_model,
                  Counts& counts) {
  PlainRow known;
  std::string before;  // what the poll before said, if the model was there
  Time missing_since{};
  int missing = 0;
  std::vector<KnownEnd> ends;
  for (const auto& poll : polls) {
    const PlainRow* row = listed(poll, id);
    if (row == nullptr) {
      if (missing++ == 0) missing_since = poll.at;
      const bool is_removed = is_model && missing >= 3 && poll.at - missing_since >= hours{6};
      if (is_removed) known = {};
      if (known.ending().empty()) before.clear();
      continue;
    }
    missing = 0;
    if (!row->target.empty()) break;
    const std::string now = row->ending();
    const bool is_baseline = &poll == &polls.front();
    if (now != known.ending() && (is_baseline || now == before)) {
      const std::string what = known.ending().empty() ? "set" : now.empty() ? "cleared" : "changed";
      if (!is_baseline) ++counts["model.retirement_" + what];
      if (!row->end.empty() && row->end != known.end)
        ends.push_back(
            {.date = row->end, .since = poll.at, .is_baseline = is_baseline, .shown = {}});
      known = *row;
    }
    if (!known.end.empty() && now == known.ending()) {
      auto& shown = ends.back().shown;
      shown.push_back(poll.at);
      shown.insert(shown.end(), poll.failed_after.begin(), poll.failed_after.end());
    }
    before = now;
  }
  count_nearness(ends, counts);
}

// "" = gone, "-" = hidden, else the target.
void count_alias(const std::vector<PlainPoll>& polls, const std::string& id, Counts& counts) {
  std::string last_target;
  for_facts(
      polls,
      [&](const PlainPoll& poll) {
        const auto row = poll.list->find(id);
        if (row == poll.list->end()) return std::optional<std::string>{""};
        const bool is_none =
            row->second.target.empty() && !row->second.is_named && last_target.empty();
        return std::optional<std::string>{is_none                      ? ""
                                          : row->second.target.empty() ? "-"
                                                                       : row->second.target};
      },
      [](const std::string& value) {
        return value.empty() ? Needed{3, minutes{10}} : Needed{2, minutes{0}};
      },
      [&](const std::optional<std::string>& known, const std::string& value) {
        if (known && value.empty()) ++counts["alias.vanished"];
        if (known && value == "-")
          ++counts[known->empty() ? "alias.appeared" : "alias.undisclosed"];
        if (value.empty() || value == "-") return;
        if (known && known->empty()) ++counts["alias.appeared"];
        if (known == "-") ++counts["alias.disclosed"];
        if (known && !last_target.empty() && last_target != value) ++counts["alias.moved"];
        last_target = value;
      });
}

// Only what was told in one way is compared: whenever the way changes, there is a new beginning.
void count_alias_by_ways(const std::vector<PlainPoll>& polls, const std::string& id,
                         Counts& counts) {
  std::vector<PlainPoll> alike;
  std::string way;
  for (const auto& poll : polls) {
    const auto row = poll.list->find(id);
    const std::string told_by = row == poll.list->end() ? "" : row->second.told_by;
    if (!told_by.empty() && !way.empty() && told_by != way) {
      count_alias(alike, id, counts);
      alike.clear();
    }
    if (!told_by.empty()) way = told_by;
    alike.push_back(poll);
  }
  count_alias(alike, id, counts);
}

void count_hints(const std::vector<PlainPoll>& polls, const std::string& id, Counts& counts) {
  std::vector<PlainPoll> with_row;
  std::ranges::copy_if(polls, std::back_inserter(with_row),
                       [&](const auto& poll) { return listed(poll, id) != nullptr; });
  for_facts(
      with_row,
      [&](const PlainPoll& poll) { return std::optional<std::string>{listed(poll, id)->hints}; },
      two_polls,
      [&](const std::optional<std::string>& known, const std::string&) {
        if (known) ++counts["alias.hint"];
      });
}

}  // namespace

Counts plain_counts(const std::vector<PlainPoll>& polls) {
  Counts counts;
  count_availability(polls, counts);
  const auto good = believed(polls, counts);
  std::map<std::string, bool> is_alias;
  for (const PlainList* last = nullptr; const auto& poll : good) {
    if (poll.list == std::exchange(last, poll.list)) continue;
    for (const auto& [id, row] : *poll.list) is_alias[id] |= row.is_named || !row.target.empty();
  }
  for (const auto& [id, alias] : is_alias) {
    if (alias) {
      count_alias_by_ways(good, id, counts);
      count_hints(good, id, counts);
    } else {
      count_model(good, id, counts);
    }
    count_ending(good, id, !alias, counts);
  }
  return counts;
}

}  // namespace modelvane
