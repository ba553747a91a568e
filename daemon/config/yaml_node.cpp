#include "daemon/config/yaml_node.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "daemon/text/utf8.h"

namespace modelvane {
namespace {

// The schema needs six levels. yaml-cpp itself gives up at about 500, with the misleading words
// "bad file".
constexpr std::size_t kDepthMax = 32;
// 10,000 endpoints with 50 values each are half of this; a list of a few bytes per value cannot
// cost more than some 150 MB.
constexpr std::size_t kNodesMax = 1'000'000;

struct Refusal {
  YamlError error;
};

Position position(const YAML::Mark& mark) {
  return {mark.line + 1, mark.column + 1};
}

// yaml-cpp guesses UTF-16 from zero bytes and lets broken UTF-8 and control characters through:
// both are settled before it reads.
std::optional<YamlError> find_bad_character(std::string_view text) {
  Position at{1, 1};
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte < 0x20U && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7FU) {
      return YamlError{
          at, fmt::format("control character 0x{:02X}; a configuration is plain UTF-8 text", byte)};
    }
    const auto length = first_character(text.substr(i, 4)).bytes;
    if (length == 0) return YamlError{at, "this is not valid UTF-8; save the file as UTF-8"};
    i += length;
    at.column += static_cast<int>(length);
    if (byte == '\n') at = {at.line + 1, 1};
  }
  return std::nullopt;
}

// What yaml-cpp says, in words that help. Some of its messages carry a piece of the file after the
// fixed part; only the fixed part is ever used.
std::string explain(std::string_view message) {
  static const std::array kExplanations{
      std::pair{
          std::string_view{YAML::ErrorMsg::MAP_VALUE},
          std::string_view{
              "a colon is not allowed here; put the value in quotes, or check the indentation"}},
      std::pair{std::string_view{YAML::ErrorMsg::MAP_KEY},
                std::string_view{"a key is not allowed here; check the indentation"}},
      std::pair{std::string_view{YAML::ErrorMsg::BLOCK_ENTRY},
                std::string_view{"a list item is not allowed here; check the indentation"}},
      std::pair{std::string_view{YAML::ErrorMsg::END_OF_MAP_FLOW},
                std::string_view{"a \"{\" is not closed, or a comma is missing"}},
      std::pair{std::string_view{YAML::ErrorMsg::END_OF_SEQ_FLOW},
                std::string_view{"a \"[\" is not closed, or a comma is missing"}},
      std::pair{std::string_view{YAML::ErrorMsg::END_OF_MAP},
                std::string_view{"this does not continue the keys above; check the indentation, "
                                 "the colon and the quotes"}},
      std::pair{std::string_view{YAML::ErrorMsg::END_OF_SEQ},
                std::string_view{"this does not continue the list above; check the indentation"}},
      std::pair{std::string_view{YAML::ErrorMsg::FLOW_END},
                std::string_view{"a closing bracket without an opening one"}},
      std::pair{std::string_view{YAML::ErrorMsg::EOF_IN_SCALAR},
                std::string_view{"the file ends inside a quoted value"}},
      std::pair{std::string_view{YAML::ErrorMsg::DOC_IN_SCALAR},
                std::string_view{"a document ends inside a quoted value"}},
      std::pair{
          std::string_view{YAML::ErrorMsg::INVALID_ESCAPE},
          std::string_view{
              "unknown escape in a double-quoted value; use single quotes to keep backslashes"}},
      std::pair{std::string_view{YAML::ErrorMsg::UNKNOWN_ANCHOR},
                std::string_view{"this refers to an anchor that is not defined; put the value in "
                                 "quotes if its \"*\" is meant"}},
      std::pair{std::string_view{YAML::ErrorMsg::ALIAS_NOT_FOUND},
                std::string_view{"a \"*\" alone stands in quotes: \"*\""}},
      std::pair{
          std::string_view{YAML::ErrorMsg::UNKNOWN_TOKEN},
          std::string_view{"a value cannot start with this character; put the value in quotes"}},
  };
  const auto found = std::ranges::find_if(
      kExplanations, [message](const auto& pair) { return message.starts_with(pair.first); });
  return fmt::format("not valid YAML: {}",
                     found == kExplanations.end()
                         ? "unexpected text; check quotes, brackets and indentation"
                         : found->second);
}

// yaml-cpp mostly complains about what follows the tab, in words that do not help.
std::optional<Position> find_tab_in_indentation(std::string_view text, int line) {
  for (int n = 1; n < line; ++n) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end + 1);
  }
  const auto column = text.find_first_not_of(' ');
  if (line == 0 || column == std::string_view::npos || text[column] != '\t') return std::nullopt;
  return Position{line, static_cast<int>(column) + 1};
}

// Builds the tree from yaml-cpp's events.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(std::string_view text) : text_(text) {
    line_starts_.push_back(0);
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\n') line_starts_.push_back(i + 1);
    }
  }

  YamlNodePtr take_root() { return root_ ? std::move(root_) : std::make_shared<const YamlNode>(); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(has_document_, true)) {
      refuse(mark,
             "a second YAML document starts here; a configuration is one document (check the "
             "indentation)");
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    finish(make(mark, YamlNode::Kind::Null), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end())
      refuse(mark, "this alias refers to a value that contains it; write the value out");
    count(mark, found->second->expanded);
    attach(found->second, mark);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    const bool is_plain = tag != "!";
    if (!is_plain) refuse_open_quote(mark);
    auto node = make(mark, YamlNode::Kind::Scalar);
    node->text = value;
    node->is_plain = is_plain;
    finish(std::move(node), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::Sequence);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::Map);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  struct Open {
    std::shared_ptr<YamlNode> node;
    YAML::anchor_t anchor = 0;
    YAML::Mark mark;
    bool awaits_value = false;  // Map: the last entry has a key and no value yet
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, std::string sentence) {
    throw Refusal{{position(mark), std::move(sentence)}};
  }

  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    if (!tag.empty() && tag != "?" && tag != "!")
      refuse(mark, "YAML tags (\"!...\") have no meaning here; remove it, or quote the value");
  }

  // yaml-cpp takes a quote that is never closed for one that ends with the file: everything below
  // it would silently vanish.
  void refuse_open_quote(const YAML::Mark& mark) const {
    const auto line = static_cast<std::size_t>(mark.line);
    if (line >= line_starts_.size()) return;
    auto rest = text_.substr(
        std::min(text_.size(), line_starts_[line] + static_cast<std::size_t>(mark.column)));
    while (rest.starts_with('&') ||
           rest.starts_with('!')) {  // an anchor or "!" may stand before the quote
      rest.remove_prefix(std::min(rest.size(), rest.find_first_of(" \t\r\n")));
      rest.remove_prefix(std::min(rest.size(), rest.find_first_not_of(" \t\r\n")));
    }
    const char quote = rest.empty() ? '\0' : rest.front();
    if (quote != '"' && quote != '\'') return;  // a block scalar
    for (std::size_t i = 1; i < rest.size(); ++i) {
      if (quote == '"' && rest[i] == '\\') {
        ++i;
      } else if (rest[i] == quote) {
        if (quote == '"' || i + 1 == rest.size() || rest[i + 1] != quote) return;
        ++i;
      }
    }
    refuse(mark, fmt::format("the {} that opens here is never closed",
                             quote == '"' ? "double quote" : "single quote"));
  }

  void count(const YAML::Mark& mark, std::size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > kNodesMax)
      refuse(mark,
             fmt::format("more than {} values (aliases count in full); split the file", kNodesMax));
  }

  std::shared_ptr<YamlNode> make(const YAML::Mark& mark, YamlNode::Kind kind) {
    count(mark, 1);
    auto node = std::make_shared<YamlNode>();
    node->kind = kind;
    node->at = position(mark);
    return node;
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    refuse_tag(mark, tag);
    if (stack_.size() >= kDepthMax)
      refuse(mark, fmt::format("nested deeper than {} levels", kDepthMax));
    stack_.push_back({make(mark, kind), anchor, mark});
  }

  void close() {
    auto done = std::move(stack_.back());
    stack_.pop_back();
    if (done.anchor != 0) anchors_[done.anchor] = done.node;
    attach(std::move(done.node), done.mark);
  }

  void finish(std::shared_ptr<YamlNode> node, YAML::anchor_t anchor) {
    if (anchor != 0) anchors_[anchor] = node;
    const YAML::Mark mark = mark_of(*node);
    attach(std::move(node), mark);
  }

  static YAML::Mark mark_of(const YamlNode& node) {
    YAML::Mark mark;
    mark.line = node.at.line - 1;
    mark.column = node.at.column - 1;
    return mark;
  }

  void attach(YamlNodePtr node, const YAML::Mark& mark) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    auto& parent = stack_.back();
    if (parent.node->kind == YamlNode::Kind::Map && !parent.awaits_value) {
      if (node->kind != YamlNode::Kind::Scalar)
        refuse(mark,
               node->kind == YamlNode::Kind::Map
                   ? "a key must be plain text; a text that begins with \"{{\" stands in quotes"
                   : "a key must be plain text");
      parent.node->entries.push_back({node->text, position(mark), nullptr});
      parent.awaits_value = true;
      return;
    }
    parent.node->expanded += node->expanded;
    if (parent.node->kind == YamlNode::Kind::Map) {
      parent.node->entries.back().value = std::move(node);
      parent.awaits_value = false;
    } else {
      parent.node->items.push_back(std::move(node));
    }
  }

  std::string_view text_;
  std::vector<std::size_t> line_starts_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, YamlNodePtr> anchors_;
  YamlNodePtr root_;
  std::size_t nodes_ = 0;
  bool has_document_ = false;
};

}  // namespace

std::expected<YamlNodePtr, YamlError> parse_yaml(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  if (auto bad = find_bad_character(text)) return std::unexpected{std::move(*bad)};
  TreeBuilder builder{text};
  try {
    std::istringstream input{std::string{text}};
    YAML::Parser parser{input};
    while (parser.HandleNextDocument(builder)) continue;
    return builder.take_root();
  } catch (const Refusal& refusal) {
    return std::unexpected{refusal.error};
  } catch (const YAML::Exception& exception) {
    const auto at = exception.mark.is_null() ? Position{} : position(exception.mark);
    if (const auto tab = find_tab_in_indentation(text, at.line)) {
      return std::unexpected{
          YamlError{*tab, "not valid YAML: a tab cannot indent YAML; use spaces"}};
    }
    return std::unexpected{YamlError{at, explain(exception.msg)}};
  } catch (const std::exception&) {
    return std::unexpected{YamlError{{}, "not valid YAML: the parser gave up"}};
  }
}

}  // namespace modelvane
