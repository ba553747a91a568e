// A second, plain reading of a row of polls, to check the heart against: no machine and no state between polls, but for each id
// the whole row of what the believed polls show, cut into runs of equal values; a run that lasts is a fact. It shares no code
// with daemon/core and knows the default policy only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "daemon/core/time.h"

namespace modelvane {

struct PlainRow {
  std::string target;  // "" = a model, or not disclosed
  std::string ending;  // whatever the row says about its end, as text; "" = nothing
};
using PlainList = std::map<std::string, PlainRow>;

struct PlainPoll {
  Time at;
  const PlainList* list;  // nullptr = failed
};

// Event type -> number, without zeros. Of alias.unstable, pins, hints and endpoint.* it knows nothing; nor of *_near.
std::map<std::string, int> plain_counts(const std::vector<PlainPoll>& polls);

}  // namespace modelvane
