#include "daemon/text/url.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string_view before(std::string_view text, std::string_view stops) {
  return text.substr(0, text.find_first_of(stops));
}

struct Parts {
  std::string_view scheme;     // "https"
  std::string_view authority;  // "host:port"
  std::string_view path;       // "" or "/..."
  std::string_view query;      // "" or "?..."
};

std::optional<Parts> parts_of(std::string_view url) {
  url = before(url, "#");
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return std::nullopt;
  Parts parts{.scheme = url.substr(0, colon), .authority = {}, .path = {}, .query = {}};
  const auto rest = url.substr(colon + 3);
  parts.authority = before(rest, "/?");
  parts.path = before(rest.substr(parts.authority.size()), "?");
  parts.query = rest.substr(parts.authority.size() + parts.path.size());
  const auto scheme = to_lower(parts.scheme);
  if (scheme != "http" && scheme != "https" && scheme != "http+unix") return std::nullopt;
  if (parts.authority.empty() || parts.authority.find('@') != std::string_view::npos)
    return std::nullopt;
  return parts;
}

bool is_url_character(char c) {
  return c > 0x20 && c < 0x7f && std::string_view{"\"<>\\^`{|}"}.find(c) == std::string_view::npos;
}

// RFC 3986 section 5.2.4
std::string without_dots(std::string_view path) {
  std::vector<std::string_view> segments;
  bool is_folder = false;
  while (!path.empty()) {
    path.remove_prefix(1);
    const auto segment = before(path, "/");
    path.remove_prefix(segment.size());
    is_folder = segment == "." || segment == "..";
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string result;
  for (const auto segment : segments) result.append("/").append(segment);
  if (is_folder || result.empty()) result += "/";
  return result;
}

// "host:port" in lower case, with the scheme's own port left out.
std::string place_of(const Parts& parts) {
  const auto scheme = to_lower(parts.scheme);
  auto authority = to_lower(parts.authority);
  const std::string_view own_port = scheme == "https" ? ":443" : ":80";
  if (authority.ends_with(own_port)) authority.resize(authority.size() - own_port.size());
  return scheme + "://" + authority;
}

}  // namespace

std::optional<char> hex_byte(std::string_view text) {
  if (text.size() < 2) return std::nullopt;
  const auto high = hex_digit(text[0]);
  const auto low = hex_digit(text[1]);
  if (!high || !low) return std::nullopt;
  return static_cast<char>(*high * 16 + *low);
}

std::string percent_encode(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_unreserved(c)) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? hex_byte(text.substr(i + 1)) : std::nullopt;
    decoded += byte ? *byte : text[i];
    if (byte) i += 2;
  }
  return decoded;
}

std::string with_query(std::string_view url, std::string_view key, std::string_view value) {
  url = before(url, "#");
  const auto address = before(url, "?");
  std::string result{address};
  char separator = '?';
  const auto add = [&](std::string_view pair) {
    result.append(1, separator).append(pair);
    separator = '&';
  };
  const auto encoded_key = percent_encode(key);
  for (auto rest = url.substr(address.size()); !rest.empty();) {
    rest.remove_prefix(1);
    const auto pair = before(rest, "&");
    rest.remove_prefix(pair.size());
    const auto name = before(pair, "=");
    if (!pair.empty() && name != encoded_key && name != key) add(pair);
  }
  add(encoded_key + "=" + percent_encode(value));
  return result;
}

std::optional<std::string> resolve(std::string_view base, std::string_view reference) {
  if (!std::ranges::all_of(reference, is_url_character)) return std::nullopt;
  reference = before(reference, "#");
  const auto page = parts_of(base);
  if (!page) return std::nullopt;
  const auto scheme = before(reference, ":/?");
  if (scheme.size() < reference.size() && reference[scheme.size()] == ':') {
    return parts_of(reference) ? std::optional{std::string{reference}} : std::nullopt;
  }
  if (reference.starts_with("//")) {
    auto url = fmt::format("{}:{}", page->scheme, reference);
    return parts_of(url) ? std::optional{std::move(url)} : std::nullopt;
  }
  const auto path = before(reference, "?");
  const auto query = reference.substr(path.size());
  const auto site = fmt::format("{}://{}", page->scheme, page->authority);
  if (path.empty())
    return fmt::format("{}{}{}", site, page->path, query.empty() ? page->query : query);
  if (path.front() == '/') return fmt::format("{}{}{}", site, without_dots(path), query);
  const auto folder = page->path.substr(0, page->path.rfind('/') + 1);
  return fmt::format("{}{}{}", site,
                     without_dots(fmt::format("{}{}", folder.empty() ? "/" : folder, path)), query);
}

std::optional<UnixUrl> unix_url(std::string_view url) {
  constexpr std::size_t kSocketBytesMax = 107;  // the kernel's sun_path, without its zero
  const auto parts = parts_of(url);
  if (!parts || to_lower(parts->scheme) != "http+unix") return std::nullopt;
  std::string socket;
  for (auto rest = parts->authority; !rest.empty(); rest.remove_prefix(1)) {
    if (rest.front() != '%') {
      socket += rest.front();
      continue;
    }
    const auto byte = hex_byte(rest.substr(1));
    if (!byte || *byte == '\0') return std::nullopt;
    socket += *byte;
    rest.remove_prefix(2);
  }
  if (!socket.starts_with('/') || socket.size() > kSocketBytesMax) return std::nullopt;
  const auto path = parts->path.empty() ? "/" : parts->path;
  return UnixUrl{std::move(socket), fmt::format("http://localhost{}{}", path, parts->query)};
}

bool has_same_origin(std::string_view a, std::string_view b) {
  const auto one = parts_of(a);
  const auto two = parts_of(b);
  return one && two && place_of(*one) == place_of(*two);
}

}  // namespace modelvane
