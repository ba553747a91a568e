// Answers that say themselves whether they are the whole list. Where nothing says how the list
// goes on, one page of it would look like all.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/list_scan.h"
#include "daemon/catalog/reading.h"

namespace modelvane {

class GoesOn {
 public:
  // Adds what it wants of each answer to `document`, to which nobody has added anything yet.
  // `items`: where the rows may be; what holds them may say of their pages.
  GoesOn(const std::vector<std::string>& items, PointerTree& document);

  struct Sign {
    std::string what;    // "/has_more is true"
    std::string remedy;  // for list.pagination
  };
  // nullopt: nothing says that more follows.
  std::optional<Sign> sign(const std::vector<JsonValue>& values,
                           std::string_view link_header) const;
  // The answer says that nothing follows the pages read so far.
  bool ends(const std::vector<JsonValue>& values, std::size_t pages_read) const;
  // How many rows the answer says that the list has, all pages together.
  std::optional<std::size_t> total(const std::vector<JsonValue>& values) const;

 private:
  struct Flag {
    std::string pointer;
    std::size_t slot;
    bool leads_on;           // the value that says that more follows
    std::size_t neighbours;  // index of the first of its cursors_
  };
  struct Link {
    std::string pointer;
    std::size_t slot;
    std::string_view query;  // of a token: what its key in URLs is usually called
  };
  struct Numbers {
    std::string pointer;
    std::size_t page, pages;
  };
  struct Marks {
    PointerTree document;
    std::vector<Flag> flags;
    std::vector<Link> cursors;  // that stand beside a flag, and say nothing by themselves
    std::vector<Link> links;
    std::vector<Numbers> numbers;
    std::vector<std::size_t> totals;
    std::size_t object = 0;  // slot of the answer's /object
    void add(const std::string& envelope);
  };
  static std::shared_ptr<const Marks> usual_marks();

  const Flag* flag_that(bool goes_on, const std::vector<JsonValue>& values) const;
  std::string remedy_of(const Flag* flag, const Link* link, const Numbers* numbers,
                        const std::vector<JsonValue>& values) const;
  const Link* cursor_beside(const Flag& flag, const std::vector<JsonValue>& values) const;

  std::shared_ptr<const Marks> marks_;  // most lists have the same
};

// A list that says so while its pagination, if it has one, finds nothing of it.
ReadError cut_list(const GoesOn::Sign& sign, bool has_pagination);
// A document of which only one page is ever read.
ReadError cut_document(const GoesOn::Sign& sign);

}  // namespace modelvane
