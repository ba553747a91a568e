// The user's own JSON: the config has compiled it into literal pieces and placeholders
// (config/template_field.h); here the event's values are put in. Every value is written by the JSON
// library, so no text of a stranger can leave its place.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

std::string text_lines(const Message& message) {
  std::string text = title_of(message);
  for (const auto& line : message.lines)
    text += fmt::format("\n{}: {}", line.label, harmless(line.value));
  return text;
}

Json values_of(const Occasion& occasion) {
  const auto message = occasion.message();
  return {{"event", Json::parse(occasion.first().stored->json, nullptr, false)},
          {"message",
           {{"title", title_of(message)},
            {"summary", harmless(message.summary)},
            {"text", text_lines(message)},
            {"link", message.link},
            {"short_id", message.short_id}}},
          {"instance", occasion.context.instance}};
}

const Json* step(const Json& value, std::string_view key) {
  if (value.is_object()) {
    const auto found = value.find(key);
    return found == value.end() ? nullptr : &*found;
  }
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), index);
  const bool is_index = error == std::errc{} && end == key.data() + key.size();
  return value.is_array() && is_index && index < value.size() ? &value[index] : nullptr;
}

// "event.data.to"; a value that this event does not have is null.
Json look_up(const Json& values, std::string_view path) {
  const Json* value = &values;
  while (value != nullptr && !path.empty()) {
    const auto key = path.substr(0, path.find('.'));
    value = step(*value, key);
    path.remove_prefix(std::min(path.size(), key.size() + 1));
  }
  return value == nullptr ? Json(nullptr) : *value;
}

std::string within_text(const Json& value) {
  if (value.is_null()) return "";
  const auto quoted = text_of(value.is_string() ? value : Json(text_of(value)));
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

Payload render_template(const Occasion& occasion) {
  const auto values = values_of(occasion);
  std::string body;
  for (const auto& piece : occasion.webhook.body.pieces) {
    body += piece.json;
    if (piece.placeholder.empty()) continue;
    const auto value = look_up(values, piece.placeholder);
    body += piece.is_within_text ? within_text(value) : text_of(value);
  }
  return {.body = body, .content_type = occasion.webhook.body.content_type};
}

}  // namespace modelvane
