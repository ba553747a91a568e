// The page's files (daemon/web/page/): a shell at /, and what it loads below /page/. They are
// static and embedded in the binary; all that they show comes from the API. Any thread.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/http/reply.h"

namespace modelvane {

// The file at a path such as "/" or "/page/app.js"; nullopt when there is none.
std::optional<Reply> page_file(std::string_view path);

}  // namespace modelvane
