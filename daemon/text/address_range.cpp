#include "daemon/text/address_range.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace modelvane {
namespace {

constexpr int kBits = 128;
constexpr int kMappedBits = 96;  // before the four bytes of an IPv4 address

}  // namespace

AddressBytes v4_address(const std::uint8_t* bytes) {
  AddressBytes address{};
  address[10] = address[11] = 0xff;
  std::copy_n(bytes, 4, address.begin() + 12);
  return address;
}

std::optional<AddressBytes> parse_address(std::string_view text) {
  const std::string plain{text.substr(0, text.find('%'))};
  std::array<std::uint8_t, 4> v4{};
  if (plain.size() == text.size() && inet_pton(AF_INET, plain.c_str(), v4.data()) == 1)
    return v4_address(v4.data());
  AddressBytes v6{};
  if (inet_pton(AF_INET6, plain.c_str(), v6.data()) == 1) return v6;
  return std::nullopt;
}

bool is_v4(const AddressBytes& address) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

std::expected<AddressRange, std::string> parse_address_range(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  const std::string wanted = "an address or a range of addresses, such as 10.0.0.0/8 or fd00::/8";
  if (!address || text.find('%') != std::string_view::npos) return std::unexpected(wanted);
  // As it is written: ::ffff:10.0.0.0/104 counts all bits.
  const int most = text.contains(':') ? kBits : kBits - kMappedBits;
  int bits = most;
  if (slash != std::string_view::npos) {
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc{} || stop != end || bits < 0 || bits > most)
      return std::unexpected(wanted);
  }
  return AddressRange{.prefix = *address, .bits = bits + kBits - most, .text = std::string{text}};
}

bool holds(const AddressRange& range, const AddressBytes& address) {
  if (is_v4(address) != (range.bits >= kMappedBits && is_v4(range.prefix))) return false;
  for (int bit = 0; bit < range.bits; bit += 8) {
    const auto index = static_cast<std::size_t>(bit / 8);
    const int left = std::min(8, range.bits - bit);
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - left));
    if (((address[index] ^ range.prefix[index]) & mask) != 0) return false;
  }
  return true;
}

}  // namespace modelvane
