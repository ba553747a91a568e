#include "daemon/notify/mask.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "daemon/config/access.h"
#include "daemon/config/secret.h"
#include "daemon/text/ascii.h"
#include "daemon/text/hmac.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

// Shorter ones would blot out the words around them; nobody guesses less from a "[...]" for "abc".
constexpr std::size_t kSecretBytesMin = 4;
// Words of a path, such as "services" or "webhooks", are not secret by themselves; tokens in it are
// longer. The same in a query, but for values whose names say what they are.
constexpr std::size_t kPathSegmentBytesMin = 12;
constexpr std::array kSecretNames{
    std::string_view{"token"}, std::string_view{"key"},  std::string_view{"secret"},
    std::string_view{"sig"},   std::string_view{"auth"}, std::string_view{"pass"},
    std::string_view{"pwd"},   std::string_view{"code"}, std::string_view{"hash"}};
constexpr std::string_view kMasked = "[...]";

bool is_named_as_secret(std::string_view name) {
  const auto lower = to_lower(name);
  return std::ranges::any_of(
      kSecretNames, [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

// As programs write it that know "%2f" in small letters, and blanks as "+".
std::string with_small_hex(std::string encoded) {
  for (std::size_t i = 0; i + 2 < encoded.size(); ++i) {
    if (encoded[i] != '%') continue;
    encoded[i + 1] = to_lower(encoded[i + 1]);
    encoded[i + 2] = to_lower(encoded[i + 2]);
  }
  return encoded;
}

std::string replaced(std::string_view text, std::string_view what, std::string_view with) {
  std::string result;
  for (auto at = text.find(what); at != std::string_view::npos; at = text.find(what)) {
    result.append(text.substr(0, at)).append(with);
    text.remove_prefix(at + what.size());
  }
  return result.append(text);
}

using Escape = std::string (*)(char c);

std::string escaped(std::string_view text, Escape escape) {
  std::string result;
  for (const char c : text) result += escape(c);
  return result;
}

std::string in_json(char c) {
  return c == '"' || c == '\\' ? std::string{'\\', c} : std::string{c};
}

// PHP's way.
std::string in_json_with_slashes(char c) {
  return c == '/' ? "\\/" : in_json(c);
}

// Go's way, which is safe inside a page.
std::string in_json_for_pages(char c) {
  return c == '&' || c == '<' || c == '>' ? fmt::format("\\u{:04x}", static_cast<int>(c))
                                          : in_json(c);
}

std::string in_page(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {c};
  }
}

std::string in_page_of_go(char c) {
  return c == '"' ? "&#34;" : in_page(c);
}

std::string in_page_of_python(char c) {
  return c == '\'' ? "&#x27;" : in_page(c);
}

// All ways in which a server, a proxy or a library between them may write what it was sent.
std::vector<std::string> forms_of(const std::string& value) {
  const auto encoded = percent_encode(value);
  std::vector<std::string> forms{value, with_small_hex(value), percent_decode(value), encoded,
                                 with_small_hex(encoded), replaced(encoded, "%20", "+"),
                                 replaced(with_small_hex(encoded), "%20", "+"),
                                 // What may stand in a path is often left as it is.
                                 replaced(replaced(encoded, "%3A", ":"), "%40", "@")};
  for (const Escape escape : {in_json, in_json_with_slashes, in_json_for_pages, in_page,
                              in_page_of_go, in_page_of_python})
    forms.push_back(escaped(value, escape));
  return forms;
}

// As AUTH PLAIN and AUTH LOGIN send it to a mail server, which may repeat the line that it refuses.
std::vector<std::string> forms_of_login(const WebhookConfig& webhook) {
  const auto password = reveal(webhook.vendor_secret).value_or("");
  if (webhook.format != "email" || password.empty()) return {};
  const std::string zero(1, '\0');
  return {to_base64(zero + webhook.email.username + zero + password), to_base64(password)};
}

}  // namespace

Mask::Mask(const WebhookConfig& webhook) {
  const auto add_secret = [this](const SecretRef& secret) {
    if (!secret.is_set()) return;
    if (const auto value = reveal(secret)) add(*value);
  };
  if (const auto url = reveal(webhook.url)) add_url(*url);
  add_secret(webhook.vendor_secret);
  add_secret(webhook.github_signature);
  for (const auto& secret : webhook.signing_secrets) add_secret(secret);
  for (const auto& [name, secret] : webhook.body.secrets) add_secret(secret);
  for (const auto& form : forms_of_login(webhook)) add(form);
  add_access(webhook.access);
}

void Mask::add_access(const Access& access) {
  for (const auto* secret : secrets_of(access)) {
    const auto value = secret->is_set() ? reveal(*secret) : std::string{};
    if (!value) continue;
    add(*value);
    // "Bearer abc" in a header of the user's: the receiver may repeat "abc".
    const auto blank = value->find(' ');
    if (blank != std::string::npos && value->find(' ', blank + 1) == std::string::npos)
      add(value->substr(blank + 1));
  }
  if (access.basic_auth) {
    if (const auto password = reveal(access.basic_auth->password))
      add(to_base64(access.basic_auth->username + ":" + *password));
  }
  if (access.oauth2) {
    if (const auto secret = reveal(access.oauth2->client_secret)) {
      add(to_base64(access.oauth2->client_id + ":" + *secret));
      add(to_base64(percent_encode(access.oauth2->client_id) + ":" + percent_encode(*secret)));
    }
  }
  add_userinfo(access.proxy.url);
}

Mask Mask::with(const std::string& value) const {
  Mask mask = *this;
  mask.add(value);
  return mask;
}

void Mask::add(const std::string& value) {
  if (value.size() >= kSecretBytesMin) values_.push_back(value);
}

// The whole, what stands behind the host, its path, and each part that may be a token.
void Mask::add_url(const std::string& url) {
  const auto host = url.find("://");
  const auto slash = host == std::string::npos ? host : url.find_first_of("/?", host + 3);
  if (slash == std::string::npos || slash + 1 == url.size()) return;
  add(url);
  std::string_view rest{url};
  rest.remove_prefix(slash);
  add(std::string{rest});
  auto path = rest.substr(0, rest.find('?'));
  rest.remove_prefix(std::min(path.size() + 1, rest.size()));
  add(std::string{path});
  while (!path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    if (end >= kPathSegmentBytesMin) add(std::string{path.substr(0, end)});
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    const auto equals = std::min(pair.find('='), pair.size());
    const auto value = pair.substr(std::min(equals + 1, pair.size()));
    if (value.size() >= kPathSegmentBytesMin || is_named_as_secret(pair.substr(0, equals)))
      add(std::string{value});
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
  }
}

// "http://user:password@proxy:3128".
void Mask::add_userinfo(std::string_view url) {
  const auto ends = url.rfind('@');
  if (ends == std::string_view::npos) return;
  const auto host = url.find("://");
  const auto begins = host == std::string_view::npos ? 0 : host + 3;
  const auto userinfo = url.substr(begins, ends - begins);
  const auto colon = userinfo.find(':');
  if (colon == std::string_view::npos) return;
  add(std::string{userinfo.substr(colon + 1)});
  add(to_base64(percent_decode(userinfo)));
}

std::string Mask::apply(std::string text, std::string_view in_their_place) const {
  std::vector<std::string> forms;
  for (const auto& value : values_) {
    for (auto& form : forms_of(value)) {
      if (form.size() >= kSecretBytesMin) forms.push_back(std::move(form));
    }
  }
  // The longest first: one may hold another.
  std::ranges::sort(forms, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  const auto twice = std::ranges::unique(forms);
  forms.erase(twice.begin(), twice.end());
  for (const auto& form : forms) text = replaced(text, form, in_their_place);
  return text;
}

std::string Mask::apply(std::string text) const {
  return apply(std::move(text), kMasked);
}

}  // namespace modelvane
