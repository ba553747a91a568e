#include "daemon/catalog/list_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "daemon/catalog/list_bounds.h"
#include "daemon/catalog/mend_json.h"

namespace modelvane {
namespace {

using Json = nlohmann::json;
using Kind = JsonValue::Kind;

constexpr std::string_view kBetween = " \t\r\n";

// Where the parser reads, for it tells no positions and raw texts need them; and a part of the body
// that it does not get to see.
struct Progress {
  const char* at;
  const char* gap = nullptr;        // where the part begins
  const char* after_gap = nullptr;  // where reading goes on instead
};

class ReadingHead {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  explicit ReadingHead(Progress& progress) : progress_(&progress) {}
  reference operator*() const { return *progress_->at; }
  ReadingHead& operator++() {
    if (++progress_->at == progress_->gap) progress_->at = progress_->after_gap;
    return *this;
  }
  ReadingHead operator++(int) = delete;
  friend bool operator==(const ReadingHead& a, const ReadingHead& b) {
    return a.progress_->at == b.progress_->at;
  }
  friend bool operator!=(const ReadingHead& a, const ReadingHead& b) { return !(a == b); }

 private:
  Progress* progress_;
};

// What may stand in a JSON text without being looked at closer.
bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= ' ' && byte < 0x7F && c != '"' && c != '\\';
}

std::string place(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& pointer : items) {
    text += (text.empty() ? "" : " or ") + (pointer.empty() ? "the document itself" : pointer);
  }
  return text;
}

// The SAX handler. Every callback comes just after its token was read; progress_.at then stands
// right behind it, except after numbers, which end with the first character that does not belong to
// them.
class Scan {
 public:
  // `mended` is what `body` belongs to, or null.
  Scan(std::string_view body, const ListPlan& plan, RowSink& sink, const MendedJson* mended)
      : plan_(plan),
        sink_(sink),
        body_(body),
        mended_(mended),
        progress_{.at = body.begin()},
        last_(body.begin()),
        document_(plan.document.size()),
        row_(plan.row.size()),
        picked_(plan.row.picked().size() + plan.document.picked().size()) {
    for (const auto& pointer : plan.items) item_slots_.push_back(places_.add(pointer));
    item_kinds_.resize(plan.items.size(), Kind::Missing);
  }

  std::expected<std::vector<JsonValue>, ReadError> run() {
    Progress end{.at = body_.data() + body_.size()};
    const bool complete = Json::sax_parse(ReadingHead{progress_}, ReadingHead{end}, this);
    if (failure_) return std::unexpected(std::move(*failure_));
    if (!complete) return std::unexpected(ReadError{Reason::NotJson, "the body is not JSON"});
    if (found_ == kNowhere) return std::unexpected(no_items());
    pick_into(document_, plan_.document, 0);
    return std::move(document_);
  }

  bool null() { return scalar(Kind::Null, std::string_view{}); }
  bool boolean(bool value) { return scalar(Kind::Boolean, value ? "true" : "false"); }
  bool number_integer(std::int64_t value) {
    return scalar(Kind::Number, [value] { return std::to_string(value); });
  }
  bool number_unsigned(std::uint64_t value) {
    return scalar(Kind::Number, [value] { return std::to_string(value); });
  }
  bool number_float(double, const std::string& text) { return scalar(Kind::Number, text); }
  bool string(std::string& text) { return scalar(Kind::Text, text); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Kind::Object); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(Kind::Array); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    if (unread_ > 0) return true;
    auto& parent = open_.back();
    parent.next = {tree().child(parent.at.node, name),
                   in_row_ ? PointerTree::kNone : places_.child(parent.at.place, name)};
    if (parent.has_rows) row_key_ = name;
    last_ = progress_.at;
    if (!parent.has_rows && leads_nowhere(parent.next)) leave_out_text();
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) {
    // Only out_of_range (1e400) and parse errors come here; the library's text quotes raw bytes, so
    // the sentence is ours.
    return fail(Reason::NotJson,
                fmt::format("the body is not JSON: the error is near byte {} (error {})",
                            progress_.at - body_.data(), error.id));
  }

 private:
  // Where a value stands in the tree of wanted pointers, and outside the rows also in that of the
  // places of rows.
  struct At {
    PointerTree::Node node = PointerTree::kNone;
    PointerTree::Node place = PointerTree::kNone;
  };
  struct Container {
    At at;
    At next;  // of an object: where the value of the present key stands
    bool is_array = false;
    bool has_rows = false;
    std::size_t index = 0;
    const char* start = nullptr;
  };

  static bool leads_nowhere(const At& at) {
    return at.node == PointerTree::kNone && at.place == PointerTree::kNone;
  }

  // After the key of a value that nobody reads. A plain text is valid as it stands, and the parser
  // need not take it apart: in long lists these are most of the bytes.
  void leave_out_text() {
    const char* end = body_.data() + body_.size();
    const auto skip = [&](const char* at) {
      return std::find_if(at, end, [](char c) { return kBetween.find(c) == kBetween.npos; });
    };
    const char* colon = skip(progress_.at);
    if (colon == end || *colon != ':') return;
    const char* open = skip(colon + 1);
    if (open == end || *open != '"') return;
    const char* close = std::find_if_not(open + 1, end, is_plain);
    if (close == end || *close != '"') return;
    progress_.gap = open + 1;
    progress_.after_gap = close;
  }

  const PointerTree& tree() const { return in_row_ ? plan_.row : plan_.document; }
  std::vector<JsonValue>& values() { return in_row_ ? row_ : document_; }

  bool fail(Reason reason, std::string sentence) {
    failure_ = ReadError{reason, std::move(sentence)};
    return false;
  }

  ReadError no_items() const {
    const auto best = item_kinds_.front();
    const auto reason = best == Kind::Null ? Reason::Empty : Reason::BadShape;
    return {reason,
            fmt::format("{} is {}, not an array of models", place(plan_.items), name_of(best))};
  }

  // The place of the value that begins now; a value right in the array of rows begins a row.
  std::optional<At> begin_value() {
    if (open_.empty()) return At{PointerTree::kRoot, PointerTree::kRoot};
    auto& parent = open_.back();
    if (parent.has_rows) return begin_row();
    if (!parent.is_array) return parent.next;
    const auto index = parent.index++;
    return At{tree().element(parent.at.node, index),
              in_row_ ? PointerTree::kNone : places_.element(parent.at.place, index)};
  }

  std::optional<At> begin_row() {
    if (++rows_ > plan_.rows_max) {
      fail(Reason::TooLarge, fmt::format("the list has more than {} rows", kRowsMax));
      return std::nullopt;
    }
    in_row_ = true;
    for (auto& value : row_) value.clear();
    return At{PointerTree::kRoot, PointerTree::kNone};
  }

  bool end_row(std::string_view raw) {
    in_row_ = false;
    pick_into(row_, plan_.row, plan_.document.picked().size());
    auto added = sink_.add({.values = row_, .raw = raw, .key = row_key_});
    if (added) return true;
    failure_ = std::move(added.error());
    return false;
  }

  // `storage` is the first place in picked_ for these values' texts.
  void pick_into(std::vector<JsonValue>& values, const PointerTree& tree, std::size_t storage) {
    for (const auto& one : tree.picked()) {
      const auto& source = values[one.source];
      auto& text = picked_[storage++];
      const bool is_structured = source.kind == Kind::Array || source.kind == Kind::Object;
      if (source.kind == Kind::Broken ||
          (is_structured && source.raw.size() > kPickedFromBytesMax)) {
        values[one.slot].kind = Kind::Broken;
      } else if (is_structured) {
        values[one.slot] = pick(source.raw, one.steps, text);
      }
    }
  }

  bool is_broken(std::string_view raw) const {
    if (mended_ == nullptr) return false;
    const auto begin = static_cast<std::size_t>(raw.data() - body_.data());
    return mended_->has_broken(begin, begin + raw.size());
  }

  bool ends_row() const { return in_row_ && (open_.empty() || open_.back().has_rows); }

  // `text` is a string, or a function that makes one when it is wanted.
  template <typename Text>
  bool scalar(Kind kind, const Text& text) {
    if (unread_ > 0) return true;
    const auto at = begin_value();
    if (!at) return false;
    note_place(*at, kind);
    forget_below(at->node);
    const auto raw = raw_before_now();
    last_ = progress_.at;
    if (const int slot = tree().slot(at->node); slot >= 0) {
      auto& value = values()[static_cast<std::size_t>(slot)];
      value.clear();
      value.kind = is_broken(raw) ? Kind::Broken : kind;
      value.text = text_of(text);
      value.raw = raw;
    }
    if (kind == Kind::Text) add_to_array(text);
    return !ends_row() || end_row(raw);
  }

  template <typename Text>
  static decltype(auto) text_of(const Text& text) {
    if constexpr (std::is_invocable_v<Text>) {
      return text();
    } else {
      return (text);
    }
  }

  // Of equal keys the last counts, with all that it holds and nothing of what those before held.
  void forget_below(PointerTree::Node node) {
    tree().each_slot_below(node, [this](std::size_t slot) { values()[slot].clear(); });
  }

  // A text right in a wanted array.
  template <typename Text>
  void add_to_array(const Text& text) {
    if (open_.empty() || !open_.back().is_array || open_.back().has_rows) return;
    const int slot = tree().slot(open_.back().at.node);
    if (slot < 0) return;
    auto& value = values()[static_cast<std::size_t>(slot)];
    if (value.texts.size() < kTextsMax) {
      value.texts.emplace_back(text_of(text));
    } else {
      value.kind = Kind::Broken;
    }
  }

  // What was read since the token before, without what separates values.
  std::string_view raw_before_now() const {
    std::string_view raw{last_, static_cast<std::size_t>(progress_.at - last_)};
    raw.remove_prefix(std::min(raw.find_first_not_of(" \t\r\n:,"), raw.size()));
    if (raw.starts_with('"')) return raw;
    return raw.substr(0, raw.find_last_not_of(" \t\r\n,]}") + 1);
  }

  std::size_t rank_of(const At& at) const {
    const int slot = places_.slot(at.place);
    if (in_row_ || slot < 0) return kNowhere;
    return static_cast<std::size_t>(std::ranges::find(item_slots_, static_cast<std::size_t>(slot)) -
                                    item_slots_.begin());
  }

  // Of equal keys the last counts, also where it holds no rows.
  void note_place(const At& at, Kind kind) {
    const auto rank = rank_of(at);
    if (rank == kNowhere) return;
    item_kinds_[rank] = kind;
    if (found_ == kNowhere || found_ % item_slots_.size() != rank) return;
    found_ = kNowhere;
    sink_.begin();
  }

  // Does this container hold the rows, at a better place than those so far? Any array is a better
  // one than every object.
  bool starts_rows(const At& at, Kind kind) {
    auto rank = rank_of(at);
    if (rank == kNowhere) return false;
    if (kind == Kind::Object) {
      const bool is_wanted = !plan_.items[rank].empty() || plan_.has_keys;
      if (!is_wanted || places_.goes_on(at.place)) return false;
      rank += item_slots_.size();
    }
    if (rank >= found_) return false;
    take_rows_at(rank);
    return true;
  }

  void take_rows_at(std::size_t rank) {
    found_ = rank;
    rows_ = 0;
    row_key_.reset();
    sink_.begin();
  }

  bool is_only_row(Kind kind) const {
    return open_.empty() && kind == Kind::Object && plan_.items.size() == 1 &&
           plan_.items.front().empty() && !plan_.has_keys;
  }

  bool open(Kind kind) {
    if (unread_ > 0) {
      ++unread_;
      return true;
    }
    auto at = begin_value();
    if (!at) return false;
    note_place(*at, kind);
    if (is_only_row(kind)) {
      take_rows_at(0);
      at = begin_row();
    }
    forget_below(at->node);
    if (const int slot = tree().slot(at->node); slot >= 0) {
      values()[static_cast<std::size_t>(slot)] = {.kind = kind, .text = {}, .raw = {}, .texts = {}};
    }
    const bool has_rows = starts_rows(*at, kind);
    if (leads_nowhere(*at)) {
      unread_ = 1;
      return true;
    }
    open_.push_back({.at = *at,
                     .next = {},
                     .is_array = kind == Kind::Array,
                     .has_rows = has_rows,
                     .index = 0,
                     .start = progress_.at - 1});
    last_ = progress_.at;
    return true;
  }

  bool close() {
    if (unread_ > 0) {
      --unread_;
      last_ = progress_.at;
      return true;
    }
    const auto done = open_.back();
    open_.pop_back();
    last_ = progress_.at;
    const std::string_view raw{done.start, static_cast<std::size_t>(progress_.at - done.start)};
    if (const int slot = tree().slot(done.at.node); slot >= 0) {
      auto& value = values()[static_cast<std::size_t>(slot)];
      value.raw = raw;
      if (is_broken(raw)) value.kind = Kind::Broken;
    }
    return !ends_row() || end_row(raw);
  }

  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();

  const ListPlan& plan_;
  RowSink& sink_;
  std::string_view body_;
  const MendedJson* mended_;
  Progress progress_;
  const char* last_;
  PointerTree places_;
  std::vector<std::size_t> item_slots_;
  std::vector<Kind> item_kinds_;
  // Rank of the place whose rows count; where that is an object, items' number is added.
  std::size_t found_ = kNowhere;
  // Containers that some pointer leads to or through: no more than a pointer has steps.
  std::vector<Container> open_;
  std::size_t unread_ = 0;  // levels within one that no pointer leads to: nothing in it is kept
  std::vector<JsonValue> document_;
  std::vector<JsonValue> row_;
  std::vector<std::string> picked_;     // texts of picked values, which borrow from here
  std::optional<std::string> row_key_;  // where rows are members
  bool in_row_ = false;
  std::size_t rows_ = 0;
  std::optional<ReadError> failure_;
};

}  // namespace

std::size_t PointerTree::add(const std::string& pointer) {
  auto steps = steps_of(pointer);
  const auto first = std::ranges::find_if(
      steps, [](const PathStep& step) { return step.kind != PathStep::Kind::Member; });
  Node node = kRoot;
  for (auto step = steps.begin(); step != first; ++step) {
    auto next = child(node, step->name);
    if (next == kNone) {
      next = static_cast<Node>(nodes_.size());
      nodes_[static_cast<std::size_t>(node)].children.emplace_back(step->name, next);
      nodes_.emplace_back();
    }
    node = next;
  }
  auto& slot = nodes_[static_cast<std::size_t>(node)].slot;
  if (slot < 0) slot = static_cast<int>(size_++);
  const auto source = static_cast<std::size_t>(slot);
  steps.erase(steps.begin(), first);
  return steps.empty() ? source : add_picked(source, std::move(steps));
}

std::size_t PointerTree::add_picked(std::size_t source, std::vector<PathStep> steps) {
  const auto same = std::ranges::find_if(
      picked_, [&](const Picked& one) { return one.source == source && one.steps == steps; });
  if (same != picked_.end()) return same->slot;
  picked_.push_back({.slot = size_, .source = source, .steps = std::move(steps)});
  return size_++;
}

PointerTree::Node PointerTree::child(Node node, std::string_view token) const {
  if (node == kNone) return kNone;
  for (const auto& [name, next] : nodes_[static_cast<std::size_t>(node)].children) {
    if (name == token) return next;
  }
  return kNone;
}

PointerTree::Node PointerTree::element(Node node, std::size_t index) const {
  if (node == kNone || nodes_[static_cast<std::size_t>(node)].children.empty()) return kNone;
  return child(node, std::to_string(index));
}

std::expected<std::vector<JsonValue>, ReadError> scan_list(std::string_view body,
                                                           const ListPlan& plan, RowSink& sink) {
  const auto first = body.find_first_not_of(" \t\r\n\xef\xbb\xbf");
  if (first == std::string_view::npos)
    return std::unexpected(ReadError{Reason::NotJson, "the body is empty"});
  if (body[first] == '<') {
    return std::unexpected(ReadError{
        Reason::NotJson,
        "the body is HTML, not JSON: is the URL that of the list, and not of a web page?"});
  }
  auto values = Scan{body, plan, sink, nullptr}.run();
  if (values || values.error().reason != Reason::NotJson) return values;
  const auto mended = mend_json(body);
  if (!mended) return values;
  sink.begin();
  auto again = Scan{mended->text, plan, sink, &*mended}.run();
  if (!again) return again;
  for (auto& value : *again) value.raw = {};  // of the mended text, which ends here
  return again;
}

std::size_t depth_of(std::string_view json) {
  std::size_t depth = 0;
  std::size_t deepest = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_text = !in_text;
    } else if (!in_text && (c == '[' || c == '{')) {
      deepest = std::max(deepest, ++depth);
    } else if (!in_text && (c == ']' || c == '}')) {
      --depth;
    }
  }
  return deepest;
}

std::string compact(std::string_view json) {
  std::string result;
  result.reserve(json.size());
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_text && c == '\\') result += json[i++];
    if (c == '"') in_text = !in_text;
    if (in_text || kBetween.find(c) == std::string_view::npos) result += json[i];
  }
  return result;
}

}  // namespace modelvane
