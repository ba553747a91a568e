// Reads a list in one pass. The SAX handler follows the pointer to the rows; each row alone becomes a small document on which the
// pointers of the id and of the rules are tried, and is then thrown away. A hostile 16 MiB body so costs one row of memory at a
// time, where a whole document would cost twenty times its size.
#include "daemon/core/read_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>
#include <vector>

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

struct Row {
  std::set<std::string> targets;
  Rule rule = Rule::Field;
  std::string evidence;
};

std::vector<std::string> pointer_tokens(const std::string& pointer) {
  std::vector<std::string> tokens;
  for (Json::json_pointer rest{pointer}; !rest.empty(); rest.pop_back()) tokens.push_back(rest.back());
  std::reverse(tokens.begin(), tokens.end());
  return tokens;
}

const Json* find(const Json& row, const Json::json_pointer& pointer) {
  if (!row.contains(pointer)) return nullptr;
  return &row.at(pointer);
}

// The string at `pointer`, without the prefix. Integers, null and the like are no ids.
std::optional<std::string> text_at(const Json& row, const Json::json_pointer& pointer, const std::string& prefix) {
  const Json* value = find(row, pointer);
  if (!value || !value->is_string()) return std::nullopt;
  std::string text = value->get<std::string>();
  if (!prefix.empty() && text.starts_with(prefix)) text.erase(0, prefix.size());
  const bool has_control = std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (text.empty() || text.size() > kIdBytesMax || has_control) return std::nullopt;
  return text;
}

// Collects rows into a Catalog.
class Collector {
 public:
  explicit Collector(const Reading& reading) : reading_(reading), id_(reading.shape.id) {
    for (const auto& rule : reading.rules) rules_.emplace_back(rule.kind, Json::json_pointer{rule.pointer});
  }

  void add(const Json& row) {
    const auto id = row.is_object() ? text_at(row, id_, reading_.shape.strip_prefix) : std::nullopt;
    if (!id) {
      ++catalog_.skipped_rows;
      return;
    }
    ++usable_rows_;
    if (!reading_.models.accepts(*id)) return;
    const auto [seen, is_new] = rows_.try_emplace(*id);
    if (!is_new) ++catalog_.duplicate_rows;
    disclose(row, *id, seen->second);
  }

  std::size_t usable_rows() const { return usable_rows_; }

  Catalog take() {
    for (auto& [id, row] : rows_) {
      catalog_.ids.push_back(id);
      if (row.targets.empty()) continue;
      std::string target;
      for (const auto& one : row.targets) target += (target.empty() ? "" : ",") + one;
      catalog_.aliases.push_back({.id = id, .target = std::move(target), .rule = row.rule, .evidence = std::move(row.evidence)});
    }
    return std::move(catalog_);
  }

 private:
  void disclose(const Json& row, const std::string& id, Row& known) {
    for (const auto& [kind, pointer] : rules_) {
      auto target = text_at(row, pointer, reading_.shape.strip_prefix);
      if (!target || *target == id) continue;
      if (!known.targets.empty() && known.rule != kind) return;
      if (known.evidence.empty()) known.evidence = evidence_of(row, id, *target);
      known.rule = kind;
      known.targets.insert(std::move(*target));
      return;
    }
  }

  static std::string evidence_of(const Json& row, const std::string& id, const std::string& target) {
    std::string text = row.dump(-1, ' ', false, Json::error_handler_t::replace);
    if (text.size() <= kEvidenceBytesMax) return text;
    return Json{{"id", id}, {"target", target}, {"row_bytes", text.size()}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  }

  const Reading& reading_;
  Json::json_pointer id_;
  std::vector<std::pair<Rule, Json::json_pointer>> rules_;
  std::map<std::string, Row> rows_;
  Catalog catalog_;
  std::size_t usable_rows_ = 0;
};

// SAX handler. Outside the rows it only counts depth and follows the items pointer; inside it builds the present row.
class ListReader {
 public:
  ListReader(const Reading& reading, Collector& collector) : items_(pointer_tokens(reading.shape.items)), collector_(collector) {}

  bool null() { return value(Json(nullptr)); }
  bool boolean(bool b) { return value(Json(b)); }
  bool number_integer(std::int64_t n) { return value(Json(n)); }
  bool number_unsigned(std::uint64_t n) { return value(Json(n)); }
  bool number_float(double n, const std::string&) { return value(Json(n)); }
  bool string(std::string& text) { return value(Json(std::move(text))); }
  bool binary(Json::binary_t&) { return false; }

  bool start_object(std::size_t) { return open(Json::object()); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    if (in_rows()) {
      keys_.back() = name;
    } else {
      path_.back() = name;
    }
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& error) {
    // Only out_of_range (1e400) and parse errors come here; the library's text quotes raw bytes, so the sentence is ours.
    failure_ =
        ReadError{Reason::NotJson, fmt::format("the body is not JSON: the error is near byte {} (error {})", position, error.id)};
    return false;
  }

  bool items_found() const { return items_found_; }
  const std::string& items_kind() const { return items_kind_; }
  const std::optional<ReadError>& failure() const { return failure_; }

 private:
  bool in_rows() const { return rows_depth_ != 0; }

  bool fail(Reason reason, std::string sentence) {
    failure_ = ReadError{reason, std::move(sentence)};
    return false;
  }

  // `path_` has one entry per open container outside the rows: the key at which its present child stands.
  bool at_items() const { return !in_rows() && !items_found_ && path_ == items_; }

  bool value(Json json) {
    if (in_rows()) return row_value(std::move(json));
    if (at_items()) {
      items_kind_ = json.type_name();
    }
    return true;
  }

  bool open(Json container) {
    if (++depth_ > kDepthMax) return fail(Reason::BadShape, fmt::format("the list nests deeper than {} levels", kDepthMax));
    if (in_rows()) {
      stack_.push_back(std::move(container));
      keys_.emplace_back();
      return true;
    }
    if (at_items()) {
      items_kind_ = container.type_name();
      if (container.is_array()) {
        items_found_ = true;
        rows_depth_ = depth_;
        return true;
      }
    }
    path_.emplace_back();
    return true;
  }

  bool close() {
    --depth_;
    if (!in_rows()) {
      path_.pop_back();
      return true;
    }
    if (stack_.empty()) {
      rows_depth_ = 0;
      return true;
    }
    Json done = std::move(stack_.back());
    stack_.pop_back();
    keys_.pop_back();
    return row_value(std::move(done));
  }

  // A finished value inside the rows: either a whole row, or a part of the present one.
  bool row_value(Json json) {
    if (stack_.empty()) {
      if (++rows_ > kRowsMax) return fail(Reason::TooLarge, fmt::format("the list has more than {} rows", kRowsMax));
      collector_.add(json);
      values_in_row_ = 0;
      return true;
    }
    if (++values_in_row_ > kRowValuesMax) {
      return fail(Reason::TooLarge, fmt::format("row {} of the list has more than {} values", rows_ + 1, kRowValuesMax));
    }
    Json& parent = stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(json));
    } else {
      parent[keys_.back()] = std::move(json);
    }
    return true;
  }

  const std::vector<std::string> items_;
  Collector& collector_;
  std::vector<std::string> path_;
  std::vector<Json> stack_;
  std::vector<std::string> keys_;
  std::size_t depth_ = 0;
  std::size_t rows_depth_ = 0;
  std::size_t rows_ = 0;
  std::size_t values_in_row_ = 0;
  bool items_found_ = false;
  std::string items_kind_ = "missing";
  std::optional<ReadError> failure_;
};

std::string place(const std::string& pointer) {
  return pointer.empty() ? "the document itself" : fmt::format("{}", pointer);
}

}  // namespace

std::expected<Catalog, ReadError> read_catalog(std::string_view body, const Reading& reading) {
  const auto first = body.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == std::string_view::npos) return std::unexpected(ReadError{Reason::NotJson, "the body is empty"});
  if (body[first] == '<') {
    return std::unexpected(
        ReadError{Reason::NotJson, "the body is HTML, not JSON: is the URL that of the list, and not of a web page?"});
  }
  Collector collector{reading};
  ListReader reader{reading, collector};
  const bool complete = Json::sax_parse(body, &reader);
  if (reader.failure()) return std::unexpected(*reader.failure());
  if (!complete) return std::unexpected(ReadError{Reason::NotJson, "the body is not JSON"});
  const auto& shape = reading.shape;
  if (!reader.items_found()) {
    const auto reason = reader.items_kind() == "null" ? Reason::Empty : Reason::BadShape;
    return std::unexpected(
        ReadError{reason, fmt::format("{} is {}, not an array of models", place(shape.items), reader.items_kind())});
  }
  if (collector.usable_rows() > 0) return collector.take();
  const auto skipped = collector.take().skipped_rows;
  if (skipped == 0) return std::unexpected(ReadError{Reason::Empty, fmt::format("the list at {} is empty", place(shape.items))});
  return std::unexpected(ReadError{
      Reason::BadShape, fmt::format("none of the {} rows at {} has a string id at {}", skipped, place(shape.items), shape.id)});
}

}  // namespace modelvane
