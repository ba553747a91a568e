#include "daemon/notify/mask.h"

#include <algorithm>
#include <string_view>

#include "daemon/config/access.h"
#include "daemon/config/secret.h"
#include "daemon/text/hmac.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

// Shorter ones would blot out the words around them; nobody guesses less from a "[...]" for "abc".
constexpr std::size_t kSecretBytesMin = 4;
// Words of a path, such as "services" or "webhooks", are not secret by themselves; tokens in it are
// longer.
constexpr std::size_t kPathSegmentBytesMin = 12;
constexpr std::string_view kMasked = "[...]";

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
  const Access& access = webhook.access;
  for (const auto* secret : secrets_of(access)) add_secret(*secret);
  if (access.basic_auth) {
    if (const auto password = reveal(access.basic_auth->password))
      add(to_base64(access.basic_auth->username + ":" + *password));
  }
  for (const auto& form : forms_of_login(webhook)) add(form);
  std::string_view proxy = access.proxy.url;
  const auto user_ends = proxy.rfind('@');
  const auto colon = user_ends == std::string_view::npos ? std::string_view::npos
                                                         : proxy.substr(0, user_ends).rfind(':');
  if (colon != std::string_view::npos)
    add(std::string{proxy.substr(colon + 1, user_ends - colon - 1)});
  std::ranges::sort(values_, std::greater{}, &std::string::size);
}

Mask Mask::with(const std::string& value) const {
  Mask mask = *this;
  mask.add(value);
  std::ranges::sort(mask.values_, std::greater{}, &std::string::size);
  return mask;
}

void Mask::add(const std::string& value) {
  if (value.size() < kSecretBytesMin) return;
  values_.push_back(value);
  if (const auto encoded = percent_encode(value); encoded != value) values_.push_back(encoded);
}

// The whole, what stands behind the host, and each part that may be a token.
void Mask::add_url(const std::string& url) {
  const auto host = url.find("://");
  const auto slash = host == std::string::npos ? host : url.find_first_of("/?", host + 3);
  if (slash == std::string::npos || slash + 1 == url.size()) return;
  add(url);
  std::string_view rest{url};
  rest.remove_prefix(slash);
  add(std::string{rest});
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of("/?&="), rest.size());
    if (end >= kPathSegmentBytesMin) add(std::string{rest.substr(0, end)});
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

std::string Mask::apply(std::string text) const {
  for (const auto& value : values_) {
    for (auto at = text.find(value); at != std::string::npos;
         at = text.find(value, at + kMasked.size()))
      text.replace(at, value.size(), kMasked);
  }
  return text;
}

}  // namespace modelvane
