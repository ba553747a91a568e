// One log line as text. Pure: the time is an argument, so that the exact bytes can be tested.
// Whatever a message or value holds, the result is one line of printable text: quotes and
// backslashes are escaped, control characters and bad UTF-8 become \u escapes.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace modelvane::log {

enum class Level { Debug, Info, Warn, Error };
using Field = std::pair<std::string_view, std::string>;
using LineTime = std::chrono::sys_time<std::chrono::milliseconds>;

// ts=2026-11-22T10:00:05.123Z level=info msg="poll failed" endpoint=internlm
std::string logfmt_line(LineTime at, Level level, std::string_view message,
                        std::span<const Field> fields);
// {"ts":"2026-11-22T10:00:05.123Z","level":"info","msg":"poll failed","endpoint":"internlm"}
std::string json_line(LineTime at, Level level, std::string_view message,
                      std::span<const Field> fields);

}  // namespace modelvane::log
