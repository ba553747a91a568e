#include "daemon/http/site.h"

#include <fmt/format.h>

#include <algorithm>

namespace modelvane {
namespace {

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\';
  });
}

std::string without_end_slashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  return std::string{path};
}

}  // namespace

std::expected<Site, std::string> site_of(std::string_view external_url,
                                         const std::optional<std::string>& route_prefix) {
  Site site;
  if (!external_url.empty()) {
    site.host = host_of_url(external_url);
    const bool is_web = external_url.starts_with("http://") || external_url.starts_with("https://");
    const bool is_whole = external_url.find_first_of("?#@") == std::string_view::npos;
    if (!is_web || site.host.empty() || !is_whole || !is_plain(external_url)) {
      return std::unexpected(fmt::format(
          "--web.external-url: \"{}\" is not a URL such as https://vane.example.com/modelvane/ "
          "(no user name, query or fragment)",
          external_url));
    }
    site.url = without_end_slashes(external_url) + "/";
    site.prefix =
        without_end_slashes(external_url.substr(external_url.find("://") + 3 + site.host.size()));
  }
  if (route_prefix) {
    if (!route_prefix->starts_with('/') || !is_plain(*route_prefix) ||
        route_prefix->find_first_of("?#") != std::string::npos) {
      return std::unexpected(fmt::format(
          "--web.route-prefix: \"{}\" is not a path such as /modelvane or /", *route_prefix));
    }
    site.prefix = without_end_slashes(*route_prefix);
  }
  return site;
}

std::string_view host_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

}  // namespace modelvane
