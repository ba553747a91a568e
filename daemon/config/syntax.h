// What well-formed text looks like: names, URLs, headers, pointers, sizes, signing secrets. Pure
// functions; a `..._problem` returns what is wrong as the end of a sentence ("must ..."), without
// repeating the text, or nullopt.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace modelvane {

// Names of endpoints, webhooks and instances: [A-Za-z0-9][A-Za-z0-9._-]{0,62}. They stand in URLs,
// labels and event subjects.
bool is_name(std::string_view text);
inline constexpr std::size_t kNameBytesMax = 63;
// Prometheus: [a-zA-Z_][a-zA-Z0-9_]*
bool is_label_name(std::string_view text);
// What is wrong with a host and, where there is one, its port; nullopt: nothing.
std::optional<std::string> authority_problem(std::string_view authority);
// No control character but tab: a header value that cannot start another header.
bool is_header_value(std::string_view text);
bool is_environment_name(std::string_view text);

// A proxy may also be socks5:// and carry user:password, what is polled a socket of this machine:
// http+unix://%2Frun%2Fapi.sock/v1/models.
enum class UrlKind { Http, Poll, Proxy };
std::optional<std::string> url_problem(std::string_view url, UrlKind kind = UrlKind::Http);

// RFC 6901
std::optional<std::string> pointer_problem(std::string_view pointer);

// "whsec_" + base64 (RFC 4648, padded) of 24..64 bytes, or "whsk_" + base64 of an ed25519 key
// pair's 64
bool is_signing_secret(std::string_view text);

// "16MiB": digits and one of B, KiB, MiB, GiB
std::optional<std::size_t> parse_size(std::string_view text);
std::string size_text(std::size_t bytes);

}  // namespace modelvane
