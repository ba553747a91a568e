// A value of a JSON document that somebody asked for.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/text/ascii.h"

namespace modelvane {

struct JsonValue {
  // Broken: what stands there is no valid JSON (half a character, a number beyond all bounds), or
  // is beyond the bounds of what is read.
  enum class Kind { Missing, Null, Boolean, Number, Text, Array, Object, Broken };
  Kind kind = Kind::Missing;
  std::string text;      // Text: without quotes and escapes; Boolean and Number: as written
  std::string_view raw;  // as the body has it, white space included
  // Array: the texts directly in it; of a pointer with `*` one for each match, "" where a match is
  // neither text nor number, so that several such pointers fit together by position.
  std::vector<std::string> texts;
  // Missing again; its memory is kept for the next row.
  void clear() {
    kind = Kind::Missing;
    text.clear();
    raw = {};
    texts.clear();
  }
  bool is_text() const { return kind == Kind::Text; }
};

// A number that the type holds, all of it; nullopt: another value, or one that it cannot hold.
template <typename Number>
std::optional<Number> number_in(const JsonValue& value) {
  if (value.kind != JsonValue::Kind::Number) return std::nullopt;
  Number number{};
  const auto* end = value.text.data() + value.text.size();
  const auto [stop, error] = std::from_chars(value.text.data(), end, number);
  return error == std::errc{} && stop == end ? std::optional{number} : std::nullopt;
}

// What a flag says: a boolean, also as a text or a number; nullopt: something else.
inline std::optional<bool> yes_or_no(const JsonValue& value) {
  using Kind = JsonValue::Kind;
  if (value.kind == Kind::Number) return number_in<double>(value).value_or(1) != 0;
  if (value.kind != Kind::Boolean && value.kind != Kind::Text) return std::nullopt;
  const auto word = to_lower(value.text);
  return word == "true" || word == "false" ? std::optional{word == "true"} : std::nullopt;
}

std::string_view name_of(JsonValue::Kind kind);

}  // namespace modelvane
