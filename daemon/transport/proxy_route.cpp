#include "daemon/transport/proxy_route.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <initializer_list>
#include <optional>

#include "daemon/text/address_range.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

std::string_view without_brackets(std::string_view host) {
  return host.starts_with('[') && host.ends_with(']') ? host.substr(1, host.size() - 2) : host;
}

std::optional<unsigned> parse_number(std::string_view text) {
  unsigned number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
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
  if (const auto address = parse_address(without_brackets(host))) {
    const auto range = parse_address_range(without_brackets(entry));
    return range && holds(*range, *address);
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

// A server that runs this program for a web request puts the request's header "Proxy" into
// HTTP_PROXY: there it is not believed.
std::string plain_proxy() {
  const bool serves_request = std::getenv("REQUEST_METHOD") != nullptr;
  return first_set(
      {"http_proxy", serves_request ? "http_proxy" : "HTTP_PROXY", "all_proxy", "ALL_PROXY"});
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
                            : plain_proxy();
    if (exceptions.empty()) exceptions = first_set({"no_proxy", "NO_PROXY"});
  }
  if (url.empty() || bypasses_proxy(exceptions, host, port)) return "";
  return url;
}

}  // namespace modelvane
