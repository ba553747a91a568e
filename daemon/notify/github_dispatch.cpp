// GitHub repository_dispatch: starts the workflows that listen to `modelvane.<type>`, with the
// whole event as payload.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

// Of GitHub's 64 KB, with room for the frame.
constexpr std::size_t kEventBytesMax = 60'000;

// A row can be long; the event says the same without it, and the page has it.
Json event_of(const std::string& text) {
  Json event = Json::parse(text, nullptr, false);
  if (text.size() > kEventBytesMax && event.is_object() && event.contains("data"))
    event["data"].erase("evidence");
  return event;
}

}  // namespace

Payload render_github_dispatch(const Occasion& occasion) {
  const auto& read = occasion.first();
  const Json body{{"event_type", fmt::format("modelvane.{}", name(read.event.type))},
                  {"client_payload", {{"event", event_of(read.stored->json)}}}};
  return {.body = text_of(body),
          .path = fmt::format("/repos/{}/dispatches", occasion.webhook.repository),
          .headers = {{"Accept", "application/vnd.github+json"},
                      {"X-GitHub-Api-Version", "2022-11-28"}}};
}

// 403 is also GitHub's way to say "too many"; without Retry-After it asks for at least a minute.
Ruling rule_github_dispatch(const HttpReply& reply) {
  if (reply.status == 404) {
    return Verdict{.kind = VerdictClass::Config,
                   .sentence =
                       "the receiver answered with status 404 (no such repository, or the token "
                       "may not write its contents)",
                   .retry_after = std::nullopt};
  }
  const bool is_limit = reply.body.find("rate limit") != std::string::npos ||
                        reply.body.find("abuse detection") != std::string::npos;
  if (reply.status != 403 || !is_limit) return std::nullopt;
  return Verdict{.kind = VerdictClass::Busy,
                 .sentence = "the receiver answered with status 403 (too many requests)",
                 .retry_after = std::nullopt,
                 .throttled = true};
}

}  // namespace modelvane
