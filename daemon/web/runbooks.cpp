#include "daemon/web/runbooks.h"

#include <algorithm>

#include "runbook_files.h"

namespace modelvane {
namespace {

constexpr std::string_view kRunbookFolder = "/runbooks/";
constexpr std::string_view kExtension = ".md";

}  // namespace

std::optional<Reply> runbook(std::string_view path) {
  if (!path.starts_with(kRunbookFolder)) return std::nullopt;
  auto name = path.substr(kRunbookFolder.size());
  if (name.ends_with(kExtension)) name.remove_suffix(kExtension.size());
  const auto* const file = std::ranges::find_if(kRunbookFiles, [&](const EmbeddedFile& known) {
    return known.name.substr(0, known.name.size() - kExtension.size()) == name;
  });
  if (file == kRunbookFiles.end()) return std::nullopt;
  // Plain text: browsers offer text/markdown for download.
  return Reply{.content_type = "text/plain; charset=utf-8", .body = std::string{file->text}};
}

}  // namespace modelvane
