#include "daemon/catalog/event_stream.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/catalog/disclosure.h"

namespace modelvane {
namespace {

constexpr std::string_view kData = "data:";

std::string_view value_of(std::string_view line) {
  line.remove_prefix(kData.size());
  if (line.starts_with(' ')) line.remove_prefix(1);
  return line;
}

}  // namespace

std::optional<std::string> EventStream::next(std::string_view body) {
  for (auto end = body.find('\n', read_); end != std::string_view::npos;
       end = body.find('\n', read_)) {
    auto line = body.substr(read_, end - read_);
    read_ = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.starts_with('{')) return std::string{line};
    if (line.starts_with(kData)) {
      data_.append(data_.empty() ? "" : "\n").append(value_of(line));
    } else if (line.empty() && !data_.empty()) {
      return std::exchange(data_, "");
    }
  }
  return std::nullopt;
}

std::function<bool(std::string_view)> until_named(AliasRule rule) {
  return [rule = std::move(rule), stream = EventStream{}](std::string_view body) mutable {
    while (const auto data = stream.next(body)) {
      if (names_model(rule, *data)) return true;
    }
    return false;
  };
}

std::optional<std::string> telling_event(const AliasRule& rule, std::string_view body) {
  if (nlohmann::json::accept(body)) return std::nullopt;
  EventStream stream;
  std::optional<std::string> last;
  const std::string whole = std::string{body} + "\n\n";
  while (auto data = stream.next(whole)) {
    if (names_model(rule, *data)) return data;
    if (data->starts_with('{')) last = std::move(data);
  }
  return last;
}

std::string asking_for_stream(std::string_view url, std::string body) {
  const auto open = body.find_first_not_of(" \t\r\n");
  const bool is_said =
      url.find("stream") != std::string_view::npos || body.find("\"stream\"") != std::string::npos;
  if (is_said || open == std::string::npos || body[open] != '{') return body;
  const auto next = body.find_first_not_of(" \t\r\n", open + 1);
  const bool is_empty = next == std::string::npos || body[next] == '}';
  return body.insert(open + 1, is_empty ? R"("stream":true)" : R"("stream":true,)");
}

}  // namespace modelvane
