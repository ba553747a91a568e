#include "daemon/config/template_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

bool is_known(std::string_view path) {
  return std::ranges::find(kPlaceholders, path) != kPlaceholders.end() ||
         std::ranges::any_of(kFreePrefixes, [&](std::string_view prefix) {
           return path.starts_with(prefix) && path != prefix;
         });
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
  explicit Compiler(const Field& field) : field_(field) {}

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
        fail(node.at, "a placeholder is not closed; write it as {{event.data.to}}");
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
    if (!is_known(path)) {
      fail(node.at, fmt::format("unknown placeholder {}{}", in_quotes(path),
                                did_you_mean(path, kPlaceholders)));
    }
    flush(path, is_within_text);
  }

  void fail(Position at, std::string_view sentence) {
    field_.findings().add(at, field_.path(), sentence);
  }

  const Field& field_;
  std::vector<BodyTemplate::Piece> pieces_;
  std::string json_;
  std::size_t bytes_ = 0;
};

}  // namespace

BodyTemplate read_template(const Field& field) {
  static constexpr std::array kKeys{std::string_view{"body"}, std::string_view{"content_type"}};
  BodyTemplate body;
  const auto fields = field.fields(kKeys);
  if (!fields) return body;
  if (const auto* type = fields->find("content_type")) {
    body.content_type =
        type->text("a content type such as application/json").value_or(body.content_type);
    if (!is_header_value(body.content_type) || body.content_type.find('/') == std::string::npos)
      type->fail("must be a content type such as application/json");
  }
  const auto* document =
      fields->need("body", "write the JSON to send, such as {text: \"{{message.summary}}\"}");
  if (document == nullptr) return body;
  const auto kind = document->node().kind;
  if (kind != YamlNode::Kind::Map && kind != YamlNode::Kind::Sequence) {
    document->fail("must be a map or a list: the JSON to send, written as YAML");
    return body;
  }
  body.pieces = Compiler{*document}.compile(document->node());
  return body;
}

}  // namespace modelvane
