// What a provider says when it refuses: its error words and its wish when to come back. Providers
// put keys and account names into the free text of their errors, so nothing of a body is ever
// quoted; words of a fixed list may be shown. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/catalog/reason.h"
#include "daemon/text/time.h"

namespace modelvane {

// Error bodies have a few hundred bytes; what comes after so many is not looked at.
inline constexpr std::size_t kRefusalBytesMax = 64 * 1024;

struct RefusalBody {
  std::string
      word;  // the most telling error word, as the provider writes it; "" = none that is known
  bool speaks_of_key = false;    // it is the key that is refused, whatever the status says
  bool speaks_of_limit = false;  // there were too many requests
  std::optional<Duration> retry_after;
};

// Never fails: a body that is no JSON, or no error, says nothing.
RefusalBody read_refusal(std::string_view body);

// The reason of a status that is no success.
Reason reason_of_refusal(int status, const RefusalBody& body);

// The durations of Go programs ("2m59.56s", "520ms", "1h0m0s"), which rate limits are written in.
// nullopt when malformed.
std::optional<Duration> parse_go_duration(std::string_view text);

}  // namespace modelvane
