// Standard Webhooks as a receiver sees them: is this signature good? Written from the specification
// and apart from the signing code of daemon/notify, so that one mistake cannot hide in both. Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/text/time.h"

namespace modelvane::simulated {

// How far a timestamp may lie from the receiver's clock, in both directions: what the reference
// libraries tolerate.
inline constexpr Duration kTimestampTolerance = std::chrono::minutes{5};

struct SignedMessage {
  std::string id;
  std::string timestamp;   // header text
  std::string signatures;  // header text: space-separated list
  std::string_view body;
};

// Good when one `v1` signature fits one of the secrets ("whsec_" + base64). The error says why not,
// without secrets.
std::expected<void, std::string> verify_signature(const SignedMessage& message,
                                                  const std::vector<std::string>& secrets,
                                                  Time now);

// The "v1,…" text that verify_signature accepts; tests use it to speak for a sender. nullopt-like
// "" when the secret is malformed.
std::string sign_message(const SignedMessage& message, std::string_view secret);

}  // namespace modelvane::simulated
