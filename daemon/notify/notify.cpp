#include "daemon/notify/notify.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "daemon/config/access.h"
#include "daemon/config/secret.h"
#include "daemon/config/syntax.h"
#include "daemon/events/event_json.h"
#include "daemon/events/webhook_format.h"
#include "daemon/notify/base_url.h"
#include "daemon/notify/rendering.h"
#include "daemon/notify/standard_webhooks.h"
#include "daemon/notify/vendor_signature.h"
#include "daemon/text/ascii.h"
#include "daemon/text/glob.h"

namespace modelvane {
namespace {

// The URL without its query, and the query.
std::pair<std::string, std::string> split(const std::string& url) {
  const auto mark = url.find('?');
  return mark == std::string::npos ? std::pair{url, std::string{}}
                                   : std::pair{url.substr(0, mark), url.substr(mark + 1)};
}

// `query` without what `ours` says itself.
std::string others_in(std::string_view query, std::string_view ours) {
  const auto name_of = [](std::string_view pair) { return pair.substr(0, pair.find('=')); };
  std::string others;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    bool is_ours = pair.empty();
    for (auto rest = ours; !rest.empty() && !is_ours;) {
      const auto own = rest.substr(0, rest.find('&'));
      rest.remove_prefix(std::min(own.size() + 1, rest.size()));
      is_ours = name_of(own) == name_of(pair);
    }
    if (!is_ours) others.append(others.empty() ? "" : "&").append(pair);
  }
  return others;
}

// The service's own address, of which the user wrote only the host or a part.
std::string completed(std::string base, std::string_view own_url) {
  const bool is_part = own_url.size() > base.size() && own_url[base.size()] == '/' &&
                       starts_with_ignoring_case(own_url, base);
  return is_part ? std::string{own_url} : base;
}

// What the user wrote may be the bare host, a prefix, or all of what the vendor's manual shows.
std::string whole_url(const std::string& configured, const FormatTraits& format,
                      const Payload& payload) {
  auto [url, query] = split(configured);
  if (!payload.path.empty() || format.is_whole_url) {
    std::vector<std::string_view> paths{format.paths.begin(), format.paths.end()};
    paths.insert(paths.end(), {payload.path, payload.path_in_manuals});
    url = completed(base_of(url, paths), format.own_url) + payload.path;
  }
  if (!payload.query.empty()) {
    query = others_in(query, payload.query);
    query += (query.empty() ? "" : "&") + payload.query;
  }
  return query.empty() ? url : url + "?" + query;
}

std::expected<void, std::string> set_url(const WebhookConfig& webhook, const Payload& payload,
                                         HttpRequest& request) {
  const auto url = payload.url.empty() ? reveal(webhook.url) : payload.url;
  if (!url) return std::unexpected(url.error());
  if (payload.mail) {
    request.url = *url;
    return {};
  }
  // It may have come from a file that changed since the config was checked.
  if (const auto problem = url_problem(*url))
    return std::unexpected(fmt::format("the URL of webhook {} {}", webhook.name, *problem));
  request.url = whole_url(*url, *find_format(webhook.format), payload);
  return {};
}

std::expected<void, std::string> set_signature(const WebhookConfig& webhook,
                                               const StoredEvent& event, Time now,
                                               HttpRequest& request) {
  // Vendors have ways of their own, and would not look at these headers.
  if (find_format(webhook.format)->signing != SigningKind::StandardWebhooks) return {};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  request.set_header("webhook-id", event.id);
  request.set_header("webhook-timestamp", std::to_string(seconds));
  if (webhook.github_signature.is_set()) {
    const auto secret = reveal(webhook.github_signature);
    if (!secret) return std::unexpected(secret.error());
    request.set_header("X-Hub-Signature-256", github_signature(*secret, request.body));
  }
  if (webhook.signing_secrets.empty()) return {};
  std::vector<std::string> secrets;
  for (const auto& reference : webhook.signing_secrets) {
    auto secret = reveal(reference);
    if (!secret) return std::unexpected(std::move(secret.error()));
    secrets.push_back(std::move(*secret));
  }
  auto signature = sign(event.id, seconds, request.body, secrets);
  if (!signature)
    return std::unexpected(fmt::format("webhook {}: {}", webhook.name, signature.error()));
  request.set_header("webhook-signature", std::move(*signature));
  return {};
}

std::expected<std::string, std::string> vendor_secret(const WebhookConfig& webhook) {
  return webhook.vendor_secret.is_set() ? reveal(webhook.vendor_secret) : std::string{};
}

std::expected<std::vector<std::pair<std::string, std::string>>, std::string> named_secrets(
    const WebhookConfig& webhook) {
  std::vector<std::pair<std::string, std::string>> named;
  for (const auto& [name, reference] : webhook.body.secrets) {
    auto secret = reveal(reference);
    if (!secret) return std::unexpected(std::move(secret.error()));
    named.emplace_back(name, std::move(*secret));
  }
  return named;
}

// The event's JSON is ours; one that cannot be read any more was damaged on the disk.
std::expected<Payload, std::string> render(const WebhookConfig& webhook,
                                           std::span<const StoredEvent* const> events,
                                           const NotifyContext& context, Time now) {
  auto secret = vendor_secret(webhook);
  if (!secret) return std::unexpected(std::move(secret.error()));
  const auto& receiver = receiver_of(webhook.format);
  auto named = named_secrets(webhook);
  if (!named) return std::unexpected(std::move(named.error()));
  const bool has_own_url = webhook.format == "template";
  auto url = has_own_url ? reveal(webhook.url) : std::string{};
  if (!url) return std::unexpected(std::move(url.error()));
  NotifyContext local = context;
  if (!webhook.time_zone.empty()) {
    local.zone = &webhook.zone;
    local.zone_name = webhook.time_zone;
  }
  Occasion occasion{.webhook = webhook,
                    .context = local,
                    .events = {},
                    .secret = std::move(*secret),
                    .url = std::move(*url),
                    .named_secrets = std::move(*named),
                    .now = now};
  std::vector<StoredEvent> bare;
  bare.reserve(events.size());  // borrowed below
  for (const auto* stored : events) {
    if (!webhook.evidence) {
      bare.push_back(*stored);
      bare.back().json = without_evidence(stored->json);
      stored = &bare.back();
    }
    auto event = parse_cloudevent(stored->json);
    // What is sent as it is need not be understood.
    if (!event && receiver.format != "cloudevents")
      return std::unexpected(fmt::format("webhook {}: event {} cannot be read: {}", webhook.name,
                                         stored->id, event.error()));
    occasion.events.push_back({stored, event ? std::move(*event) : Event{}});
  }
  return receiver.render(occasion);
}

// A line break in a secret from a file would begin another header.
std::expected<void, std::string> check_headers(const WebhookConfig& webhook,
                                               const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (is_header_value(value)) continue;
    return std::unexpected(fmt::format(
        "webhook {}: the value of its header {} has a line break or another control character",
        webhook.name, name));
  }
  return {};
}

}  // namespace

std::vector<std::string> Occasion::mentions() const {
  std::vector<std::string> called;
  const auto happened = [&](const std::string& glob) {
    return std::ranges::any_of(
        events, [&](const ReadEvent& read) { return glob_matches(glob, name(read.event.type)); });
  };
  for (const auto& mention : webhook.mentions) {
    if (std::ranges::any_of(mention.events, happened) &&
        std::ranges::find(called, mention.who) == called.end())
      called.push_back(mention.who);
  }
  return called;
}

std::size_t events_that_fit(const WebhookConfig& webhook,
                            std::span<const StoredEvent* const> events,
                            const NotifyContext& context, Time now) {
  auto count = events.size();
  while (count > 1) {
    const auto payload = render(webhook, events.first(count), context, now);
    if (!payload || payload->left_out == 0) break;
    // The heading counts the events: with fewer it may be shorter, never longer.
    count -= std::min(payload->left_out, count - 1);
  }
  return count;
}

std::expected<HttpRequest, std::string> make_request(const WebhookConfig& webhook,
                                                     std::span<const StoredEvent* const> events,
                                                     const NotifyContext& context, Time now) {
  auto payload = render(webhook, events, context, now);
  if (!payload) return std::unexpected(std::move(payload.error()));
  HttpRequest request;
  request.method = payload->method;
  request.body = std::move(payload->body);
  request.timeout = webhook.timeout;
  request.body_limit = kReplyBytesMax;
  request.reuse_connection = true;
  request.status_suffices = true;
  if (auto done = set_url(webhook, *payload, request); !done)
    return std::unexpected(std::move(done.error()));
  if (auto done = apply(webhook.access, request); !done)
    return std::unexpected(std::move(done.error()));
  if (payload->mail) {
    request.method = "MAIL";  // for those who look at it
    request.mail = std::move(payload->mail);
    request.basic_username = webhook.email.username;
    auto password = vendor_secret(webhook);
    if (!password) return std::unexpected(std::move(password.error()));
    request.basic_password = std::move(*password);
    request.reuse_connection = false;
    return request;
  }
  if (!request.has_header("User-Agent")) request.set_header("User-Agent", kUserAgent);
  if (!payload->content_type.empty()) request.set_header("Content-Type", payload->content_type);
  for (auto& [name, value] : payload->headers) {
    if (!request.has_header(name)) request.set_header(name, std::move(value));
  }
  if (auto done = set_signature(webhook, *events.front(), now, request); !done)
    return std::unexpected(std::move(done.error()));
  if (auto done = check_headers(webhook, request); !done)
    return std::unexpected(std::move(done.error()));
  return request;
}

}  // namespace modelvane
