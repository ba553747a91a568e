#include "daemon/transport/egress.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace modelvane {
namespace {

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

const std::vector<AddressRange>& refused_ranges() {
  static const std::vector<AddressRange> ranges = [] {
    std::vector<AddressRange> all;
    for (const auto& each : kRefused) all.push_back(*parse_address_range(each.range));
    return all;
  }();
  return ranges;
}

int narrowest(const std::vector<AddressRange>& ranges, const AddressBytes& address,
              const AddressRange** which) {
  int bits = -1;
  for (const auto& range : ranges) {
    if (range.bits <= bits || !holds(range, address)) continue;
    bits = range.bits;
    *which = &range;
  }
  return bits;
}

std::optional<std::string> refusal_of(const EgressRules& rules, const AddressBytes& address,
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
std::optional<AddressBytes> embedded_v4(const AddressBytes& address) {
  constexpr std::array<std::uint8_t, 12> kNat64{0x00, 0x64, 0xff, 0x9b};
  if (std::equal(kNat64.begin(), kNat64.end(), address.begin()))
    return v4_address(address.data() + 12);
  if (address[0] == 0x20 && address[1] == 0x02) return v4_address(address.data() + 2);
  return std::nullopt;
}

}  // namespace

std::optional<std::string> refusal(const EgressRules& rules, const std::string& address) {
  const auto parsed = parse_address(address);
  if (!parsed) return fmt::format("{} is no address", address);
  if (auto refused = refusal_of(rules, *parsed, address)) return refused;
  const auto inner = embedded_v4(*parsed);
  return inner ? refusal_of(rules, *inner, address) : std::nullopt;
}

}  // namespace modelvane
