// One poll as a value: what the heart (advance) is told.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/reason.h"
#include "daemon/text/time.h"

namespace modelvane {

struct PollFailure {
  Reason reason = Reason::Other;
  std::string sentence;  // for people; never holds a URL's query, a header value or a key
  std::optional<Duration> retry_after;
  // It says "not now" or "not you" rather than "broken": repeating it soon helps nobody.
  bool is_refusal = false;
};

struct Observation {
  Time at;  // when the answer was complete: the honest moment of "the provider said so"
  std::expected<std::shared_ptr<const Catalog>, PollFailure> result;
  std::string request_id;  // the provider's x-request-id, for support cases; may be empty
};

}  // namespace modelvane
