#include "daemon/web/own_names.h"

#include <unistd.h>

#include <algorithm>
#include <array>

#include "daemon/text/address_range.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

// "[::1]:80" -> "::1", "a:80" -> "a". What is left open or follows a bracket makes it no host.
std::string_view without_port(std::string_view host) {
  if (!host.starts_with('[')) return host.substr(0, host.find(':'));
  const auto end = host.find(']');
  if (end == std::string_view::npos) return {};
  const auto rest = host.substr(end + 1);
  return rest.empty() || rest.starts_with(':') ? host.substr(1, end - 1) : std::string_view{};
}

std::string machine_name() {
  std::array<char, 256> name{};  // Linux has at most 64
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()} : "";
}

}  // namespace

std::vector<std::string> own_names(std::string_view external_host,
                                   const std::vector<std::string>& allowed) {
  const auto machine = machine_name();
  std::vector<std::string> names{"localhost", machine, machine.substr(0, machine.find('.')),
                                 std::string{without_port(external_host)}};
  for (const auto& name : allowed) names.emplace_back(without_port(name));
  std::erase(names, "");
  return names;
}

bool is_own(std::string_view host, const std::vector<std::string>& names) {
  auto name = without_port(host);
  if (name.ends_with('.')) name.remove_suffix(1);
  return parse_address(std::string{name}) || std::ranges::any_of(names, [&](const auto& own) {
           return equals_ignoring_case(own, name);
         });
}

}  // namespace modelvane
