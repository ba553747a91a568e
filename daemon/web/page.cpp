#include "daemon/web/page.h"

#include <algorithm>

#include "page_files.h"

namespace modelvane {
namespace {

constexpr std::string_view kShell = "index.html";
constexpr std::string_view kPageFolder = "/page/";

// Only files of this server; no inline script or style; and by trusted types no text ever becomes
// markup in the browser.
constexpr const char* kPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types "
    "'none'";

std::string_view file_name(std::string_view path) {
  if (path == "/") return kShell;
  return path.starts_with(kPageFolder) ? path.substr(kPageFolder.size()) : std::string_view{};
}

}  // namespace

std::optional<Reply> page_file(std::string_view path) {
  const auto* const file = std::ranges::find(kPageFiles, file_name(path), &EmbeddedFile::name);
  if (file == kPageFiles.end()) return std::nullopt;
  return Reply{.content_type = std::string{file->content_type},
               .body = std::string{file->text},
               .headers = {{"Content-Security-Policy", kPolicy}}};
}

}  // namespace modelvane
