// Where a request goes, read from its URL once: what to resolve, what to verify, what to name in an
// error sentence. A plain value; its host never carries user information, path or query.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <unordered_map>

namespace modelvane {

struct Target {
  std::string scheme;  // "http" or "https"; for a proxy also "socks5" and the like
  std::string host;    // without brackets; international names in their ASCII form
  std::uint16_t port = 0;
  bool has_userinfo = false;
};

// The error is a sentence that does not repeat the URL.
std::expected<Target, std::string> parse_target(const std::string& url);
// Remembers what parse_target() said: the same few thousand URLs come again with every poll.
// Transport thread only.
class TargetCache {
 public:
  const std::expected<Target, std::string>& of(const std::string& url);

 private:
  // The lists of 10,000 endpoints and as many other questions; then it starts anew rather than
  // grow.
  static constexpr std::size_t kUrlsMax = 20'000;
  std::unordered_map<std::string, std::expected<Target, std::string>> targets_;
};

// A proxy's URL; a bare host:port means http. Without a port it is that of the scheme, as for
// Prometheus: 80, 443, and 1080 for SOCKS. (libcurl would take 1080 for http.)
std::expected<Target, std::string> parse_proxy_target(const std::string& url);
// The same URL with another host.
std::expected<std::string, std::string> replace_host(const std::string& url,
                                                     const std::string& host);
// host or host:port as in a Host header: brackets around IPv6, no default port.
std::string authority(const Target& target);

}  // namespace modelvane
