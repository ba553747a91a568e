#include <sys/stat.h>

#include "daemon/config/file_stamp.h"
#include "daemon/config/secret.h"
#include "daemon/notify/notify.h"

namespace modelvane {
namespace {

// The parts one after another, each with its length, so that no two lists read alike.
class Parts {
 public:
  void add(const std::string& part) { text_ += std::to_string(part.size()) + ":" + part; }
  // One that cannot be read is like none.
  void add(const SecretRef& secret) {
    add(secret.is_set() ? reveal(secret).value_or("") : std::string{});
  }
  // A certificate is renewed under its old name.
  void add_file(const std::string& path) {
    add(path);
    const auto stamp = path.empty() ? std::nullopt : stamp_of(path);
    if (!stamp) return;
    for (const long time : stamp->times) add(std::to_string(time));
    add(std::to_string(stamp->inode));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

}  // namespace

std::string identity_of(const WebhookConfig& webhook) {
  Parts parts;
  const Access& access = webhook.access;
  parts.add(webhook.format);
  for (const auto* secret : {&webhook.url, &webhook.vendor_secret, &webhook.github_signature})
    parts.add(*secret);
  for (const auto& secret : webhook.signing_secrets) parts.add(secret);
  for (const auto* text : {&webhook.repository, &webhook.project, &webhook.ref, &webhook.chat_id,
                           &webhook.thread_id, &webhook.topic, &webhook.priority})
    parts.add(*text);
  if (access.authorization) {
    parts.add(access.authorization->type);
    parts.add(access.authorization->credentials);
  }
  if (access.basic_auth) {
    parts.add(access.basic_auth->username);
    parts.add(access.basic_auth->password);
  }
  for (const auto* named : {&access.http_headers, &access.query}) {
    for (const auto& [name, secret] : *named) {
      parts.add(name);
      parts.add(secret);
    }
  }
  for (const auto* path : {&access.tls.ca_file, &access.tls.cert_file, &access.tls.key_file})
    parts.add_file(*path);
  parts.add(access.tls.server_name);
  parts.add(access.tls.min_version);
  parts.add(access.tls.insecure_skip_verify ? "unverified" : "");
  parts.add(access.proxy.url);
  parts.add(access.proxy.no_proxy);
  parts.add(access.proxy.from_environment ? "environment" : "");
  return parts.take();
}

}  // namespace modelvane
