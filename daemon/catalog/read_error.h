// Why bytes could not be read as what they should be.
#pragma once

#include <string>

#include "daemon/catalog/reason.h"

namespace modelvane {

struct ReadError {
  Reason reason;  // NotJson, BadShape, Empty, TooLarge or Partial
  std::string
      sentence;  // printable ASCII or valid UTF-8, at most a few hundred bytes, quotes no secret
};

}  // namespace modelvane
