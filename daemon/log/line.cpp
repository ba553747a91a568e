#include "daemon/log/line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "daemon/text/utf8.h"

namespace modelvane::log {
namespace {

// A line longer than this helps nobody and is cut by journald (LineMax=48K) and syslog anyway.
constexpr std::size_t kValueBytesMax = 8 * 1024;

std::string_view name(Level level) {
  switch (level) {
    case Level::Debug: return "debug";
    case Level::Info: return "info";
    case Level::Warn: return "warn";
    case Level::Error: return "error";
  }
  return "info";
}

std::string timestamp(LineTime at) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(at);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03d}Z",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                     (at - seconds).count());
}

// Control characters of both sets, and those that end lines or turn the direction of text in a
// terminal.
bool is_unprintable(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void append_escaped(std::string& out, std::string_view text) {
  const bool is_cut = text.size() > kValueBytesMax;
  if (is_cut) text = text.substr(0, kValueBytesMax);
  while (!text.empty()) {
    const auto character = first_character(text);
    const auto c = character.code_point;
    if (character.bytes == 0) {
      out += "\\ufffd";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += text[0];
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (is_unprintable(c)) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
    } else {
      out += text.substr(0, character.bytes);
    }
    text.remove_prefix(std::max<std::size_t>(character.bytes, 1));
  }
  if (is_cut) out += "...";
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  append_escaped(out, text);
  out += '"';
}

bool needs_quotes(std::string_view value) {
  return value.empty() || value.size() > kValueBytesMax ||
         !std::ranges::all_of(value, [](unsigned char c) {
           return c > 0x20 && c < 0x7f && c != '"' && c != '=' && c != '\\';
         });
}

}  // namespace

std::string logfmt_line(LineTime at, Level level, std::string_view message,
                        std::span<const Field> fields) {
  std::string line = fmt::format("ts={} level={} msg=", timestamp(at), name(level));
  append_quoted(line, message);
  for (const auto& [key, value] : fields) {
    fmt::format_to(std::back_inserter(line), " {}=", key);
    if (needs_quotes(value)) {
      append_quoted(line, value);
    } else {
      line += value;
    }
  }
  return line;
}

std::string json_line(LineTime at, Level level, std::string_view message,
                      std::span<const Field> fields) {
  std::string line = fmt::format(R"({{"ts":"{}","level":"{}","msg":)", timestamp(at), name(level));
  append_quoted(line, message);
  for (const auto& [key, value] : fields) {
    line += ',';
    append_quoted(line, key);
    line += ':';
    append_quoted(line, value);
  }
  line += '}';
  return line;
}

}  // namespace modelvane::log
