// URLs as far as pages and lookups need them: parts are cut out of the text and put together again,
// nothing is normalised but dots in paths. Meant for URLs that config accepted (http or https, a
// host, no userinfo); servers' links pass through resolve().
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace modelvane {

// All bytes but letters, digits and -._~ as %XX: safe in a path segment and in a query.
std::string percent_encode(std::string_view text);
// A % that begins no byte stands for itself, as browsers read it.
std::string percent_decode(std::string_view text);
// The byte that two hexadecimal digits at the beginning of `text` write.
std::optional<char> hex_byte(std::string_view text);

// The URL with `key=value` in its query, in place of what `key` had; `value` is encoded.
std::string with_query(std::string_view url, std::string_view key, std::string_view value);

// RFC 3986: what `reference` means on the page `base`, without a fragment. nullopt for anything but
// http and https, for userinfo and for characters that stand in no URL.
std::optional<std::string> resolve(std::string_view base, std::string_view reference);

// A socket of this machine, "http+unix://%2Frun%2Fapi.sock/v1/models": "/run/api.sock" and
// "http://localhost/v1/models". nullopt: `url` is none, or not well-formed.
struct UnixUrl {
  std::string socket;
  std::string url;
};
inline constexpr std::string_view kUnixScheme = "http+unix://";
std::optional<UnixUrl> unix_url(std::string_view url);

// Scheme, host and port: where credentials may go.
bool has_same_origin(std::string_view a, std::string_view b);

}  // namespace modelvane
