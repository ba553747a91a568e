#include "daemon/config/identity.h"

#include "daemon/notify/notify.h"

namespace modelvane {

std::string identity_of(const WebhookConfig& webhook) {
  IdentityParts parts;
  parts.add(webhook.format);
  for (const auto* secret : {&webhook.url, &webhook.vendor_secret, &webhook.github_signature})
    parts.add(*secret);
  for (const auto& secret : webhook.signing_secrets) parts.add(secret);
  for (const auto* text : {&webhook.repository, &webhook.project, &webhook.ref, &webhook.chat_id,
                           &webhook.thread_id, &webhook.topic, &webhook.priority})
    parts.add(*text);
  parts.add(webhook.access);
  for (const auto& [name, secret] : webhook.body.secrets) parts.add(secret);
  if (webhook.format == "email") {
    parts.add(webhook.email.username);
    parts.add(webhook.email.from);
    parts.add(webhook.email.wants_starttls ? std::string{"starttls"} : std::string{});
    for (const auto& address : webhook.email.to) parts.add(address);
  }
  return parts.take();
}

}  // namespace modelvane
