// The user's own request: the config has compiled it into literal pieces and placeholders
// (config/template_field.h); here the event's values are put in. Every value is written by the JSON
// library, so no text of a stranger can leave its place.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "daemon/catalog/json_path.h"
#include "daemon/notify/answer.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"
#include "daemon/text/token.h"
#include "daemon/text/url.h"

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
  auto secrets = Json::object();
  for (const auto& [name, value] : occasion.named_secrets) secrets[name] = value;
  return {{"event", Json::parse(occasion.first().stored->json, nullptr, false)},
          {"message",
           {{"title", title_of(message)},
            {"summary", harmless(message.summary)},
            {"text", text_lines(message)},
            {"link", message.link},
            {"short_id", message.short_id}}},
          {"secret", secrets},
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

std::string plain(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : text_of(value);
}

std::string within_text(const Json& value) {
  const auto quoted = text_of(Json(plain(value)));
  return quoted.substr(1, quoted.size() - 2);
}

// The text with its placeholders' values, safe in a URL and in a form.
std::string filled(std::string_view text, const Json& values) {
  std::string result;
  for (auto open = text.find("{{"); open != std::string_view::npos; open = text.find("{{")) {
    const auto close = text.find("}}", open);
    if (close == std::string_view::npos) break;
    result += text.substr(0, open);
    const auto path = trimmed(text.substr(open + 2, close - open - 2), " ");
    result += percent_encode(plain(look_up(values, path)));
    text.remove_prefix(close + 2);
  }
  return result.append(text);
}

// What stands between the placeholders of a form is the user's text, and is encoded, too.
std::string form_value(std::string_view text, const Json& values) {
  std::string result;
  while (!text.empty()) {
    const auto open = std::min(text.find("{{"), text.size());
    result += percent_encode(text.substr(0, open));
    text.remove_prefix(open);
    const auto close = text.find("}}");
    const auto size = close == std::string_view::npos ? text.size() : close + 2;
    result += filled(text.substr(0, size), values);
    text.remove_prefix(size);
  }
  return result;
}

std::string json_body(const BodyTemplate& body, const Json& values) {
  std::string json;
  for (const auto& piece : body.pieces) {
    json += piece.json;
    if (piece.placeholder.empty()) continue;
    const auto value = look_up(values, piece.placeholder);
    json += piece.is_within_text ? within_text(value) : text_of(value);
  }
  return json;
}

bool is_as_expected(const BodyTemplate::Success& success, const HttpReply& reply) {
  const bool is_status =
      success.statuses.empty()
          ? is_success(reply)
          : std::ranges::find(success.statuses, reply.status) != success.statuses.end();
  if (!is_status || success.pointer.empty()) return is_status;
  std::string storage;
  const auto value = pick(reply.body, steps_of(success.pointer), storage);
  const bool is_plain =
      value.kind == JsonValue::Kind::Number || value.kind == JsonValue::Kind::Boolean;
  return (success.equals_text ? value.is_text() : is_plain) && value.text == success.equals;
}

}  // namespace

Payload render_template(const Occasion& occasion) {
  const auto values = values_of(occasion);
  const auto& wanted = occasion.webhook.body;
  auto body = json_body(wanted, values);
  for (const auto& [name, text] : wanted.form)
    body += fmt::format("{}{}={}", body.empty() ? "" : "&", percent_encode(name),
                        form_value(text, values));
  const bool has_body = !wanted.pieces.empty() || !wanted.form.empty();
  return {.body = std::move(body),
          .content_type = has_body ? wanted.content_type : "",
          .method = wanted.method,
          .url = filled(occasion.url, values)};
}

// A success that is not what the user said counts as an unknown trouble and is tried again on
// schedule; what is no success to anybody keeps the meaning of its status.
Ruling rule_template(const WebhookConfig& webhook, const HttpReply& reply) {
  const auto& success = webhook.body.success;
  if (!success.is_set()) return std::nullopt;
  if (is_as_expected(success, reply)) return Verdict{};
  if (reply.status < 200 || reply.status >= 300) return std::nullopt;
  return Verdict{
      .kind = VerdictClass::Busy,
      .sentence = fmt::format("the receiver answered with status {}, but not as template.success "
                              "says: {}",
                              reply.status, quotable(reply.body)),
      .retry_after = std::nullopt};
}

}  // namespace modelvane
