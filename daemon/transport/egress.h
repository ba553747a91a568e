// Where requests may go, judged on the addresses that are really used and not on the text of a URL:
// "localhost.example" can be 169.254.169.254, and so can 0xa9fea9fe. Link-local addresses, those of
// cloud metadata services, and those that are nobody's are refused unless they are allowed; private
// networks are not, because that is where gateways live. Values and pure functions.
//
// The narrowest range that holds an address decides. So `deny: [0.0.0.0/0, "::/0"]` with `allow:
// [10.0.0.0/8]` means that network only.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace modelvane {

struct AddressRange {
  std::array<std::uint8_t, 16> prefix{};  // IPv4 as ::ffff:a.b.c.d
  int bits = 0;                           // of the 128
  std::string text;                       // as it was written
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

// "10.0.0.0/8", "fd00::/8", or a single address. The error completes "must be ..., not ...".
std::expected<AddressRange, std::string> parse_address_range(std::string_view text);

struct EgressRules {
  std::vector<AddressRange> allow;
  std::vector<AddressRange> deny;  // decides over an equal range of `allow`
  friend bool operator==(const EgressRules&, const EgressRules&) = default;
};

// Why a numeric address must not be contacted, as a sentence; nullopt when it may.
std::optional<std::string> refusal(const EgressRules& rules, const std::string& address);

}  // namespace modelvane
