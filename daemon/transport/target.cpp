#include "daemon/transport/target.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string_view>

namespace modelvane {
namespace {

using UrlHandle = std::unique_ptr<CURLU, decltype(&curl_url_cleanup)>;

UrlHandle new_handle() {
  return UrlHandle{curl_url(), &curl_url_cleanup};
}

std::optional<std::string> part(CURLU* handle, CURLUPart which, unsigned flags) {
  char* text = nullptr;
  if (curl_url_get(handle, which, &text, flags) != CURLUE_OK || text == nullptr)
    return std::nullopt;
  std::string result{text};
  curl_free(text);
  return result;
}

std::optional<Target> read_target(CURLU* handle) {
  Target target;
  target.scheme = part(handle, CURLUPART_SCHEME, 0).value_or("");
  auto host = part(handle, CURLUPART_HOST, CURLU_PUNYCODE);
  if (!host || host->empty()) return std::nullopt;
  target.host = host->starts_with('[') ? host->substr(1, host->size() - 2) : *host;
  const auto port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  if (port) std::from_chars(port->data(), port->data() + port->size(), target.port);
  target.has_userinfo = part(handle, CURLUPART_USER, 0).has_value();
  return target;
}

}  // namespace

std::expected<Target, std::string> parse_target(const std::string& url) {
  const UrlHandle handle = new_handle();
  if (url.find('\0') != std::string::npos) return std::unexpected("the URL holds a zero byte");
  const CURLUcode code =
      curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME);
  if (code != CURLUE_OK)
    return std::unexpected(fmt::format("the URL is not usable: {}", curl_url_strerror(code)));
  const auto target = read_target(handle.get());
  if (!target) return std::unexpected("the URL names no host, or one that is not a valid name");
  static constexpr std::array kSchemes{std::string_view{"http"}, std::string_view{"https"},
                                       std::string_view{"smtp"}, std::string_view{"smtps"}};
  if (std::ranges::find(kSchemes, target->scheme) == kSchemes.end()) {
    return std::unexpected(
        fmt::format("the URL's scheme is {}; only http and https are polled", target->scheme));
  }
  return *target;
}

const std::expected<Target, std::string>& TargetCache::of(const std::string& url) {
  if (const auto found = targets_.find(url); found != targets_.end()) return found->second;
  if (targets_.size() >= kUrlsMax) targets_.clear();
  return targets_.emplace(url, parse_target(url)).first->second;
}

std::expected<Target, std::string> parse_proxy_target(const std::string& url) {
  const UrlHandle handle = new_handle();
  const std::string full = url.find("://") == std::string::npos ? "http://" + url : url;
  auto unusable = std::unexpected<std::string>(
      "the proxy's URL is not usable: it must be like http://host:port");
  if (full.find('\0') != std::string::npos) return unusable;
  if (curl_url_set(handle.get(), CURLUPART_URL, full.c_str(), CURLU_NON_SUPPORT_SCHEME) !=
      CURLUE_OK)
    return unusable;
  auto target = read_target(handle.get());
  if (!target) return unusable;
  if (!part(handle.get(), CURLUPART_PORT, 0)) {
    target->port = target->scheme == "https" ? 443 : target->scheme == "http" ? 80 : 1080;
  }
  return *target;
}

std::expected<std::string, std::string> replace_host(const std::string& url,
                                                     const std::string& host) {
  const UrlHandle handle = new_handle();
  const bool bare_ipv6 = host.find(':') != std::string::npos && !host.starts_with('[');
  const std::string name = bare_ipv6 ? "[" + host + "]" : host;
  std::optional<std::string> changed;
  if (curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), 0) == CURLUE_OK &&
      curl_url_set(handle.get(), CURLUPART_HOST, name.c_str(), 0) == CURLUE_OK) {
    changed = part(handle.get(), CURLUPART_URL, 0);
  }
  if (!changed)
    return std::unexpected(fmt::format("tls_config.server_name is not a valid host name"));
  return *changed;
}

std::string authority(const Target& target) {
  const bool is_default = target.port == (target.scheme == "https" ? 443 : 80);
  const std::string host =
      target.host.find(':') == std::string::npos ? target.host : "[" + target.host + "]";
  return is_default ? host : fmt::format("{}:{}", host, target.port);
}

}  // namespace modelvane
