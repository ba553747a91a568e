// What `modelvane mcp` offers: tools that read, and nothing else. Each is a function from a source
// and its arguments to rows; results are bounded, and names that providers chose are marked as
// data.
#pragma once

#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "daemon/commands/source.h"
#include "daemon/text/time.h"

namespace modelvane {

// Rows of one answer; an agent that needs more asks more narrowly.
inline constexpr std::size_t kMcpRowsMax = 200;

// Descriptions as tools/list gives them.
nlohmann::ordered_json mcp_tools();

// {"rows": [...], "truncated": bool, ...}. The error is a sentence for the agent: an unknown tool
// or argument, or the daemon cannot be read.
std::expected<nlohmann::ordered_json, std::string> call_mcp_tool(
    Source& source, std::string_view tool, const nlohmann::ordered_json& arguments, Time now);

}  // namespace modelvane
