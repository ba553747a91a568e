#include "daemon/notify/notify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

#include "daemon/config/access.h"
#include "daemon/config/secret.h"
#include "daemon/config/syntax.h"
#include "daemon/notify/standard_webhooks.h"

namespace modelvane {
namespace {

// Without parameters and in lower case: the reference parser of npm compares the text.
constexpr const char* kContentType = "application/cloudevents+json";

bool is_same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

bool has_header(const HttpRequest& request, std::string_view name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [&](const auto& header) { return is_same_name(header.first, name); });
}

// A user's header of that name would make two of them, or break the signature.
void set_header(HttpRequest& request, const char* name, std::string value) {
  std::erase_if(request.headers, [&](const auto& header) { return is_same_name(header.first, name); });
  request.headers.emplace_back(name, std::move(value));
}

std::expected<void, std::string> set_url(const WebhookConfig& webhook, HttpRequest& request) {
  auto url = reveal(webhook.url);
  if (!url) return std::unexpected(std::move(url.error()));
  // It may have come from a file that changed since the config was checked.
  if (const auto problem = url_problem(*url))
    return std::unexpected(fmt::format("the URL of webhook {} {}", webhook.name, *problem));
  request.url = std::move(*url);
  return {};
}

std::expected<void, std::string> set_signature(const WebhookConfig& webhook, const StoredEvent& event, Time now,
                                               HttpRequest& request) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  set_header(request, "webhook-id", event.id);
  set_header(request, "webhook-timestamp", std::to_string(seconds));
  if (webhook.signing_secrets.empty()) return {};
  std::vector<std::string> secrets;
  for (const auto& reference : webhook.signing_secrets) {
    auto secret = reveal(reference);
    if (!secret) return std::unexpected(std::move(secret.error()));
    secrets.push_back(std::move(*secret));
  }
  auto signature = sign(event.id, seconds, event.json, secrets);
  if (!signature) return std::unexpected(fmt::format("webhook {}: {}", webhook.name, signature.error()));
  set_header(request, "webhook-signature", std::move(*signature));
  return {};
}

// A line break in a secret from a file would begin another header.
std::expected<void, std::string> check_headers(const WebhookConfig& webhook, const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (is_header_value(value)) continue;
    return std::unexpected(
        fmt::format("webhook {}: the value of its header {} has a line break or another control character", webhook.name, name));
  }
  return {};
}

}  // namespace

std::expected<HttpRequest, std::string> make_request(const WebhookConfig& webhook, std::span<const StoredEvent* const> events,
                                                     const NotifyContext& /*context*/, Time now) {
  const StoredEvent& event = *events.front();
  if (webhook.format != "cloudevents") {
    return std::unexpected(
        fmt::format("webhook {}: format {} is not in this version; use cloudevents", webhook.name, webhook.format));
  }
  HttpRequest request;
  request.method = "POST";
  request.body = event.json;
  request.timeout = webhook.timeout;
  request.body_limit = kReplyBytesMax;
  request.reuse_connection = true;
  if (auto done = set_url(webhook, request); !done) return std::unexpected(std::move(done.error()));
  if (auto done = apply(webhook.access, request); !done) return std::unexpected(std::move(done.error()));
  if (!has_header(request, "User-Agent")) request.headers.emplace_back("User-Agent", kUserAgent);
  set_header(request, "Content-Type", kContentType);
  if (auto done = set_signature(webhook, event, now, request); !done) return std::unexpected(std::move(done.error()));
  if (auto done = check_headers(webhook, request); !done) return std::unexpected(std::move(done.error()));
  return request;
}

}  // namespace modelvane
