// A list as an answer of the API: rows, each one already JSON, until its page is full, then the
// cursor of the next page. Rows are rendered one by one: a page of 1,000 endpoints is never a tree
// in memory.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "daemon/http/reply.h"
#include "daemon/web/query.h"

namespace modelvane {

// A model may be called "<script>": JSON can write it without the angle bracket, in case that
// somebody takes the answer for a page.
std::string without_markup(std::string json);

// {"<name>": [rows], "next": cursor or null}
class ListReply {
 public:
  ListReply(std::string_view name, char list, std::size_t limit);

  bool is_full() const { return rows_ >= limit_; }
  void add(std::string_view row);
  // There are more rows, and `last` identifies the last one that was added.
  void continue_after(std::span<const std::string> last) { next_ = to_cursor(list_, last); }
  Reply finish();

 private:
  const char list_;
  const std::size_t limit_;
  std::size_t rows_ = 0;
  std::string text_;
  std::string next_;
};

}  // namespace modelvane
