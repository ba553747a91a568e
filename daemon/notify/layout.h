// A Message as text: the parts that several receivers share. Each receiver says how it writes a
// label and a value and how much it takes; what does not fit is left out line by line, and the text
// says so. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "daemon/notify/message.h"

namespace modelvane {

struct LineStyle {
  std::string_view label_open;
  std::string_view label_close;
  std::string (*foreign)(std::string_view value);  // others' text made harmless
  std::string_view line_end = "\n";
  std::size_t room = 0;                        // for all lines together,
  std::size_t (*size)(std::string_view text);  // measured like this
};

struct LinesText {
  std::string text;
  std::size_t left_out = 0;  // lines
};

// One line each: "<label_open>To<label_close> value<line_end>".
LinesText lines_text(const Message& message, const LineStyle& style);

std::size_t bytes_of(std::string_view text);
std::size_t characters_of(std::string_view text);
// Bytes of the text inside a JSON string.
std::size_t json_bytes_of(std::string_view text);

// For plain text, where no markup is read but clients may still look for mentions and links: "@",
// "<", ">" become their full-width twins, "://", "www." and the dot of "evil.example/path" are
// broken up.
std::string harmless(std::string_view text);
// The same in a code span, `x`, which shows everything as it is; a backtick in it becomes "'".
// Empty text gives "".
std::string code(std::string_view text);
// Both, where it is not documented that code spans take marks for what they are.
std::string harmless_code(std::string_view text);
// Slack's three entities.
std::string slack_escaped(std::string_view text);

// At most so many bytes of UTF-8, cut between characters, with "…" where text was cut off.
std::string cut_to_bytes(std::string_view text, std::size_t bytes_max);

// "Alias moved: internlm3-latest", harmless.
std::string title_of(const Message& message);
// "modelvane event 4c5d0000". The first word is what a bot that wants a keyword can be told.
std::string footer_of(const Message& message);

}  // namespace modelvane
