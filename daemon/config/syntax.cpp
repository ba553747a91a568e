#include "daemon/config/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "daemon/text/address_range.h"
#include "daemon/text/ascii.h"
#include "daemon/text/token.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

// Longer ones are refused by common servers and proxies anyway.
constexpr std::size_t kUrlBytesMax = 2048;
// RFC 1035: bytes of a host name and of one of its labels.
constexpr std::size_t kHostBytesMax = 253;
constexpr std::size_t kHostLabelBytesMax = 63;
constexpr std::size_t kPointerBytesMax = 256;
// Standard Webhooks: random bytes of a secret.
constexpr std::size_t kSigningSecretBytesMin = 24;
constexpr std::size_t kSigningSecretBytesMax = 64;
// The private half and then the public one.
constexpr std::size_t kEd25519KeyBytes = 64;

bool is_host_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.size() > kHostBytesMax) return false;
  while (true) {
    const auto label = host.substr(0, host.find('.'));
    const bool is_fine = !label.empty() && label.size() <= kHostLabelBytesMax &&
                         label.front() != '-' && label.back() != '-' &&
                         std::ranges::all_of(label, [](char c) {
                           return is_letter_or_digit(c) || c == '-' || c == '_';
                         });
    if (!is_fine) return false;
    if (label.size() == host.size()) break;
    host.remove_prefix(label.size() + 1);
  }
  return true;
}

// "10.0.0.300" is a typing error, not a host name: resolvers would take it for one.
bool is_ipv4_or_name(const std::string& host) {
  const bool looks_numeric =
      std::ranges::all_of(host, [](char c) { return is_digit(c) || c == '.'; });
  return looks_numeric ? parse_address(host).has_value() : is_host_name(host);
}

bool is_ipv6(const std::string& host) {
  return host.contains(':') && !host.contains('%') && parse_address(host);
}

// An interface's name, as it stands behind a link-local address: "fe80::1%25eth0" (RFC 6874).
bool is_zone(std::string_view text) {
  constexpr std::string_view kMark = "%25";
  constexpr std::size_t kInterfaceBytesMax = 15;  // the kernel's IFNAMSIZ, without its zero
  if (!text.starts_with(kMark)) return false;
  text.remove_prefix(kMark.size());
  return !text.empty() && text.size() <= kInterfaceBytesMax &&
         std::ranges::all_of(text, [](char c) {
           return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

bool starts_with_scheme(std::string_view& url, std::string_view scheme) {
  if (!starts_with_ignoring_case(url, scheme)) return false;
  url.remove_prefix(scheme.size());
  return true;
}

}  // namespace

std::optional<std::string> authority_problem(std::string_view authority) {
  std::string_view host;
  std::string_view after_host;
  bool is_host = false;
  if (authority.starts_with('[')) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return "must close the \"[\" of its IPv6 address";
    host = authority.substr(1, close - 1);
    after_host = authority.substr(close + 1);
    const auto zone = host.find('%');
    is_host = is_ipv6(std::string{host.substr(0, zone)});
    if (is_host && zone != std::string_view::npos && !is_zone(host.substr(zone)))
      return "must have the zone of its IPv6 address as %25 and the interface's name, as in "
             "[fe80::1%25eth0]";
  } else {
    host = authority.substr(0, authority.find(':'));
    after_host = authority.substr(host.size());
    is_host = is_ipv4_or_name(std::string{host});
  }
  if (host.empty()) return "must name a host, as in https://host/path";
  if (!is_host) return "must have a valid host name or IP address";
  if (after_host.empty()) return std::nullopt;
  if (!after_host.starts_with(':') || !is_port(after_host.substr(1)))
    return "must have a port from 1 to 65535 after the host";
  return std::nullopt;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= kNameBytesMax && is_letter_or_digit(text.front()) &&
         std::ranges::all_of(text, [](char c) {
           return is_letter_or_digit(c) || c == '.' || c == '_' || c == '-';
         });
}

bool is_label_name(std::string_view text) {
  return !text.empty() && !is_digit(text.front()) &&
         std::ranges::all_of(text, [](char c) { return is_letter_or_digit(c) || c == '_'; });
}

bool is_header_value(std::string_view text) {
  return std::ranges::none_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20U && c != '\t') || byte == 0x7FU;
  });
}

bool is_environment_name(std::string_view text) {
  return is_label_name(text);  // POSIX has the same alphabet
}

std::optional<std::string> url_problem(std::string_view url, UrlKind kind) {
  if (url.size() > kUrlBytesMax) return fmt::format("must be at most {} bytes long", kUrlBytesMax);
  if (std::ranges::any_of(url, [](char c) {
        return static_cast<unsigned char>(c) <= 0x20U || static_cast<unsigned char>(c) >= 0x7FU;
      })) {
    return "must not have spaces, control or non-ASCII characters (percent-encode them)";
  }
  if (kind == UrlKind::Poll && starts_with_ignoring_case(url, kUnixScheme)) {
    if (unix_url(url)) return std::nullopt;
    return "must be like http+unix://%2Frun%2Fapi.sock/v1/models: the socket's whole path with "
           "%2F for each \"/\", at most 107 bytes, then the path of the list";
  }
  const bool is_http = starts_with_scheme(url, "http://") || starts_with_scheme(url, "https://");
  if (kind != UrlKind::Proxy && !is_http) return "must start with http:// or https://";
  if (kind == UrlKind::Proxy && !is_http && !starts_with_scheme(url, "socks5://") &&
      !starts_with_scheme(url, "socks5h://")) {
    return "must start with http://, https://, socks5:// or socks5h://";
  }
  if (url.find('#') != std::string_view::npos) return "must not have a fragment (\"#...\")";
  if (url.find_first_of("\\<>\"^`{|}") != std::string_view::npos)
    return "has a character that must be percent-encoded";
  auto authority = url.substr(0, url.find_first_of("/?"));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (kind != UrlKind::Proxy) return "must not hold a user name or password; use basic_auth";
    authority.remove_prefix(at + 1);
  }
  return authority_problem(authority);
}

std::optional<std::string> pointer_problem(std::string_view pointer) {
  if (pointer.size() > kPointerBytesMax)
    return fmt::format("must be at most {} bytes long", kPointerBytesMax);
  if (!pointer.empty() && pointer.front() != '/')
    return "must be a JSON pointer: start it with \"/\", as in /data";
  for (std::size_t i = 0; i < pointer.size(); ++i) {
    if (pointer[i] == '~' &&
        (i + 1 == pointer.size() || pointer[i + 1] < '0' || pointer[i + 1] > '3')) {
      return "must be a JSON pointer: write \"~\" as ~0 and \"/\" inside a name as ~1 (a name that "
             "is * "
             "as ~2, a [ at its front as ~3)";
    }
  }
  return std::nullopt;
}

bool is_signing_secret(std::string_view text) {
  constexpr std::string_view kHmacPrefix = "whsec_";
  constexpr std::string_view kEd25519Prefix = "whsk_";
  const bool is_ed25519 = text.starts_with(kEd25519Prefix);
  if (!is_ed25519 && !text.starts_with(kHmacPrefix)) return false;
  text.remove_prefix(is_ed25519 ? kEd25519Prefix.size() : kHmacPrefix.size());
  if (text.size() % 4 != 0) return false;
  std::size_t padding = 0;
  for (; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  if (!std::ranges::all_of(text,
                           [](char c) { return is_letter_or_digit(c) || c == '+' || c == '/'; }))
    return false;
  const auto bytes = text.size() * 3 / 4;
  return is_ed25519 ? bytes == kEd25519KeyBytes
                    : bytes >= kSigningSecretBytesMin && bytes <= kSigningSecretBytesMax;
}

namespace {
struct SizeUnit {
  std::string_view name;
  std::size_t bytes;
};
constexpr std::array kSizeUnits{SizeUnit{"GiB", std::size_t{1} << 30U},
                                SizeUnit{"MiB", std::size_t{1} << 20U},
                                SizeUnit{"KiB", std::size_t{1} << 10U}, SizeUnit{"B", 1}};
}  // namespace

std::optional<std::size_t> parse_size(std::string_view text) {
  std::uint32_t count = 0;  // with GiB no overflow of 64 bits
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  const auto unit = std::ranges::find(kSizeUnits, text, &SizeUnit::name);
  if (unit == kSizeUnits.end()) return std::nullopt;
  return count * unit->bytes;
}

std::string size_text(std::size_t bytes) {
  const auto unit = std::ranges::find_if(
      kSizeUnits, [bytes](const SizeUnit& u) { return bytes >= u.bytes && bytes % u.bytes == 0; });
  return unit == kSizeUnits.end() ? "0B" : fmt::format("{}{}", bytes / unit->bytes, unit->name);
}

}  // namespace modelvane
