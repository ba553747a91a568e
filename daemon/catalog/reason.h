// Why a poll failed: the closed set of the metrics' `reason` label, each with its label text.
#pragma once

#include <string_view>

#include "daemon/text/labels.h"

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

inline constexpr auto kReasons = labelled<Reason>({
    {Reason::Dns, "dns"},
    {Reason::Connect, "connect"},
    {Reason::Tls, "tls"},
    {Reason::Timeout, "timeout"},
    {Reason::Auth, "auth"},
    {Reason::RateLimited, "rate_limited"},
    {Reason::Http4xx, "http_4xx"},
    {Reason::Http5xx, "http_5xx"},
    {Reason::Redirect, "redirect"},
    {Reason::TooLarge, "too_large"},
    {Reason::NotJson, "not_json"},
    {Reason::BadShape, "bad_shape"},
    {Reason::Empty, "empty"},
    {Reason::Partial, "partial"},
    {Reason::Other, "other"},
});

constexpr std::string_view label(Reason reason) {
  return kReasons.label(reason);
}

}  // namespace modelvane
