#include "daemon/config/international_name.h"

#include <fmt/format.h>
#include <idn2.h>

#include <algorithm>
#include <memory>

namespace modelvane {

std::expected<std::string, std::string> with_ascii_host(const std::string& url) {
  const auto scheme = url.find("://");
  if (scheme == std::string::npos) return url;
  const auto begin = scheme + 3;
  const auto authority_end = std::min(url.find_first_of("/?#", begin), url.size());
  const auto end = std::min(url.find(':', begin), authority_end);
  const auto host = url.substr(begin, end - begin);
  if (std::ranges::all_of(host, [](char c) { return static_cast<unsigned char>(c) < 0x80U; }))
    return url;
  std::uint8_t* found = nullptr;
  const int code = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(host.c_str()), &found,
                                  IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<std::uint8_t, decltype(&idn2_free)> owned{found, &idn2_free};
  if (code != IDN2_OK)
    return std::unexpected(
        fmt::format("must have a host name that is valid ({})", idn2_strerror(code)));
  return url.substr(0, begin) + reinterpret_cast<const char*>(found) + url.substr(end);
}

}  // namespace modelvane
