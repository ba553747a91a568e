// Lists as a provider really gave them over months: one line per change of the list, holding until
// the next line's time.
#pragma once

#include <string>
#include <vector>

#include "daemon/text/time.h"

namespace modelvane {

struct TraceLine {
  Time at;
  std::string body;  // as the provider would reply; "" = the poll failed
};
using Trace = std::vector<TraceLine>;

// Of a gzipped JSONL file; each line {"t": Unix seconds, "status": 200 or a text, "data": [rows]}.
Trace read_trace(const std::string& path);

}  // namespace modelvane
