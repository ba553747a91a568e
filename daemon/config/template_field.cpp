#include "daemon/config/template_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/secret_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"
#include "daemon/text/token.h"

namespace modelvane {
namespace {

// A message, not a document; with values put in it stays below what receivers take.
constexpr std::size_t kJsonBytesMax = std::size_t{64} * 1024;

constexpr std::array kPlaceholders{
    std::string_view{"event"},
    std::string_view{"event.id"},
    std::string_view{"event.source"},
    std::string_view{"event.type"},
    std::string_view{"event.subject"},
    std::string_view{"event.time"},
    std::string_view{"event.sequence"},
    std::string_view{"event.data"},
    std::string_view{"event.data.endpoint"},
    std::string_view{"event.data.alias"},
    std::string_view{"event.data.model"},
    std::string_view{"event.data.models"},
    std::string_view{"event.data.from"},
    std::string_view{"event.data.to"},
    std::string_view{"event.data.rule"},
    std::string_view{"event.data.targets"},
    std::string_view{"event.data.aliases"},
    std::string_view{"event.data.changed"},
    std::string_view{"event.data.observed_between"},
    std::string_view{"event.data.observed_between.0"},
    std::string_view{"event.data.observed_between.1"},
    std::string_view{"event.data.confirmed_by_polls"},
    std::string_view{"event.data.evidence"},
    std::string_view{"event.data.pin"},
    std::string_view{"event.data.pin.state"},
    std::string_view{"event.data.pin.approved"},
    std::string_view{"event.data.retirement"},
    std::string_view{"event.data.retirement.model"},
    std::string_view{"event.data.retirement.at"},
    std::string_view{"event.data.retirement.replacement"},
    std::string_view{"event.data.retirement.days_left"},
    std::string_view{"event.data.retirement_before"},
    std::string_view{"event.data.reverts"},
    std::string_view{"event.data.reason"},
    std::string_view{"event.data.detail"},
    std::string_view{"event.data.lasted_seconds"},
    std::string_view{"event.data.models_before"},
    std::string_view{"event.data.models_now"},
    std::string_view{"event.data.labels"},
    std::string_view{"event.data.webhook"},
    std::string_view{"event.data.ids"},
    std::string_view{"event.data.ids_count"},
    std::string_view{"event.data.ended"},
    std::string_view{"event.data.isolated"},
    std::string_view{"event.data.between"},
    std::string_view{"event.data.group"},
    std::string_view{"event.data.views"},
    std::string_view{"event.data.operator"},
    std::string_view{"event.data.action"},
    std::string_view{"event.data.subject"},
    std::string_view{"event.data.summary"},
    std::string_view{"event.data.drill"},
    std::string_view{"message.title"},
    std::string_view{"message.summary"},
    std::string_view{"message.text"},
    std::string_view{"message.link"},
    std::string_view{"message.short_id"},
    std::string_view{"instance"},
};
// Below these the keys are the user's or the provider's.
constexpr std::array kFreePrefixes{std::string_view{"event.data.labels."},
                                   std::string_view{"event.data.evidence."}};

constexpr std::string_view kSecretPrefix = "secret.";
// Each of them is read at every attempt.
constexpr std::size_t kSecretsMax = 16;
constexpr std::size_t kFormFieldsMax = 64;
constexpr std::size_t kStatusesMax = 32;
constexpr Range<int> kStatuses{200, 599};

using Secrets = std::vector<std::pair<std::string, SecretRef>>;

bool is_event_value(std::string_view path) {
  return std::ranges::find(kPlaceholders, path) != kPlaceholders.end() ||
         std::ranges::any_of(kFreePrefixes, [&](std::string_view prefix) {
           return path.starts_with(prefix) && path != prefix;
         });
}

bool is_known(std::string_view path, const Secrets& secrets) {
  if (is_event_value(path)) return true;
  return path.starts_with(kSecretPrefix) &&
         std::ranges::find(secrets, path.substr(kSecretPrefix.size()),
                           &Secrets::value_type::first) != secrets.end();
}

std::string unknown(std::string_view path) {
  if (path.starts_with(kSecretPrefix))
    return fmt::format("{} is not among template.secrets", in_quotes(path));
  return fmt::format("unknown placeholder {}{}", in_quotes(path),
                     did_you_mean(path, kPlaceholders));
}

constexpr std::string_view kNotClosed =
    "a placeholder is not closed; write it as {{event.data.to}}";

// The text with `filler` in the place of each placeholder, whose paths go to `paths`; nullopt: one
// is not closed.
std::optional<std::string> filled(std::string_view text, std::string_view filler,
                                  std::vector<std::string_view>& paths) {
  std::string result;
  for (auto open = text.find("{{"); open != std::string_view::npos; open = text.find("{{")) {
    const auto close = text.find("}}", open);
    if (close == std::string_view::npos) return std::nullopt;
    paths.push_back(trimmed(text.substr(open + 2, close - open - 2), " "));
    result += text.substr(0, open);
    result += filler;
    text.remove_prefix(close + 2);
  }
  return result.append(text);
}

std::string escaped(std::string_view text) {
  std::string json;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (byte < 0x20U) {
      json += fmt::format("\\u{:04x}", byte);
    } else {
      json += c;
    }
  }
  return json;
}

// RFC 8259 section 6: what YAML reads as a number beyond that (0x10, .5, 010) stays text.
bool is_json_number(std::string_view text) {
  const auto digits = [&text] {
    std::size_t count = 0;
    for (; !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) != 0; ++count)
      text.remove_prefix(1);
    return count;
  };
  const auto skip = [&text](std::string_view any) {
    const bool is_there = !text.empty() && any.find(text.front()) != std::string_view::npos;
    if (is_there) text.remove_prefix(1);
    return is_there;
  };
  skip("-");
  const bool has_leading_zero = text.starts_with('0');
  const auto whole = digits();
  if (whole == 0 || (has_leading_zero && whole > 1)) return false;
  if (skip(".") && digits() == 0) return false;
  if (skip("eE")) {
    skip("+-");
    if (digits() == 0) return false;
  }
  return text.empty();
}

// Builds the pieces; the JSON since the last placeholder is collected in `json_`.
class Compiler {
 public:
  Compiler(const Field& field, const Secrets& secrets) : field_(field), secrets_(secrets) {}

  std::vector<BodyTemplate::Piece> compile(const YamlNode& root) {
    write(root);
    if (bytes_ > kJsonBytesMax)
      field_.fail(fmt::format("must be at most {} of JSON", size_text(kJsonBytesMax)));
    flush("", false);
    return std::move(pieces_);
  }

 private:
  void add(std::string_view json) {
    bytes_ += json.size();
    if (bytes_ <= kJsonBytesMax) json_ += json;
  }
  void flush(std::string_view placeholder, bool is_within_text) {
    pieces_.push_back({std::exchange(json_, {}), std::string{placeholder}, is_within_text});
  }

  void write(const YamlNode& node) {
    switch (node.kind) {
      case YamlNode::Kind::Null: return add("null");
      case YamlNode::Kind::Scalar: return write_scalar(node);
      case YamlNode::Kind::Sequence: return write_list(node);
      case YamlNode::Kind::Map: return write_map(node);
    }
  }

  void write_list(const YamlNode& node) {
    add("[");
    for (std::size_t i = 0; i < node.items.size(); ++i) {
      if (i > 0) add(",");
      write(*node.items[i]);
    }
    add("]");
  }

  void write_map(const YamlNode& node) {
    add("{");
    std::vector<std::string_view> keys;
    for (const auto& entry : node.entries) {
      if (std::ranges::find(keys, entry.key) != keys.end())
        fail(entry.at, "a key stands twice in this map");
      if (entry.key.find("{{") != std::string::npos)
        fail(entry.at, "a key cannot have a placeholder; only values can");
      add(fmt::format("{}\"{}\":", keys.empty() ? "" : ",", escaped(entry.key)));
      keys.push_back(entry.key);
      write(*entry.value);
    }
    add("}");
  }

  void write_scalar(const YamlNode& node) {
    const bool is_word = node.text == "true" || node.text == "false";
    if (node.is_plain && (is_word || is_json_number(node.text))) return add(node.text);
    std::string_view text = node.text;
    // A text that is nothing but a placeholder takes the value as it is: a number stays a number.
    if (text.starts_with("{{") && text.find("}}") == text.size() - 2)
      return placeholder(node, text.substr(2, text.size() - 4), false);
    add("\"");
    for (auto open = text.find("{{"); open != std::string_view::npos; open = text.find("{{")) {
      add(escaped(text.substr(0, open)));
      const auto close = text.find("}}", open);
      if (close == std::string_view::npos) {
        fail(node.at, kNotClosed);
        break;
      }
      placeholder(node, text.substr(open + 2, close - open - 2), true);
      text.remove_prefix(close + 2);
    }
    add(escaped(text));
    add("\"");
  }

  void placeholder(const YamlNode& node, std::string_view text, bool is_within_text) {
    const auto path = trimmed(text, " ");
    if (!is_known(path, secrets_)) fail(node.at, unknown(path));
    flush(path, is_within_text);
  }

  void fail(Position at, std::string_view sentence) {
    field_.findings().add(at, field_.path(), sentence);
  }

  const Field& field_;
  const Secrets& secrets_;
  std::vector<BodyTemplate::Piece> pieces_;
  std::string json_;
  std::size_t bytes_ = 0;
};

Secrets read_named_secrets(const Field& field) {
  Secrets secrets;
  const auto entries = field.entries("a map of names to secrets", is_label_name);
  if (!entries) return secrets;
  if (entries->size() > kSecretsMax)
    field.fail(fmt::format("must have at most {} entries", kSecretsMax));
  for (const auto& [name, value] : *entries) {
    if (!is_label_name(name)) value.fail("a secret's name must be letters, digits and _");
    if (auto secret = read_secret_value(value, header_value_problem))
      secrets.emplace_back(name, std::move(*secret));
  }
  return secrets;
}

void read_form(const Field& field, BodyTemplate& body) {
  const auto entries = field.entries("a map of names to texts", is_token);
  if (!entries) return;
  if (entries->empty() || entries->size() > kFormFieldsMax)
    field.fail(fmt::format("must have 1 to {} entries", kFormFieldsMax));
  for (const auto& [name, value] : *entries) {
    auto text = value.text_or_empty("a text such as {{message.summary}}");
    if (!text) continue;
    std::vector<std::string_view> paths;
    if (!filled(*text, "", paths)) value.fail(kNotClosed);
    for (const auto path : paths) {
      if (!is_known(path, body.secrets)) value.fail(unknown(path));
    }
    body.form.emplace_back(name, std::move(*text));
  }
}

void read_body(const Field& field, BodyTemplate& body) {
  const auto kind = field.node().kind;
  if (kind != YamlNode::Kind::Map && kind != YamlNode::Kind::Sequence)
    return field.fail("must be a map or a list: the JSON to send, written as YAML");
  body.pieces = Compiler{field, body.secrets}.compile(field.node());
}

std::string read_pointer(const Field& field) {
  auto pointer = field.text("a JSON pointer such as /ok").value_or("");
  if (const auto problem = pointer_problem(pointer); problem && !pointer.empty())
    field.fail(*problem);
  return pointer;
}

void read_expected(const Field& field, BodyTemplate::Success& success) {
  const auto& node = field.node();
  if (node.kind != YamlNode::Kind::Scalar) return field.fail("must be a text, a number or a word");
  const bool is_word = node.text == "true" || node.text == "false";
  success.equals = node.text;
  success.equals_text = !node.is_plain || !(is_word || is_json_number(node.text));
}

void read_statuses(const Field& field, BodyTemplate::Success& success) {
  const auto items = field.is_list() ? field.list("statuses").value_or(std::vector<Field>{})
                                     : std::vector<Field>{field};
  if (items.empty() || items.size() > kStatusesMax)
    field.fail(fmt::format("must have 1 to {} entries", kStatusesMax));
  for (const auto& item : items) {
    if (const auto status = item.integer(kStatuses)) success.statuses.push_back(*status);
  }
}

BodyTemplate::Success read_success(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"status"}, std::string_view{"pointer"},
                                    std::string_view{"equals"}};
  BodyTemplate::Success success;
  const auto fields = field.fields(kKeys);
  if (!fields) return success;
  if (const auto* status = fields->find("status")) read_statuses(*status, success);
  const auto* pointer = fields->find("pointer");
  const auto* equals = fields->find("equals");
  if (pointer != nullptr) success.pointer = read_pointer(*pointer);
  if (equals != nullptr) read_expected(*equals, success);
  if (fields->find("status") == nullptr && pointer == nullptr && equals == nullptr)
    field.fail("is empty: write status, or pointer and equals");
  if (pointer != nullptr && equals == nullptr)
    pointer->fail("needs equals: what stands there in a success");
  if (equals != nullptr && pointer == nullptr)
    equals->fail("needs pointer: where it stands in the answer");
  return success;
}

void read_what_is_sent(const Fields& fields, BodyTemplate& body) {
  static constexpr std::array kMethods{std::string_view{"POST"}, std::string_view{"PUT"},
                                       std::string_view{"PATCH"}, std::string_view{"GET"}};
  if (const auto* method = fields.find("method"))
    body.method = method->choice(kMethods).value_or(body.method);
  const auto* document = fields.find("body");
  const auto* form = fields.find("form");
  if (document != nullptr && form != nullptr) form->fail("stands in the place of body");
  if (form != nullptr) body.content_type = "application/x-www-form-urlencoded";
  if (const auto* type = fields.find("content_type")) {
    body.content_type =
        type->text("a content type such as application/json").value_or(body.content_type);
    if (!is_header_value(body.content_type) || body.content_type.find('/') == std::string::npos)
      type->fail("must be a content type such as application/json");
  }
  if (form != nullptr) return read_form(*form, body);
  if (body.method == "GET") {
    if (document != nullptr) document->fail("has no meaning with method GET");
    return;
  }
  if (document == nullptr)
    document =
        fields.need("body", "write the JSON to send, such as {text: \"{{message.summary}}\"}");
  if (document != nullptr) read_body(*document, body);
}

}  // namespace

BodyTemplate read_template(const Field& field) {
  static constexpr std::array kKeys{
      std::string_view{"body"},         std::string_view{"form"},    std::string_view{"method"},
      std::string_view{"content_type"}, std::string_view{"secrets"}, std::string_view{"success"},
      std::string_view{"retry_after"}};
  BodyTemplate body;
  const auto fields = field.fields(kKeys);
  if (!fields) return body;
  if (const auto* secrets = fields->find("secrets")) body.secrets = read_named_secrets(*secrets);
  read_what_is_sent(*fields, body);
  if (const auto* success = fields->find("success")) body.success = read_success(*success);
  if (const auto* pointer = fields->find("retry_after")) body.retry_after = read_pointer(*pointer);
  return body;
}

std::optional<std::string> template_url_problem(std::string_view url) {
  std::vector<std::string_view> paths;
  const auto plain = filled(url, "x", paths);
  if (!plain) return std::string{kNotClosed};
  if (const auto problem = url_problem(*plain)) return problem;
  const auto host = url.find("://") + 3;
  // What an event says must not choose whom it is sent to.
  if (url.find("{{") < std::min(url.find_first_of("/?", host), url.size()))
    return "must have placeholders behind the host only";
  for (const auto path : paths) {
    if (!is_event_value(path) && !path.starts_with(kSecretPrefix)) return unknown(path);
  }
  return std::nullopt;
}

void check_secrets_in_url(const Field& field, const SecretRef& url, const BodyTemplate& body) {
  std::vector<std::string_view> paths;
  const auto text = reveal(url).value_or("");
  if (!filled(text, "", paths)) return;
  for (const auto path : paths) {
    if (path.starts_with(kSecretPrefix) && !is_known(path, body.secrets)) field.fail(unknown(path));
  }
}

}  // namespace modelvane
