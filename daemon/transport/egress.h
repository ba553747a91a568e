// Where requests may go, judged on the addresses that are really used and not on the text of a URL:
// "localhost.example" can be 169.254.169.254, and so can 0xa9fea9fe. Link-local addresses, those of
// cloud metadata services, and those that are nobody's are refused unless they are allowed; private
// networks are not, because that is where gateways live. Values and pure functions.
//
// The narrowest range that holds an address decides. So `deny: [0.0.0.0/0, "::/0"]` with `allow:
// [10.0.0.0/8]` means that network only.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/text/address_range.h"

namespace modelvane {

struct EgressRules {
  std::vector<AddressRange> allow;
  std::vector<AddressRange> deny;  // decides over an equal range of `allow`
  friend bool operator==(const EgressRules&, const EgressRules&) = default;
};

// Why a numeric address must not be contacted, as a sentence; nullopt when it may.
std::optional<std::string> refusal(const EgressRules& rules, const std::string& address);

}  // namespace modelvane
