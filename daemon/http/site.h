// How this server is reached from outside: under which name, and where below that name. Pure.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace modelvane {

struct Site {
  std::string url;     // with a slash at its end; "" = not known, then there are no absolute links
  std::string host;    // "vane.example.com" or "vane.example.com:8443"
  std::string prefix;  // "/vane": what every path begins with; "" = nothing
};

// As in Prometheus: paths are served below the external URL's own path, unless `route_prefix` says
// otherwise ("/" = a reverse proxy cuts it off). The error is a sentence.
std::expected<Site, std::string> site_of(std::string_view external_url,
                                         const std::optional<std::string>& route_prefix);

// "https://vane.example.com/x" -> "vane.example.com"; "" when there is none.
std::string_view host_of_url(std::string_view url);

}  // namespace modelvane
