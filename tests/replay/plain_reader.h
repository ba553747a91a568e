// A second, plain reading of a row of polls, to check the heart against: no machine and no state
// between polls, but for each id the whole row of what the believed polls show, cut into runs of
// equal values; a run that lasts is a fact. It shares no code with the daemon and knows the default
// policy only.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "daemon/text/time.h"
#include "tests/replay/plain_list.h"

namespace modelvane {

struct PlainPoll {
  Time at;
  const PlainList* list;             // nullptr = failed
  std::vector<Time> failed_after{};  // the failed polls from this one to the next that is believed:
                                     // for the reader's use
  // Of those whose leaving is no longer doubted at this poll: when all of them were last seen.
  std::set<std::string> no_longer_doubted{};
  Time last_seen{};
  std::set<std::string> came_back{};  // doubted before, and in this list again: likewise
};

// Event type -> number, without zeros. It knows nothing of alternation and pins, and of hints only
// where no target is disclosed.
std::map<std::string, int> plain_counts(const std::vector<PlainPoll>& polls);

}  // namespace modelvane
