// International host names (IDNA 2008), as people write them.
#pragma once

#include <expected>
#include <string>

namespace modelvane {

// The URL with its host in ASCII: "https://bücher.example/" -> "https://xn--bcher-kva.example/".
// The error completes "must ...".
std::expected<std::string, std::string> with_ascii_host(const std::string& url);

}  // namespace modelvane
