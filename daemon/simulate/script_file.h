// A script as a YAML file, for `modelvane simulate --script`. The reader is strict, because a
// script with a silent mistake tests nothing: unknown and duplicate keys, wrong types and
// impossible values are errors, all of them reported at once.
//
//   round: 60s                                   # then it starts again
//   aliases: {internlm3-latest: internlm3-8b-instruct}
//   models: [internlm3-8b-instruct]
//   scenes:
//     - {at: 12s, for: 44s, says: it moves, aliases: {internlm3-latest: internlm3-20b-instruct}}
//     - {at: 20s, for: 10s, status: 503}         # also delay: 600ms, list:
//     normal|empty|short|html|duplicate, then: text
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/simulate/script.h"

namespace modelvane::simulated {

// Each error is "file:line:column: sentence". An alias without a value (`~`) is a missing row; ""
// is a row that hides its target.
std::expected<Script, std::vector<std::string>> parse_script(std::string_view yaml,
                                                             const std::string& file);
std::expected<Script, std::vector<std::string>> load_script(const std::string& path);

}  // namespace modelvane::simulated
