#include "tests/replay/plain_reader.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <memory>
#include <optional>
#include <set>
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

// An id is known once it stood in two lists one after the other; those of the first list are.
class KnownIds {
 public:
  void see(const PlainList& list) {
    std::map<std::string, int> now;
    for (const auto& [id, row] : list) {
      if (row.is_listed) now[id] = is_first_ || seen_[id] > 0 ? 2 : 1;
    }
    is_first_ = false;
    seen_ = std::move(now);
  }
  bool has(const std::string& id) const { return seen_.contains(id) && seen_.at(id) == 2; }
  std::size_t size() const { return seen_.size(); }

 private:
  std::map<std::string, int> seen_;
  bool is_first_ = true;
};

bool points_to(const PlainRow& row, const std::string& id) {
  return ("," + row.target + ",").find("," + id + ",") != std::string::npos;
}

bool names(const PlainList& list, const std::string& id) {
  const auto row = list.find(id);
  if (row != list.end() && (!row->second.target.empty() || row->second.is_listed)) return true;
  return std::ranges::any_of(list, [&](const auto& entry) { return points_to(entry.second, id); });
}

// The polls as they are believed. Ids that leave together, a quarter of the list and at least
// three, are added to the lists again, until they come back or have been away for six hours since
// the last of them left.
class Believed {
 public:
  explicit Believed(Counts& counts) : counts_(counts) {}

  // The lists stay good as long as this does.
  std::vector<PlainPoll> of(const std::vector<PlainPoll>& polls) {
    for (const auto& poll : polls) {
      if (poll.list == nullptr) {
        if (!good_.empty()) good_.back().failed_after.push_back(poll.at);
      } else {
        take(poll);
      }
    }
    return std::move(good_);
  }

 private:
  std::set<std::string> missing(const PlainPoll& poll) const {
    std::set<std::string> ids;
    if (good_.empty()) return ids;
    for (const auto& [id, row] : *good_.back().list) {
      if (row.is_listed && known_.has(id) && listed(poll, id) == nullptr && !names(*poll.list, id))
        ids.insert(id);
    }
    return ids;
  }

  void take(const PlainPoll& poll) {
    if (doubted_.empty() && last_ == poll.list) {
      known_.see(*good_.back().list);
      good_.push_back({.at = poll.at, .list = good_.back().list});
      return;
    }
    last_ = poll.list;
    const auto gone = missing(poll);
    const bool is_doubtful = gone.size() >= 3 && gone.size() * 4 >= known_.size();
    std::set<std::string> came_back;
    std::ranges::copy_if(doubted_, std::inserter(came_back, came_back.end()),
                         [&](const auto& id) { return listed(poll, id) != nullptr; });
    const bool is_doubt_over = !is_doubtful || judge(poll, gone);
    const auto were_doubted = is_doubt_over ? std::exchange(doubted_, {}) : std::set<std::string>{};
    if (!were_doubted.empty()) ++counts_["catalog.accepted"];
    add(poll);
    good_.back().came_back = std::move(came_back);
    good_.back().no_longer_doubted = were_doubted;
    good_.back().last_seen = last_seen_;
  }

  // True when it has stayed so for six hours.
  bool judge(const PlainPoll& poll, const std::set<std::string>& gone) {
    if (doubted_.empty()) {
      ++counts_["catalog.quarantined"];
      last_seen_ = good_.back().at;
    }
    const bool has_joined = !std::ranges::includes(doubted_, gone);
    if (has_joined) since_ = poll.at;
    doubted_ = gone;
    return poll.at - since_ >= hours{6};
  }

  void add(const PlainPoll& poll) {
    auto list = std::make_unique<PlainList>(*poll.list);
    if (!good_.empty()) {
      for (const auto& [id, row] : *good_.back().list) {
        const bool is_doubted =
            doubted_.contains(id) ||
            std::ranges::any_of(doubted_, [&](const auto& gone) { return points_to(row, gone); });
        if (is_doubted) list->emplace(id, row);
      }
    }
    known_.see(*list);
    good_.push_back({.at = poll.at, .list = list.get()});
    lists_.emplace(list.get(), std::move(list));
  }

  Counts& counts_;
  std::vector<PlainPoll> good_;
  std::map<const PlainList*, std::unique_ptr<PlainList>> lists_;
  KnownIds known_;
  const PlainList* last_ = nullptr;
  std::set<std::string> doubted_;
  Time since_{};
  Time last_seen_{};
};

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

struct Needed {
  std::size_t polls;
  Duration span;
};

Needed two_polls(const std::string&) {
  return {2, minutes{0}};
}

// When a run of polls is long enough; none = never.
template <typename Earliest>
std::optional<Time> fact_at(const std::vector<PlainPoll>& polls, std::size_t begin, std::size_t end,
                            const Needed& needed, Earliest earliest) {
  for (std::size_t i = begin + needed.polls - 1; i < end; ++i) {
    if (polls[i].at - polls[begin].at >= needed.span && polls[i].at >= earliest(i))
      return polls[i].at;
  }
  return std::nullopt;
}

// A list that took removals back, at most ninety days ago, is believed later: by the longest that
// would have sufficed and a quarter more, but by no more than a day. It counts from when a model
// was last seen.
class Patience {
 public:
  void learn(Time at, Duration early) { taken_back_[at] = std::max(taken_back_[at], early); }
  Duration at(Time time) const {
    Duration longest{0};
    for (const auto& [when, early] : taken_back_) {
      if (when < time && time - when <= days{90}) longest = std::max(longest, early);
    }
    return std::min<Duration>(longest * 5 / 4, days{1});
  }
  // For an id that is missing from polls[begin] to polls[i]. With those that left together with it,
  // while they are a quarter and at least three, it must be away for a day.
  Duration more(const std::vector<PlainPoll>& polls, std::size_t begin, std::size_t i,
                const std::string& id) const {
    const auto& together = polls[begin].no_longer_doubted;
    if (!together.contains(id)) return at(polls[i].at);
    const auto& before = *polls[begin - 1].list;  // which still has all that was doubted
    const auto missing = std::ranges::count_if(together, [&](const auto& one) {
      const auto row = before.find(one);
      const bool is_alias =
          row != before.end() && (row->second.is_named || !row->second.target.empty());
      return !is_alias &&
             std::none_of(polls.begin() + static_cast<std::ptrdiff_t>(begin),
                          polls.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                          [&](const auto& poll) { return listed(poll, one) != nullptr; });
    });
    const auto there = std::ranges::count_if(
        *polls[i].list, [](const auto& entry) { return entry.second.is_listed; });
    const bool is_large = missing >= 3 && missing * 4 >= there + missing;
    return std::max<Duration>(at(polls[i].at), is_large ? hours{18} : hours{0});
  }
  friend bool operator==(const Patience&, const Patience&) = default;

 private:
  std::map<Time, Duration> taken_back_;
};

// Who is missing in polls[begin] for the first time.
Time last_seen(const std::vector<PlainPoll>& polls, std::size_t begin, const std::string& id) {
  const auto& poll = polls[begin];
  if (poll.no_longer_doubted.contains(id)) return poll.last_seen;
  return begin == 0 ? poll.at : polls[begin - 1].at;
}

// Calls fact(known, value, when) for every run of equal values that is confirmed; the first value
// is one at once. "" means gone: who is back before that was told, or within two days, is believed
// to be gone only after twice as long from then on.
// `patience`: of the list whose models these are, and `learnt` what they teach of it.
template <typename ValueOf, typename NeededOf, typename Fact>
void for_facts(const std::vector<PlainPoll>& polls, const std::string& id, ValueOf value_of,
               NeededOf needed_of, Fact fact, const Patience* patience = nullptr,
               Patience* learnt = nullptr) {
  std::optional<std::string> known;
  std::optional<Time> told_gone;
  bool is_restless = false;
  for (std::size_t begin = 0; begin < polls.size();) {
    const std::optional<std::string> value = value_of(polls[begin]);
    std::size_t end = begin;
    while (end < polls.size() &&
           (polls[end].list == polls[begin].list || value_of(polls[end]) == value)) {
      is_restless = is_restless || polls[end].came_back.contains(id);
      ++end;
    }
    if (value && !known) {
      fact(known, *value, polls[begin].at);
      known = value;
    } else if (value && *value != *known) {
      Needed needed = needed_of(*value);
      if (value->empty() && is_restless) needed = {needed.polls * 2, needed.span * 2};
      const Duration usual = needed_of("").span;
      const bool is_leaving = value->empty() && patience != nullptr;
      const auto earliest = [&](std::size_t i) {
        const auto more = is_leaving ? patience->more(polls, begin, i, id) : Duration{0};
        return more > Duration{0} ? last_seen(polls, begin, id) + usual + more : polls[begin].at;
      };
      const auto when = fact_at(polls, begin, end, needed, earliest);
      if (when) {
        fact(known, *value, *when);
        if (known->empty() && told_gone && *when - *told_gone <= days{2}) {
          if (learnt != nullptr)
            learnt->learn(*when,
                          *when - *told_gone +
                              std::max(is_restless ? usual : Duration{0}, patience->at(*when)));
          is_restless = true;
        }
        if (value->empty()) told_gone = when;
        known = value;
      } else if (value->empty() && end < polls.size()) {
        is_restless = true;
      }
    }
    begin = end;
  }
}

// Counts of event types, and at which times new ids were told.
struct Tally {
  Counts counts;
  std::map<Time, Counts> arrivals;

  void arrive(Time when, const std::string& type) { ++arrivals[when][type]; }
  // More than fifty at one time are one piece of news.
  void add_arrivals() {
    for (const auto& [when, types] : arrivals) {
      int all = 0;
      for (const auto& [type, count] : types) all += count;
      if (all > 50) {
        ++counts["catalog.grew"];
        continue;
      }
      for (const auto& [type, count] : types) counts[type] += count;
    }
  }
};

void count_model(const std::vector<PlainPoll>& polls, const std::string& id, Tally& tally,
                 const Patience& patience, Patience& learnt) {
  for_facts(
      polls, id,
      [&](const PlainPoll& poll) {
        return std::optional<std::string>{listed(poll, id) ? "there" : ""};
      },
      [](const std::string& value) {
        return value.empty() ? Needed{3, hours{6}} : Needed{2, minutes{0}};
      },
      [&](const std::optional<std::string>& known, const std::string& value, Time when) {
        if (!known) return;
        if (value.empty()) {
          ++tally.counts["model.removed"];
        } else {
          tally.arrive(when, "model.added");
        }
      },
      &patience, &learnt);
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

// A model that is not in the list, poll after poll.
class Absence {
 public:
  explicit Absence(const Patience& patience) : patience_(patience) {}
  // True from the moment that it is told.
  bool lasts(const std::vector<PlainPoll>& polls, std::size_t i, const std::string& id) {
    if (polls_++ == 0) begin_ = i;
    const Time at = polls[i].at;
    const int needed = is_restless_ ? 2 : 1;
    const auto more = patience_.more(polls, begin_, i, id);
    const bool is_told =
        polls_ >= 3 * needed && at - polls[begin_].at >= hours{6} * needed &&
        (more == Duration{0} || at - last_seen(polls, begin_, id) >= hours{6} + more);
    if (is_told && !told_) told_ = at;
    return is_told;
  }
  void end(const PlainPoll& poll, const std::string& id) {
    const bool is_back_soon = polls_ > 0 && (!told_ || poll.at - *told_ <= days{2});
    is_restless_ = is_restless_ || is_back_soon || poll.came_back.contains(id);
    polls_ = 0;
    told_.reset();
  }

 private:
  const Patience& patience_;
  std::size_t begin_ = 0;
  int polls_ = 0;
  bool is_restless_ = false;
  std::optional<Time> told_;
};

// While the model is not in the list, nobody speaks of its end; when it is removed, its end is
// forgotten. What discloses a target is no model (any more). An id that only its name makes an
// alias is never removed.
void count_ending(const std::vector<PlainPoll>& polls, const std::string& id, bool is_model,
                  const Patience& patience, Counts& counts) {
  PlainRow known;
  std::string before;  // what the poll before said, if the model was there
  Absence absence{patience};
  std::vector<KnownEnd> ends;
  for (const auto& poll : polls) {
    const PlainRow* row = listed(poll, id);
    if (row == nullptr) {
      const auto i = static_cast<std::size_t>(&poll - polls.data());
      if (absence.lasts(polls, i, id) && is_model) known = {};
      if (known.ending().empty()) before.clear();
      continue;
    }
    absence.end(poll, id);
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
void count_alias(const std::vector<PlainPoll>& polls, const std::string& id, Tally& tally) {
  auto& counts = tally.counts;
  std::string last_target;
  for_facts(
      polls, id,
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
      [&](const std::optional<std::string>& known, const std::string& value, Time when) {
        if (known && value.empty()) ++counts["alias.vanished"];
        if (known && known->empty()) {
          // One that is back after it had a target is no new one.
          if (last_target.empty()) tally.arrive(when, "alias.appeared");
          if (!last_target.empty()) ++counts["alias.appeared"];
        }
        if (known && value == "-" && !known->empty()) ++counts["alias.undisclosed"];
        if (value.empty() || value == "-") return;
        if (known == "-") ++counts["alias.disclosed"];
        if (known && !last_target.empty() && last_target != value) ++counts["alias.moved"];
        last_target = value;
      });
}

// Only what was told in one way is compared: whenever the way changes, there is a new beginning.
void count_alias_by_ways(const std::vector<PlainPoll>& polls, const std::string& id, Tally& tally) {
  std::vector<PlainPoll> alike;
  std::string way;
  for (const auto& poll : polls) {
    const auto row = poll.list->find(id);
    const std::string told_by = row == poll.list->end() ? "" : row->second.told_by;
    if (!told_by.empty() && !way.empty() && told_by != way) {
      count_alias(alike, id, tally);
      alike.clear();
    }
    if (!told_by.empty()) way = told_by;
    alike.push_back(poll);
  }
  count_alias(alike, id, tally);
}

void count_hints(const std::vector<PlainPoll>& polls, const std::string& id, Counts& counts) {
  std::vector<PlainPoll> with_row;
  std::ranges::copy_if(polls, std::back_inserter(with_row),
                       [&](const auto& poll) { return listed(poll, id) != nullptr; });
  for_facts(
      with_row, id,
      [&](const PlainPoll& poll) { return std::optional<std::string>{listed(poll, id)->hints}; },
      two_polls,
      [&](const std::optional<std::string>& known, const std::string&, Time) {
        if (known) ++counts["alias.hint"];
      });
}

// What is learnt from one removal decides when the next are told: so it is read again until nothing
// changes.
Patience patience_of(const std::vector<PlainPoll>& polls,
                     const std::map<std::string, bool>& is_alias) {
  for (Patience known;;) {
    Tally tally;
    Patience learnt;
    for (const auto& [id, alias] : is_alias) {
      if (!alias) count_model(polls, id, tally, known, learnt);
    }
    if (learnt == known) return known;
    known = std::move(learnt);
  }
}

}  // namespace

Counts plain_counts(const std::vector<PlainPoll>& polls) {
  Tally tally;
  count_availability(polls, tally.counts);
  Believed believed{tally.counts};
  const auto good = believed.of(polls);
  std::map<std::string, bool> is_alias;
  for (const PlainList* last = nullptr; const auto& poll : good) {
    if (poll.list == std::exchange(last, poll.list)) continue;
    for (const auto& [id, row] : *poll.list) is_alias[id] |= row.is_named || !row.target.empty();
  }
  const auto patience = patience_of(good, is_alias);
  for (const auto& [id, alias] : is_alias) {
    if (alias) {
      count_alias_by_ways(good, id, tally);
      count_hints(good, id, tally.counts);
    } else {
      Patience again;
      count_model(good, id, tally, patience, again);
    }
    count_ending(good, id, !alias, patience, tally.counts);
  }
  tally.add_arrivals();
  return tally.counts;
}

}  // namespace modelvane
