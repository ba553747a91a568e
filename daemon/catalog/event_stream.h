// Answers that come as a stream of events: server-sent events, or a JSON value on each line. An
// echo that is asked with streaming needs only the first event that names the model. Pure.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/catalog/reading.h"

namespace modelvane {

// So much of a stream is read at most: events before the one that names a model are comments, or
// an empty first one, each of at most a few kB.
inline constexpr std::size_t kStreamBytesMax = 64 * 1024;

// Takes the events of a body that grows, each once.
class EventStream {
 public:
  // The data of the next complete event in the body, which begins with all that was seen before;
  // nullopt: more must come first.
  std::optional<std::string> next(std::string_view body);

 private:
  std::size_t read_ = 0;  // up to here
  std::string data_;      // of the event whose end has not come
};

// For HttpRequest::is_enough.
std::function<bool(std::string_view)> until_named(AliasRule rule);

// What the rule is to read of a body: the first event that names a model, or else the last one.
// nullopt: it is no stream.
std::optional<std::string> telling_event(const AliasRule& rule, std::string_view body);

// The body with streaming asked for, unless it (or the URL) does so already.
std::string asking_for_stream(std::string_view url, std::string body);

}  // namespace modelvane
