// IP addresses and ranges of them, as values: an IPv4 address stands as ::ffff:a.b.c.d, so that one
// comparison serves both families.
#pragma once

#include <array>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace modelvane {

using AddressBytes = std::array<std::uint8_t, 16>;

// "10.1.2.3", "fd00::1"; an IPv6 address may have a zone, which is left away ("fe80::1%eth0").
// nullopt: no address, but a name perhaps.
std::optional<AddressBytes> parse_address(std::string_view text);

// The names of this machine itself (RFC 6761, section 6.3); in lower case, without a final dot.
constexpr bool is_localhost(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

bool is_v4(const AddressBytes& address);
// The IPv4 address whose four bytes stand at `bytes`.
AddressBytes v4_address(const std::uint8_t* bytes);

struct AddressRange {
  AddressBytes prefix{};
  int bits = 0;      // of the 128
  std::string text;  // as it was written
  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

// "10.0.0.0/8", "fd00::/8", or a single address without zone. The error completes "must be ...".
std::expected<AddressRange, std::string> parse_address_range(std::string_view text);

// ::/0 means IPv6, not everything.
bool holds(const AddressRange& range, const AddressBytes& address);

}  // namespace modelvane
