#include "daemon/web/list_reply.h"

#include <fmt/format.h>

namespace modelvane {

std::string without_markup(std::string json) {
  for (auto at = json.find('<'); at != std::string::npos; at = json.find('<', at))
    json.replace(at, 1, "\\u003c");
  return json;
}

ListReply::ListReply(std::string_view name, char list, std::size_t limit)
    : list_(list), limit_(limit), text_(fmt::format("{{\"{}\":[", name)) {}

void ListReply::add(std::string_view row) {
  if (rows_++ > 0) text_ += ',';
  text_ += row;
}

Reply ListReply::finish() {
  text_ += next_.empty() ? "],\"next\":null}" : fmt::format("],\"next\":\"{}\"}}", next_);
  return json_reply(std::move(text_));
}

}  // namespace modelvane
