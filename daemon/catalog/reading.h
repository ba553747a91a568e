// How to read one endpoint's list: where the rows are, how its pages follow one another, what an id
// is, and which rules tell an alias's target. Plain values, filled by config (or a provider's
// preset) and used by read_catalog and the poll. "Pointer" always means one of json_path.h: RFC
// 6901, and the steps `*` and `[key=value]`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/text/labels.h"
#include "daemon/text/pattern.h"
#include "daemon/text/time.h"

namespace modelvane {

// How an alias's target was learnt. Only targets learnt by the same rule are ever compared.
enum class Rule { Field, Reverse, Lookup, Echo, Served };

inline constexpr auto kRules = labelled<Rule>({
    {Rule::Field, "field"},
    {Rule::Reverse, "reverse"},
    {Rule::Lookup, "lookup"},
    {Rule::Echo, "echo"},
    {Rule::Served, "served"},
});

constexpr std::string_view label(Rule rule) {
  return kRules.label(rule);
}

// A rule that asks about each alias by itself: the list alone does not show what it would say.
constexpr bool is_asked(Rule rule) {
  return rule == Rule::Lookup || rule == Rule::Echo;
}

// A rule that is asked at times of its own: what it said is not as old as the last good poll.
constexpr bool keeps_own_time(Rule rule) {
  return is_asked(rule) || rule == Rule::Served;
}

// A whole list is what all pages say together; a poll that misses one of them fails (`partial`).
struct Pagination {
  enum class Kind {
    None,    // one page
    Cursor,  // `more` says whether there is another page; `next` (usually the last id) goes into
             // `query`
    Token,   // the text at `next`, when there is one, goes into `query`
    Link,    // the text at `next`, when there is one, is the next page's URL, absolute or relative,
             // on the same host only
    LinkHeader,  // the same by the header Link with rel="next" (RFC 8288)
    Page,        // the number of the page goes into `query`; one without rows is behind the last
  };
  Kind kind = Kind::None;
  std::string next;   // pointer from the document
  std::string more;   // Cursor: pointer from the document to a boolean
  std::string query;  // Cursor, Token, Page: key of the URL's query
  int first = 1;      // Page: the number of the list's own URL
  friend bool operator==(const Pagination&, const Pagination&) = default;
};

inline constexpr auto kPaginationKinds = labelled<Pagination::Kind>({
    {Pagination::Kind::None, "none"},
    {Pagination::Kind::Cursor, "cursor"},
    {Pagination::Kind::Token, "token"},
    {Pagination::Kind::Link, "link"},
    {Pagination::Kind::LinkHeader, "link_header"},
    {Pagination::Kind::Page, "page"},
});

struct ListShape {
  // Pointers (without further steps) from the document to the rows, best first; "" = the document
  // itself. Rows are the items of an array or the members of an object. Where "" stands alone, a
  // document that is an object is the only row, unless `id` says that keys are ids.
  std::vector<std::string> items{"/data"};
  // Pointers from a row to its id, best first; "" = in an array the row itself, a text; in an
  // object its key.
  std::vector<std::string> id{"/id"};
  std::string strip_prefix;  // removed from the front of every id and target that has it
  Pagination pagination;
  // Only rows with this text at this pointer.
  std::vector<std::pair<std::string, std::string>> where;
  bool is_post = false;  // asked for by POST, with `body`
  std::string body;
  friend bool operator==(const ListShape&, const ListShape&) = default;
};

// A second list whose rows tell the targets, joined by id (LiteLLM's /model/info).
struct SecondDocument {
  std::string url;
  std::vector<std::string> items{"/data"};  // as in ListShape
  std::vector<std::string> id{"/id"};
  friend bool operator==(const SecondDocument&, const SecondDocument&) = default;
};

// Where requests are counted by the model that was asked for and the one that answered.
struct ServedSource {
  std::string query;    // PromQL: an instant vector of counts
  std::string alias;    // the label that names the model asked for
  std::string target;   // and the one that answered
  double least = 20;    // requests of an alias; fewer say nothing
  double share = 0.05;  // of an alias's requests; what has less is none of its targets
  friend bool operator==(const ServedSource&, const ServedSource&) = default;
};

// One way to learn targets. Which members count depends on `kind`; what the target equals its id,
// is null or missing means: not disclosed.
//  field    the string at `pointer` on the alias's row (or on its row of `document`); several are a
//           set. With `join` those of several pointers side by side, joined by `with`; with
//           `header` that header of the list's answer, for each alias that is named, or each id
//           where none is
//  reverse  `pointer` leads from a concrete row to the array of its aliases; the target is that
//  row's id, or the string at
//           `canonical`
//  lookup   GET `url` with the alias in place of {id}; the target is at `pointer` of the answer
//  echo     POST `body` to `url` ({id} in both); the target is at `pointer` of the answer or in its
//  `header`. Costs money: only
//           where the user asks for it
//  served   the user's own traffic, as a Prometheus API at `url` counts it (served.h)
struct AliasRule {
  Rule kind = Rule::Field;
  std::string pointer;
  std::vector<std::string> join;   // field: pointers, in place of `pointer`
  std::string with;                // field: between what `join` leads to
  std::optional<Pattern> match;    // cuts the target out of a value: its first group, else all of
                                   // it; a value without it discloses nothing
  std::optional<Pattern> not_for;  // field, reverse: ids whose rows this rule does not read
  bool opaque = false;  // field: the value names no model (a digest, a version): shown as it is,
                        // never followed
  std::string strip_prefix;  // removed from targets, besides the list's own
  int max_hops = 1;  // field: a target that is an alias itself is followed so far, 1..kHopsMax
  std::optional<SecondDocument> document;  // field
  std::string canonical;                   // reverse
  std::string url;                         // lookup, echo, served
  std::string body;                        // echo
  std::vector<std::string> other_bodies;  // echo: asked with in turn by a model that refuses `body`
  std::string header;                     // field, lookup, echo
  bool is_streamed = false;  // echo: asked with streaming, and broken off once a model is named
  std::string fingerprint;   // echo: pointer to an opaque build stamp, shown beside the target as
                             // "target@stamp"
  // echo: pointer to a build stamp where the answer names the alias itself: then the stamp is the
  // only sign of a change, and the target "alias@stamp". Elsewhere it would only make targets
  // alternate.
  std::string alias_fingerprint;
  Duration interval{0};  // lookup, echo, served: time between two questions about one alias
  int daily_budget = 0;  // echo: questions per UTC day and endpoint, all aliases together
  ServedSource served;   // served
  friend bool operator==(const AliasRule&, const AliasRule&) = default;
};

// A rule about the header of the list's own answer.
inline bool reads_list_header(const AliasRule& rule) {
  return rule.kind == Rule::Field && !rule.header.empty();
}

inline constexpr int kHopsMax = 4;

// Which ids of a list are watched: any `include` (or all when there is none) and no `exclude`.
struct IdFilter {
  std::vector<Pattern> include;
  std::vector<Pattern> exclude;
  bool accepts(std::string_view id) const;
  friend bool operator==(const IdFilter&, const IdFilter&) = default;
};

// Ids that are aliases although no rule may tell their target: lookup, echo and hints are about
// these.
struct AliasNames {
  std::vector<std::string> ids;
  std::vector<Pattern> patterns;
  bool name(std::string_view id) const;
  friend bool operator==(const AliasNames&, const AliasNames&) = default;
};

// In front of a pointer to a boolean: false counts as true.
inline constexpr char kNegation = '!';

// Where rows say that a model will go: dates (RFC 3339, date, Unix seconds, {year, month, day}) and
// replacements; the first pointer with a usable value counts.
struct LifecycleFields {
  std::vector<std::string> retires_at;
  std::vector<std::string> replacement;
  // Booleans; with kNegation, such as !/active, turned round. Or texts that say so in a word.
  std::vector<std::string> deprecated;
  std::vector<std::string> words;  // such texts of this provider, besides the usual ones
  friend bool operator==(const LifecycleFields&, const LifecycleFields&) = default;
};

// A second list, perhaps of another host, that says when models end: joined by id.
struct EndingsDocument {
  std::string url;
  std::string source;                  // what events call it
  std::vector<std::string> items{""};  // as in ListShape
  std::vector<std::string> id{"/id"};
  // As in ListShape: a feed may speak of several providers' models.
  std::vector<std::pair<std::string, std::string>> where;
  LifecycleFields fields;
  Duration interval{0};
  friend bool operator==(const EndingsDocument&, const EndingsDocument&) = default;
};

// What the user wrote and no preset did: where that finds nothing in a list, it is worth a word.
struct OwnParts {
  bool rules = false;
  bool hints = false;
  bool lifecycle = false;
  friend bool operator==(const OwnParts&, const OwnParts&) = default;
};

// How a configuration speaks of a rule: "field /ref_model".
std::string describe(const AliasRule& rule);

struct Reading {
  ListShape shape;
  std::vector<AliasRule> rules;  // in order: the first that discloses a target wins
  std::vector<std::string>
      hints;  // pointers from an alias's row to values whose change hints at a move
  AliasNames alias_names;
  LifecycleFields lifecycle;
  std::optional<EndingsDocument> endings;
  IdFilter models;
  OwnParts own;
  friend bool operator==(const Reading&, const Reading&) = default;
};

// Borrowed from `reading`, which has at most one; nullptr: none.
const AliasRule* served_rule(const Reading& reading);

}  // namespace modelvane
