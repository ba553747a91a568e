// Why a poll failed: the closed set of PRODUCT's `reason` label, each with its label text.
#pragma once

#include <array>
#include <string_view>

namespace modelvane {

enum class Reason {
  Dns,
  Connect,
  Tls,
  Timeout,
  Auth,
  RateLimited,
  Http4xx,
  Http5xx,
  Redirect,
  TooLarge,
  NotJson,
  BadShape,
  Empty,
  Partial,
  Other,
};

inline constexpr std::array kReasonLabels{
    std::string_view{"dns"},       std::string_view{"connect"},  std::string_view{"tls"},
    std::string_view{"timeout"},   std::string_view{"auth"},     std::string_view{"rate_limited"},
    std::string_view{"http_4xx"},  std::string_view{"http_5xx"}, std::string_view{"redirect"},
    std::string_view{"too_large"}, std::string_view{"not_json"}, std::string_view{"bad_shape"},
    std::string_view{"empty"},     std::string_view{"partial"},  std::string_view{"other"},
};
inline constexpr std::size_t kReasonCount = kReasonLabels.size();

constexpr std::string_view label(Reason reason) {
  return kReasonLabels[static_cast<std::size_t>(reason)];
}

}  // namespace modelvane
