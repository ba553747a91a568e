#include "daemon/transport/aws_signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/text/hmac.h"
#include "daemon/text/token.h"
#include "daemon/text/url.h"
#include "daemon/transport/target.h"

namespace modelvane {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// "20150830T123600Z"
std::string stamp_of(Time now) {
  std::string stamp;
  for (const char c : to_rfc3339(std::chrono::floor<std::chrono::seconds>(now)).substr(0, 19)) {
    if (c != '-' && c != ':') stamp += c;
  }
  return stamp + "Z";
}

struct UrlParts {
  std::string path = "/";
  std::string query;
};

UrlParts parts_of(std::string_view url) {
  url.remove_prefix(std::min(url.find("://") + 3, url.size()));
  const auto begin = std::min(url.find_first_of("/?"), url.size());
  url.remove_prefix(begin);
  UrlParts parts;
  const auto mark = std::min(url.find('?'), url.size());
  if (mark > 0) parts.path = url.substr(0, mark);
  parts.query = url.substr(std::min(mark + 1, url.size()));
  return parts;
}

// Every segment encoded once more, as every service but S3 wants it.
std::string canonical_path(std::string_view path) {
  std::string canonical;
  while (!path.empty()) {
    const auto slash = path.find('/');
    canonical += percent_encode(path.substr(0, slash));
    if (slash == std::string_view::npos) break;
    canonical += '/';
    path.remove_prefix(slash + 1);
  }
  return canonical;
}

// The parts of a query are encoded already; AWS wants them by name, then by value.
std::string canonical_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    auto value = take_until(query, "&");
    if (value.empty()) continue;
    const auto name = take_until(value, "=");
    pairs.emplace_back(name, value);
  }
  std::ranges::sort(pairs);
  std::string canonical;
  for (const auto& [name, value] : pairs)
    canonical += fmt::format("{}{}={}", canonical.empty() ? "" : "&", name, value);
  return canonical;
}

// What each part of the scope makes of the key, one after the other.
std::expected<std::string, std::string> signing_key(const AwsKeys& keys, std::string_view day) {
  std::expected<std::string, std::string> key = "AWS4" + keys.secret_key;
  for (const auto part : {day, std::string_view{keys.region}, std::string_view{keys.service},
                          std::string_view{"aws4_request"}}) {
    if (key) key = hmac_sha256(*key, part);
  }
  return key;
}

}  // namespace

std::expected<HttpHeaders, std::string> aws_headers(const HttpRequest& request, Time now) {
  const auto& keys = *request.aws;
  const auto target = parse_target(request.url);
  if (!target) return std::unexpected(target.error());
  const auto url = parts_of(request.url);
  const auto stamp = stamp_of(now);
  const auto day = stamp.substr(0, 8);
  HttpHeaders signed_headers{{"host", authority(*target)}, {"x-amz-date", stamp}};
  if (!keys.session_token.empty())
    signed_headers.emplace_back("x-amz-security-token", keys.session_token);
  std::string lines;
  std::string names;
  for (const auto& [name, value] : signed_headers) {
    lines += fmt::format("{}:{}\n", name, value);
    names += fmt::format("{}{}", names.empty() ? "" : ";", name);
  }
  const auto canonical =
      fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(url.path),
                  canonical_query(url.query), lines, names, to_hex(sha256(request.body)));
  const auto scope = fmt::format("{}/{}/{}/aws4_request", day, keys.region, keys.service);
  const auto text =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, stamp, scope, to_hex(sha256(canonical)));
  const auto key = signing_key(keys, day);
  if (!key) return std::unexpected(key.error());
  const auto signature = hmac_sha256(*key, text);
  if (!signature) return std::unexpected(signature.error());
  HttpHeaders headers{
      {"Authorization", fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}",
                                    kAlgorithm, keys.access_key, scope, names, to_hex(*signature))},
      {"X-Amz-Date", stamp}};
  if (!keys.session_token.empty()) headers.emplace_back("X-Amz-Security-Token", keys.session_token);
  return headers;
}

}  // namespace modelvane
