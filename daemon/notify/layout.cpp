#include "daemon/notify/layout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <utility>

#include "daemon/notify/plain_text.h"
#include "daemon/text/utf8.h"

namespace modelvane {
namespace {

using Replacement = std::pair<std::string_view, std::string_view>;

std::string replaced(std::string_view text, std::span<const Replacement> replacements) {
  std::string result;
  while (!text.empty()) {
    const auto hit = std::ranges::find_if(replacements, [&](const Replacement& replacement) {
      return text.starts_with(replacement.first);
    });
    if (hit == replacements.end()) {
      result += text.front();
      text.remove_prefix(1);
    } else {
      result += hit->second;
      text.remove_prefix(hit->first.size());
    }
  }
  return result;
}

// "example/path", the rest of "evil.example/path". Without a path it may be a name such as
// anthropic.claude-v2.
bool is_domain_end(std::string_view text) {
  const auto letters =
      std::ranges::find_if_not(text, [](unsigned char c) { return std::isalpha(c) != 0; }) -
      text.begin();
  return letters >= 2 && text.substr(static_cast<std::size_t>(letters)).starts_with('/');
}

// Room for "… and 40 more".
constexpr std::size_t kRestBytes = 32;

}  // namespace

std::size_t bytes_of(std::string_view text) {
  return text.size();
}

std::size_t characters_of(std::string_view text) {
  return character_count(text);
}

std::size_t json_bytes_of(std::string_view text) {
  return text.size() + static_cast<std::size_t>(std::ranges::count_if(
                           text, [](char c) { return c == '"' || c == '\\' || c == '\n'; }));
}

std::string harmless(std::string_view text) {
  static constexpr std::array kReplacements{Replacement{"@", "＠"}, Replacement{"<", "＜"},
                                            Replacement{">", "＞"}, Replacement{"://", "[:]//"},
                                            Replacement{"www.", "www[.]"}};
  const auto broken = replaced(text, kReplacements);
  std::string result;
  for (std::size_t i = 0; i < broken.size(); ++i) {
    const bool is_domain =
        broken[i] == '.' && is_domain_end(std::string_view{broken}.substr(i + 1));
    result += is_domain ? std::string{"[.]"} : std::string{broken[i]};
  }
  return result;
}

std::string code(std::string_view text) {
  static constexpr std::array kReplacements{Replacement{"`", "'"}};
  return text.empty() ? "" : fmt::format("`{}`", replaced(text, kReplacements));
}

std::string harmless_code(std::string_view text) {
  return code(harmless(text));
}

std::string slack_escaped(std::string_view text) {
  static constexpr std::array kReplacements{Replacement{"&", "&amp;"}, Replacement{"<", "&lt;"},
                                            Replacement{">", "&gt;"}};
  return replaced(text, kReplacements);
}

LinesText lines_text(const Message& message, const LineStyle& style) {
  std::string text;
  std::size_t used = kRestBytes;
  for (std::size_t i = 0; i < message.lines.size(); ++i) {
    const auto& line = message.lines[i];
    const auto value = line.is_foreign ? style.foreign(line.value) : line.value;
    const auto written = fmt::format("{}{}{} {}{}", style.label_open, line.label, style.label_close,
                                     value, style.line_end);
    used += style.size(written);
    if (used > style.room) {
      const auto left_out = message.lines.size() - i;
      return {.text = text + fmt::format("… and {} more", left_out), .left_out = left_out};
    }
    text += written;
  }
  text.resize(text.size() - std::min(text.size(), style.line_end.size()));
  return {.text = std::move(text)};
}

std::string cut_to_bytes(std::string_view text, std::size_t bytes_max) {
  static constexpr std::string_view kEllipsis = "…";
  if (text.size() <= bytes_max) return std::string{text};
  if (bytes_max < kEllipsis.size()) return "";
  return std::string{cut_at_character(text, bytes_max - kEllipsis.size())}.append(kEllipsis);
}

std::string title_of(const Message& message) {
  return message.about.empty() ? message.heading
                               : fmt::format("{}: {}", message.heading, harmless(message.about));
}

std::string footer_of(const Message& message) {
  return fmt::format("modelvane event {}", message.short_id);
}

}  // namespace modelvane
