// The query of a request, read strictly: an unknown or malformed parameter is an error that names
// what is allowed, since a filter that is silently ignored shows too much. Parameters remembers the
// first error: a route reads what it takes, one after the other, and asks once, at the end, whether
// to refuse.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/http/reply.h"
#include "daemon/text/labels.h"
#include "daemon/text/time.h"

namespace modelvane {

// Names and values are decoded; a name may come several times.
using Query = std::multimap<std::string, std::string>;

// "a=b&c=d+e%20f"; what stands behind the question mark.
Query parse_query(std::string_view text);

// As percent_decode (text/url.h), and a + is a blank.
std::string form_decode(std::string_view text);

// One page of a list. `after` holds what identifies the last row of the page before, in as many
// texts as the list needs; empty = from the start.
struct Page {
  std::vector<std::string> after;
  std::size_t limit = 0;
};

// What is a page's limit unless the client says otherwise, and at most.
struct PageLimits {
  std::size_t usual;
  std::size_t max;
};

// Where the next page begins. Opaque to clients; `list` is a letter that keeps the cursor of one
// list from being used in another.
std::string to_cursor(char list, std::span<const std::string> after);

// Digits and nothing else; what SQLite's integers can hold.
std::optional<std::uint64_t> whole_number(std::string_view text);

class Parameters {
 public:
  explicit Parameters(const Query& query) : query_(query) {}

  // "", nullopt or an empty list when the parameter is not there.
  std::string text(const std::string& name);
  std::vector<std::string> texts(const std::string& name);  // repeated
  std::vector<std::string> list(const std::string& name);   // repeated, or separated by commas
  std::optional<std::uint64_t> number(const std::string& name, std::uint64_t min,
                                      std::uint64_t max);
  std::optional<bool> flag(const std::string& name);
  std::optional<Time> time(const std::string& name);
  // One of a closed set.
  template <typename Enum, std::size_t N>
  std::optional<Enum> choice(const std::string& name, const Labelled<Enum, N>& words) {
    const auto value = text(name);
    const auto found = words.parse(value);
    if (!value.empty() && !found) refuse_choice(name, words.labels());
    return found;
  }
  // `limit` and `cursor`; a cursor of this list has `fields` texts.
  Page page(char list, std::size_t fields, PageLimits limits);

  void refuse(int status, std::string_view detail);
  // The cursor's texts are none that this list gives out.
  void refuse_cursor();
  // The answer to give instead, once everything was read.
  std::optional<Reply> refusal() const;

 private:
  void refuse_choice(std::string_view name, std::span<const std::string_view> words);

  const Query& query_;
  std::vector<std::string> known_;
  std::optional<Reply> refusal_;
};

}  // namespace modelvane
