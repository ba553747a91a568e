#include "daemon/transport/proxy_route.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <initializer_list>
#include <optional>
#include <span>

#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

struct Address {
  std::array<unsigned char, 16> bytes{};
  std::size_t size = 0;  // 4 or 16
};

std::optional<Address> parse_address(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  const std::string terminated{text};
  Address address;
  address.size = 4;
  if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data()) == 1) return address;
  address.size = 16;
  if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) == 1) return address;
  return std::nullopt;
}

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool lies_in(const Address& address, const Address& block, std::size_t bits) {
  if (address.size != block.size || bits > block.size * 8) return false;
  const auto whole = bits / 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + static_cast<std::ptrdiff_t>(whole),
                  block.bytes.begin())) {
    return false;
  }
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<unsigned char>(0xFF << (8 - bits % 8));
  return (address.bytes[whole] & mask) == (block.bytes[whole] & mask);
}

// Cuts ":port" off the entry. A bare IPv6 address has more than one colon and no port.
std::optional<unsigned> cut_port(std::string_view& entry) {
  const auto colon = entry.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const bool bracketed = colon > 0 && entry[colon - 1] == ']';
  if (!bracketed && entry.find(':') != colon) return std::nullopt;
  const auto port = parse_number(entry.substr(colon + 1));
  if (port) entry = entry.substr(0, colon);
  return port;
}

bool names(std::string_view entry, std::string_view host, std::uint16_t port) {
  if (entry == "*") return true;
  if (const auto wanted = cut_port(entry); wanted && *wanted != port) return false;
  if (const auto address = parse_address(host)) {
    const auto slash = entry.find('/');
    const auto block = parse_address(entry.substr(0, slash));
    if (!block) return false;
    if (slash == std::string_view::npos) return lies_in(*address, *block, block->size * 8);
    const auto bits = parse_number(entry.substr(slash + 1));
    return bits && lies_in(*address, *block, *bits);
  }
  if (entry.starts_with("*.")) entry.remove_prefix(1);
  if (entry.starts_with('.')) entry.remove_prefix(1);
  if (entry.ends_with('.')) entry.remove_suffix(1);
  if (host.ends_with('.')) host.remove_suffix(1);
  if (entry.empty()) return false;
  const std::string name = to_lower(entry);
  const std::string target = to_lower(host);
  return target == name || target.ends_with("." + name);
}

std::string first_set(std::initializer_list<const char*> variables) {
  for (const char* variable : variables) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

}  // namespace

bool bypasses_proxy(std::string_view no_proxy, std::string_view host, std::uint16_t port) {
  constexpr std::string_view kSeparators = ", \t";
  while (!no_proxy.empty()) {
    const auto end = std::min(no_proxy.find_first_of(kSeparators), no_proxy.size());
    if (end > 0 && names(no_proxy.substr(0, end), host, port)) return true;
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
  }
  return false;
}

std::string choose_proxy(const ProxyOptions& options, std::string_view scheme,
                         std::string_view host, std::uint16_t port) {
  std::string url = options.url;
  std::string exceptions = options.no_proxy;
  if (url.empty() && options.from_environment) {
    url = scheme == "https" ? first_set({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
                            : first_set({"http_proxy", "all_proxy", "ALL_PROXY"});
    if (exceptions.empty()) exceptions = first_set({"no_proxy", "NO_PROXY"});
  }
  if (url.empty() || bypasses_proxy(exceptions, host, port)) return "";
  return url;
}

}  // namespace modelvane
