#include "daemon/catalog/read_catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <ranges>
#include <set>
#include <utility>
#include <vector>

#include "daemon/catalog/goes_on.h"
#include "daemon/catalog/lifecycle.h"
#include "daemon/catalog/list_bounds.h"
#include "daemon/catalog/list_scan.h"
#include "daemon/catalog/resolve_aliases.h"
#include "daemon/catalog/row_places.h"
#include "daemon/catalog/row_text.h"
#include "daemon/catalog/rule_value.h"
#include "daemon/catalog/unmatched.h"

namespace modelvane {
namespace {

using OrderedJson = nlohmann::ordered_json;
using Kind = JsonValue::Kind;

std::string text_of(const JsonValue& value) {
  return value.is_text() || value.kind == Kind::Number ? value.text : "";
}

}  // namespace

// What was read so far, and the plans by which pages are read.
class CatalogReader::Rows : public RowSink {
 public:
  Rows(const Reading& reading, Extent extent)
      : reading_(&reading),
        extent_(extent),
        lifecycle_(reading.lifecycle, plan_.row),
        goes_on_(reading.shape.items, plan_.document) {
    plan_.items = reading.shape.items;
    plan_.has_keys = has_keys(reading.shape.id);
    for (const auto& pointer : reading.shape.id) id_slots_.push_back(plan_.row.add(pointer));
    for (const auto& [pointer, text] : reading.shape.where)
      where_slots_.push_back(plan_.row.add(pointer));
    for (std::size_t i = 0; i < reading.rules.size(); ++i) plan_rule(i);
    for (const auto& pointer : reading.hints) hints_.push_back(plan_.row.add(pointer));
    watch_own_parts();
    const auto& pagination = reading.shape.pagination;
    using Pages = Pagination::Kind;
    counts_pages_ = pagination.kind == Pages::Page;
    if (pagination.kind == Pages::None || pagination.kind == Pages::Page ||
        pagination.kind == Pages::LinkHeader)
      return;
    next_ = plan_.document.add(pagination.next);
    if (pagination.kind == Pagination::Kind::Cursor) more_ = plan_.document.add(pagination.more);
  }

  std::expected<PageEnd, ReadError> add_page(std::string_view body, const HeaderOf& header) {
    for (std::size_t i = 0; header && i < reading_->rules.size(); ++i) {
      if (reads_list_header(reading_->rules[i]))
        headers_[i] = std::string{header(reading_->rules[i].header)};
    }
    before_page_ = counts();
    ids_of_page_ = 0;
    plan_.rows_max = kRowsMax - rows_seen_;
    const auto values = scan_list(body, plan_, *this);
    ++pages_;
    const auto kind = reading_->shape.pagination.kind;
    const bool is_behind_last = kind == Pagination::Kind::Page && pages_ > 1 && !values &&
                                values.error().reason == Reason::Empty;
    if (is_behind_last) return PageEnd{};
    if (!values)
      return std::unexpected(pages_ == 1 ? values.error()
                                         : in_part(values.error(), fmt::format("page {}", pages_)));
    const auto link = link_of(header);
    if (extent_ != Extent::Start && !says_how(*values, link)) {
      if (const auto sign = goes_on_.sign(*values, link)) return std::unexpected(cut(*sign));
    }
    total_ = goes_on_.total(*values);
    return page_end(*values, link);
  }

  std::expected<void, ReadError> add_document(std::size_t rule, std::string_view body,
                                              const HeaderOf& header) {
    const auto& document = *reading_->rules.at(rule).document;
    DocumentRows rows{*this, rule};
    const auto read = scan_list(body, rows.plan, rows);
    const auto sign = read ? rows.goes_on.sign(*read, link_of(header)) : std::nullopt;
    if (sign) return std::unexpected(in_part(cut_document(*sign), "the second document"));
    // Nothing in it is an answer: none of the models is an alias (any more).
    const bool is_empty = !read && read.error().reason == Reason::Empty;
    if (!read && !is_empty) return std::unexpected(in_part(read.error(), "the second document"));
    if (rows.usable == 0 && rows.seen > 0) {
      return std::unexpected(ReadError{
          Reason::Partial, fmt::format("the second document has no row with a string id {} in {}",
                                       ids_of(document.id), places_of(document.items))});
    }
    rows.unmatched.add_pointers(rows.usable, "in the second document: ", document_notes_);
    documents_read_.insert(rule);
    return {};
  }

  std::expected<Catalog, ReadError> take() {
    if (usable_rows_ == 0) return std::unexpected(no_rows());
    for (std::size_t i = 0; i < reading_->rules.size(); ++i) {
      if (reading_->rules[i].document && !documents_read_.contains(i)) {
        return std::unexpected(ReadError{
            Reason::Partial, "the second document, which tells the targets, was not read"});
      }
    }
    collect_ids();
    join_documents();
    state_headers();
    if (has_too_many_) {
      return std::unexpected(
          ReadError{Reason::TooLarge,
                    fmt::format("the rows name more than {} aliases in all", statements_max())});
    }
    for (auto& alias : resolve_aliases(std::move(statements_), reading_->rules)) {
      if (!reading_->models.accepts(alias.id)) continue;
      if (alias.target.empty()) {
        leave(std::move(alias.id),
              fmt::format("the rows give it more than {} unlike targets; is this the right rule?",
                          kTargetsMax),
              alias.rule_index);
        continue;
      }
      catalog_.aliases.push_back({.id = std::move(alias.id),
                                  .target = std::move(alias.target),
                                  .rule = alias.rule,
                                  .evidence = evidence_[alias.evidence]});
    }
    collect_unread();
    collect_undisclosed();
    collect_hints();
    collect_lifecycles();
    collect_notes();
    return std::move(catalog_);
  }

  void begin() override {
    back_to(before_page_);
    ids_of_page_ = 0;
  }

  std::expected<void, ReadError> add(const ScannedRow& row) override {
    ++rows_seen_;
    if (!says(row, reading_->shape.where, where_slots_)) return {};
    const auto id = id_in(row, reading_->shape.id, id_slots_, reading_->shape.strip_prefix);
    if (!id) {
      ++catalog_.skipped_rows;
      has_keys_ = has_keys_ || (row.key && row.raw.starts_with('{'));
      return {};
    }
    ++usable_rows_;
    if (counts_pages_) ids_of_page_ = ids_of_page_ * kIdsFactor + checksum(*id);
    evidence_slot_.reset();
    for (const auto& [rule, value] : fields_) state_field(rule, value, *id, row, statements_);
    for (const auto& slots : reverse_slots_) state_reverse(slots, *id, row);
    unmatched_.see(row);
    if (!reading_->models.accepts(*id)) return {};
    if (auto lifecycle = lifecycle_.read(*id, row.values, reading_->shape.strip_prefix)) {
      catalog_.lifecycles.push_back(std::move(*lifecycle));
    }
    HintRow listed{.id = *id, .values = {}};
    for (const auto slot : hints_) listed.values.push_back(hint_of(row.values[slot]));
    listed_.push_back(std::move(listed));
    return {};
  }

 private:
  // So that the order of ids counts in a page's checksum.
  static constexpr std::uint64_t kIdsFactor = 31;

  struct FieldRule {
    std::size_t rule;
    RuleValue value;
  };

  struct RuleSlots {
    std::size_t rule;
    std::size_t value;
    std::optional<std::size_t> canonical;
  };

  // How much of each was there before a page: begin() goes back to it.
  struct Counts {
    std::size_t rows_seen = 0, usable_rows = 0, skipped_rows = 0, statements = 0, evidence = 0,
                lifecycles = 0, listed = 0, unread = 0;
  };

  // The rows of a second document, read by a plan of their own.
  struct DocumentRows : RowSink {
    DocumentRows(Rows& rows, std::size_t rule_index)
        : all(rows),
          rule(rule_index),
          value(all.reading_->rules[rule], plan.row),
          goes_on({all.reading_->rules[rule].document->items}, plan.document),
          joined_before(all.joined_.size()),
          evidence_before(all.evidence_.size()) {
      const auto& document = *all.reading_->rules[rule].document;
      plan.items = document.items;
      plan.has_keys = has_keys(document.id);
      plan.rows_max = kRowsMax;
      for (const auto& pointer : document.id) ids.push_back(plan.row.add(pointer));
      all.watch_own_rule(rule, value, unmatched);
    }
    void begin() override {
      all.joined_.resize(joined_before);
      all.evidence_.resize(evidence_before);
      all.document_ids_.erase(rule);
      seen = usable = 0;
    }
    std::expected<void, ReadError> add(const ScannedRow& row) override {
      ++seen;
      const auto name =
          id_in(row, all.reading_->rules[rule].document->id, ids, all.reading_->shape.strip_prefix);
      if (!name) return {};
      ++usable;
      unmatched.see(row);
      if (all.reading_->own.rules) all.document_ids_[rule].push_back(*name);
      all.evidence_slot_.reset();
      all.state_field(rule, value, *name, row, all.joined_);
      return {};
    }
    Rows& all;
    std::size_t rule;
    ListPlan plan;
    RuleValue value;
    GoesOn goes_on;
    std::size_t joined_before;
    std::size_t evidence_before;
    Unmatched unmatched;
    std::vector<std::size_t> ids;
    std::size_t seen = 0;
    std::size_t usable = 0;
  };

  std::expected<PageEnd, ReadError> page_end(const std::vector<JsonValue>& values,
                                             std::string_view link) {
    PageEnd end{.rows = rows_seen_ - before_page_.rows_seen};
    const auto kind = reading_->shape.pagination.kind;
    end.is_last = kind == Pagination::Kind::Page && goes_on_.ends(values, pages_);
    if (kind == Pagination::Kind::LinkHeader) end.next = next_link(link);
    if (next_) end.next = text_of(values[*next_]);
    if (more_) end.more = yes_or_no(values[*more_]).value_or(false);
    // A server that does not know the query gives its first page for ever.
    const bool is_repeated = kind == Pagination::Kind::Page && end.rows > 0 && pages_ > 1 &&
                             ids_of_page_ == ids_of_last_page_;
    ids_of_last_page_ = ids_of_page_;
    if (!is_repeated) return end;
    return std::unexpected(ReadError{
        Reason::Partial, fmt::format("page {} repeats the one before it: is {} the query key that "
                                     "the server counts pages by?",
                                     pages_, reading_->shape.pagination.query)});
  }

  static std::string_view link_of(const HeaderOf& header) {
    return header ? header("link") : std::string_view{};
  }

  // The configured pagination finds in this answer whether more follows.
  bool says_how(const std::vector<JsonValue>& values, std::string_view link) const {
    using Pages = Pagination::Kind;
    switch (reading_->shape.pagination.kind) {
      case Pages::None: return false;
      case Pages::Page: return true;
      case Pages::LinkHeader: return !next_link(link).empty();
      case Pages::Cursor: return values[*more_].kind != Kind::Missing;
      case Pages::Token:
      case Pages::Link: break;
    }
    return values[*next_].kind != Kind::Missing;
  }

  ReadError cut(const GoesOn::Sign& sign) const {
    return extent_ == Extent::Document
               ? cut_document(sign)
               : cut_list(sign, reading_->shape.pagination.kind != Pagination::Kind::None);
  }

  static ReadError in_part(const ReadError& error, const std::string& part) {
    return {Reason::Partial, fmt::format("{}: {}", part, error.sentence)};
  }

  // Only what the user wrote: presets know many servers, not all of which have each field.
  void watch_own_parts() {
    using Wants = PointerUse::Wants;
    for (const auto& [index, value] : fields_) watch_own_rule(index, value, unmatched_);
    for (const auto& slots : reverse_slots_) {
      if (!reading_->own.rules) continue;
      const auto what = describe(reading_->rules[slots.rule]);
      unmatched_.watch(what, slots.value, Wants::Array);
      if (slots.canonical) unmatched_.watch(what, *slots.canonical, Wants::Texts);
    }
    for (std::size_t i = 0; reading_->own.hints && i < hints_.size(); ++i)
      unmatched_.watch("hint " + reading_->hints[i], hints_[i], Wants::Anything);
    if (reading_->own.lifecycle) lifecycle_.watch(unmatched_);
  }

  void watch_own_rule(std::size_t index, const RuleValue& value, Unmatched& unmatched) const {
    if (!reading_->own.rules) return;
    const auto& rule = reading_->rules[index];
    const auto wants = rule.opaque || !rule.join.empty() ? PointerUse::Wants::TextsOrNumbers
                                                         : PointerUse::Wants::Texts;
    for (const auto slot : value.slots()) unmatched.watch(describe(rule), slot, wants);
  }

  void plan_rule(std::size_t index) {
    const auto& rule = reading_->rules[index];
    if (rule.kind == Rule::Field && !rule.document && !reads_list_header(rule))
      fields_.push_back({index, RuleValue{rule, plan_.row}});
    if (rule.kind != Rule::Reverse) return;
    RuleSlots slots{index, plan_.row.add(rule.pointer), {}};
    if (!rule.canonical.empty()) slots.canonical = plan_.row.add(rule.canonical);
    reverse_slots_.push_back(slots);
  }

  Counts counts() const {
    return {rows_seen_,         usable_rows_,     catalog_.skipped_rows,
            statements_.size(), evidence_.size(), catalog_.lifecycles.size(),
            listed_.size(),     unread_.size()};
  }

  void back_to(const Counts& before) {
    rows_seen_ = before.rows_seen;
    usable_rows_ = before.usable_rows;
    catalog_.skipped_rows = before.skipped_rows;
    statements_.resize(before.statements);
    evidence_.resize(before.evidence);
    catalog_.lifecycles.resize(before.lifecycles);
    listed_.resize(before.listed);
    unread_.resize(before.unread);
  }

  std::optional<std::string> target_of(const AliasRule& rule, const JsonValue& value) const {
    return value.is_text() ? target_in(rule, value.text, reading_->shape.strip_prefix)
                           : std::nullopt;
  }

  // The row's text is kept once, whatever number of statements it makes.
  void state(std::size_t rule, std::string alias, std::string target, std::string_view row,
             std::vector<Statement>& statements) {
    has_too_many_ = has_too_many_ || statements.size() >= statements_max();
    if (has_too_many_) return;
    if (!evidence_slot_) {
      evidence_slot_ = evidence_.size();
      evidence_.push_back(evidence_of(row, alias, target));
    }
    statements.push_back({.alias = std::move(alias),
                          .target = std::move(target),
                          .rule = rule,
                          .evidence = *evidence_slot_});
  }

  void state_field(std::size_t rule, const RuleValue& value, const std::string& id,
                   const ScannedRow& row, std::vector<Statement>& statements) {
    if (!is_for(reading_->rules[rule], id)) return;
    if (value.is_broken(row.values)) unread_.push_back({id, rule});
    for (auto& target : value.targets(row.values, reading_->shape.strip_prefix)) {
      unmatched_.found_target(rule);
      if (target != id) state(rule, id, std::move(target), row.raw, statements);
    }
  }

  static bool is_for(const AliasRule& rule, const std::string& id) {
    return !rule.not_for || !rule.not_for->is_found_in(id);
  }

  // A header of the answer is about all aliases that are known by name, or about every row.
  void state_headers() {
    const auto& names = reading_->alias_names;
    const bool has_names = !names.ids.empty() || !names.patterns.empty();
    for (const auto& [rule, text] : headers_) {
      const auto target = target_in(reading_->rules[rule], text, reading_->shape.strip_prefix);
      if (!target) continue;
      unmatched_.found_target(rule);
      const auto row = OrderedJson{{reading_->rules[rule].header, text}}.dump(
          -1, ' ', false, OrderedJson::error_handler_t::replace);
      evidence_slot_.reset();
      for (const auto& id : catalog_.ids) {
        if ((!has_names || names.name(id)) && id != *target)
          state(rule, id, *target, row, statements_);
      }
    }
  }

  // One for each row and rule, and as much again for rows with several aliases: a model has a
  // handful of them, and a body of a million short names must not become a million strings.
  std::size_t statements_max() const { return 2 * kRowsMax * reading_->rules.size(); }

  void state_reverse(const RuleSlots& slots, const std::string& id, const ScannedRow& row) {
    const auto& rule = reading_->rules[slots.rule];
    if (!is_for(rule, id)) return;
    if (row.values[slots.value].kind == Kind::Broken) unread_.push_back({id, slots.rule});
    const auto target = slots.canonical ? target_of(rule, row.values[*slots.canonical])
                                        : model_id(id, rule.strip_prefix);
    if (!target) return;
    unmatched_.found_target(slots.rule);
    if (slots.canonical && *target == id)
      statements_.push_back({.alias = id, .target = id, .rule = slots.rule});
    for (const auto& text : row.values[slots.value].texts) {
      auto alias = model_id(text, reading_->shape.strip_prefix);
      if (!alias || *alias == *target) continue;
      state(slots.rule, std::move(*alias), *target, row.raw, statements_);
    }
  }

  ReadError no_rows() const {
    const auto place = places_of(reading_->shape.items);
    const auto skipped = catalog_.skipped_rows;
    if (skipped == 0) return {Reason::Empty, fmt::format("the list at {} is empty", place)};
    return {Reason::BadShape,
            fmt::format("none of the {} rows at {} has a string id {}{}", skipped, place,
                        ids_of(reading_->shape.id),
                        has_keys_ ? R"(; if their keys are the ids, write list: {id: ""})" : "")};
  }

  void collect_ids() {
    std::ranges::sort(listed_, {}, [](const HintRow& row) { return std::tie(row.id, row.values); });
    const auto repeated = std::ranges::unique(listed_, {}, &HintRow::id);
    catalog_.duplicate_rows = repeated.size();
    listed_.erase(repeated.begin(), repeated.end());
    catalog_.ids = IdList::of(listed_ | std::views::transform(&HintRow::id));
  }

  // A second document may know more models than the list; only listed ones are of interest.
  void join_documents() {
    for (auto& statement : joined_) {
      if (catalog_.has(statement.alias)) statements_.push_back(std::move(statement));
    }
    for (const auto& [rule, names] : document_ids_) {
      const bool joins = names.empty() || std::ranges::any_of(names, [&](const auto& name) {
                           return catalog_.has(name);
                         });
      if (joins) continue;
      const auto what = describe(reading_->rules[rule]);
      document_notes_.push_back(
          {what,
           fmt::format("{}: no id of the second document is one of the list's, {} for example",
                       what, names.front())});
    }
  }

  // Nothing is concluded about this alias: what was known of it stands.
  void leave(std::string id, const std::string& why, std::size_t rule) {
    if (row_notes_ < kRowNotesMax) {
      ++row_notes_;
      catalog_.notes.push_back(
          {"", fmt::format("{} ({}): {}", id, describe(reading_->rules[rule]), why)});
    }
    catalog_.unasked.push_back(std::move(id));
  }

  void collect_unread() {
    for (auto& [id, rule] : unread_) {
      if (catalog_.find_alias(id) || !reading_->models.accepts(id)) continue;
      leave(std::move(id),
            "what its row says is no valid JSON, or too large to read; what was known of it stands",
            rule);
    }
    std::ranges::sort(catalog_.unasked);
    const auto repeated = std::ranges::unique(catalog_.unasked);
    catalog_.unasked.erase(repeated.begin(), repeated.end());
  }

  void collect_notes() {
    if (total_ && *total_ > rows_seen_) {
      catalog_.notes.push_back(
          {"", fmt::format("the answer says that the list has {} rows, but only {} came; are there "
                           "more pages, or does the key not see all?",
                           *total_, rows_seen_)});
    }
    unmatched_.add_pointers(usable_rows_, "", catalog_.notes);
    std::ranges::move(document_notes_, std::back_inserter(catalog_.notes));
    for (std::size_t i = 0; reading_->own.rules && i < reading_->rules.size(); ++i)
      unmatched_.add_rule(reading_->rules[i], i, headers_[i], catalog_.notes);
  }

  void collect_undisclosed() {
    for (const auto& id : catalog_.ids) {
      if (!catalog_.find_alias(id) && !catalog_.is_unasked(id) && reading_->alias_names.name(id))
        catalog_.undisclosed.push_back(id);
    }
  }

  void collect_hints() {
    if (hints_.empty()) return;
    for (auto& row : listed_) {
      if (catalog_.find_alias(row.id) || reading_->alias_names.name(row.id))
        catalog_.hints.push_back(std::move(row));
    }
  }

  // Of rows that say unlike things about one id, the earliest date counts: too early a warning
  // harms least.
  void collect_lifecycles() {
    auto& all = catalog_.lifecycles;
    std::ranges::sort(all, {}, [](const Lifecycle& one) {
      return std::make_tuple(std::string_view{one.id}, one.retires_at.value_or(Time::max()),
                             std::string_view{one.replacement});
    });
    const auto repeated = std::ranges::unique(all, {}, &Lifecycle::id);
    all.erase(repeated.begin(), repeated.end());
  }

  const Reading* reading_;
  Extent extent_;
  ListPlan plan_;
  LifecycleReader lifecycle_;
  GoesOn goes_on_;
  std::vector<std::size_t> id_slots_;
  std::vector<FieldRule> fields_;
  std::vector<RuleSlots> reverse_slots_;
  std::vector<std::size_t> hints_;
  std::optional<std::size_t> next_;
  std::optional<std::size_t> more_;

  std::vector<Statement> statements_;
  std::vector<Statement> joined_;  // by second documents
  std::vector<std::string> evidence_;
  std::optional<std::size_t> evidence_slot_;  // of the present row
  std::vector<std::pair<std::string, std::size_t>>
      unread_;                                  // ids whose row is broken, and the rule
  std::map<std::size_t, std::string> headers_;  // by rule
  std::vector<std::size_t> where_slots_;
  Unmatched unmatched_;
  std::vector<CatalogNote> document_notes_;
  std::map<std::size_t, std::vector<std::string>> document_ids_;  // by rule of the user's own
  std::size_t row_notes_ = 0;
  bool has_too_many_ = false;  // statements; checked when all is read
  std::vector<HintRow> listed_;
  std::set<std::size_t> documents_read_;
  Catalog catalog_;
  Counts before_page_;
  std::size_t pages_ = 0;
  bool counts_pages_ = false;      // by number: whoever answers might not
  std::uint64_t ids_of_page_ = 0;  // a checksum
  std::uint64_t ids_of_last_page_ = 0;
  std::optional<std::size_t> total_;  // rows, as the last page says
  std::size_t rows_seen_ = 0;
  std::size_t usable_rows_ = 0;
  bool has_keys_ = false;  // rows without an id that are members of an object
};

CatalogReader::CatalogReader(const Reading& reading, Extent extent)
    : rows_(std::make_unique<Rows>(reading, extent)) {}
CatalogReader::~CatalogReader() = default;
CatalogReader::CatalogReader(CatalogReader&&) noexcept = default;
CatalogReader& CatalogReader::operator=(CatalogReader&&) noexcept = default;

std::expected<PageEnd, ReadError> CatalogReader::add_page(std::string_view body,
                                                          const HeaderOf& header) {
  return rows_->add_page(body, header);
}

std::expected<void, ReadError> CatalogReader::add_document(std::size_t rule, std::string_view body,
                                                           const HeaderOf& header) {
  return rows_->add_document(rule, body, header);
}

std::expected<Catalog, ReadError> CatalogReader::take() {
  return rows_->take();
}

std::expected<Catalog, ReadError> read_catalog(std::string_view body, const Reading& reading,
                                               const HeaderOf& header, Extent extent) {
  CatalogReader reader{reading, extent};
  if (auto page = reader.add_page(body, header); !page)
    return std::unexpected(std::move(page.error()));
  return reader.take();
}

}  // namespace modelvane
