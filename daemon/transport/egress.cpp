#include "daemon/transport/egress.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace modelvane {
namespace {

using Bytes = std::array<std::uint8_t, 16>;

constexpr int kBits = 128;
constexpr int kMappedBits = 96;

struct Refused {
  std::string_view range;
  std::string_view what;
};
constexpr std::array kRefused{
    Refused{"0.0.0.0/8", "this host itself"},
    Refused{"100.100.100.200", "a cloud's metadata service"},
    Refused{"169.254.0.0/16", "link-local, and clouds' metadata services"},
    Refused{"192.0.0.192", "a cloud's metadata service"},
    Refused{"224.0.0.0/4", "multicast"},
    Refused{"255.255.255.255", "broadcast"},
    Refused{"::", "this host itself"},
    Refused{"fd00:ec2::254", "a cloud's metadata service"},
    Refused{"fe80::/10", "link-local"},
    Refused{"ff00::/8", "multicast"},
};

Bytes mapped(const std::uint8_t* v4) {
  Bytes bytes{};
  bytes[10] = bytes[11] = 0xff;
  std::copy_n(v4, 4, bytes.begin() + 12);
  return bytes;
}

struct Address {
  Bytes bytes{};
  bool is_v4 = false;
};

std::optional<Address> parse_address(std::string_view text) {
  const std::string plain{text.substr(0, text.find('%'))};
  std::array<std::uint8_t, 4> v4{};
  if (inet_pton(AF_INET, plain.c_str(), v4.data()) == 1) return Address{mapped(v4.data()), true};
  Address address;
  if (inet_pton(AF_INET6, plain.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

bool is_mapped(const Bytes& address) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  return std::equal(kMapped.begin(), kMapped.end(), address.begin());
}

bool holds(const AddressRange& range, const Bytes& address) {
  // ::/0 means IPv6, not everything.
  if (is_mapped(address) != (range.bits >= kMappedBits && is_mapped(range.prefix))) return false;
  for (int bit = 0; bit < range.bits; bit += 8) {
    const auto index = static_cast<std::size_t>(bit / 8);
    const int left = std::min(8, range.bits - bit);
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - left));
    if (((address[index] ^ range.prefix[index]) & mask) != 0) return false;
  }
  return true;
}

const std::vector<AddressRange>& refused_ranges() {
  static const std::vector<AddressRange> ranges = [] {
    std::vector<AddressRange> all;
    for (const auto& each : kRefused) all.push_back(*parse_address_range(each.range));
    return all;
  }();
  return ranges;
}

int narrowest(const std::vector<AddressRange>& ranges, const Bytes& address,
              const AddressRange** which) {
  int bits = -1;
  for (const auto& range : ranges) {
    if (range.bits <= bits || !holds(range, address)) continue;
    bits = range.bits;
    *which = &range;
  }
  return bits;
}

std::optional<std::string> refusal_of(const EgressRules& rules, const Bytes& address,
                                      const std::string& shown) {
  const AddressRange* allowed = nullptr;
  const AddressRange* denied = nullptr;
  const AddressRange* built_in = nullptr;
  const int allow = narrowest(rules.allow, address, &allowed);
  const int deny = narrowest(rules.deny, address, &denied);
  const int refuse = narrowest(refused_ranges(), address, &built_in);
  if (deny >= 0 && deny >= allow && deny >= refuse) {
    return fmt::format("the address {} is not contacted: egress.deny names {}", shown,
                       denied->text);
  }
  if (refuse < 0 || allow >= refuse) return std::nullopt;
  const auto& rule = kRefused[static_cast<std::size_t>(built_in - refused_ranges().data())];
  return fmt::format(
      "the address {} is not contacted: {} is {}; if that is meant, name it in egress.allow", shown,
      rule.range, rule.what);
}

// IPv6 addresses through which an IPv4 address is reached: NAT64 (64:ff9b::/96) and 6to4
// (2002::/16).
std::optional<Bytes> embedded_v4(const Bytes& address) {
  constexpr std::array<std::uint8_t, 12> kNat64{0x00, 0x64, 0xff, 0x9b};
  if (std::equal(kNat64.begin(), kNat64.end(), address.begin())) return mapped(address.data() + 12);
  if (address[0] == 0x20 && address[1] == 0x02) return mapped(address.data() + 2);
  return std::nullopt;
}

}  // namespace

std::expected<AddressRange, std::string> parse_address_range(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  const std::string wanted = "an address or a range of addresses, such as 10.0.0.0/8 or fd00::/8";
  if (!address || text.find('%') != std::string_view::npos) return std::unexpected(wanted);
  const int most = address->is_v4 ? kBits - kMappedBits : kBits;
  int bits = most;
  if (slash != std::string_view::npos) {
    const auto* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
    if (error != std::errc{} || stop != end || bits < 0 || bits > most)
      return std::unexpected(wanted);
  }
  return AddressRange{.prefix = address->bytes,
                      .bits = bits + (address->is_v4 ? kMappedBits : 0),
                      .text = std::string{text}};
}

std::optional<std::string> refusal(const EgressRules& rules, const std::string& address) {
  const auto parsed = parse_address(address);
  if (!parsed) return fmt::format("{} is no address", address);
  if (auto refused = refusal_of(rules, parsed->bytes, address)) return refused;
  const auto inner = embedded_v4(parsed->bytes);
  return inner ? refusal_of(rules, *inner, address) : std::nullopt;
}

}  // namespace modelvane
