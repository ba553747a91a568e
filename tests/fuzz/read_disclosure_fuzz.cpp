// The answer to a question about one alias: its first line stands for the header, the rest is the
// body.
#include <algorithm>

#include "daemon/catalog/disclosure.h"
#include "daemon/catalog/event_stream.h"
#include "daemon/catalog/model_id.h"
#include "daemon/catalog/refusal.h"
#include "daemon/catalog/served.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace modelvane;
  const auto text = fuzz::text_of(data, size);
  const auto line = text.substr(0, text.find('\n'));
  const auto body = text.substr(std::min(text.size(), line.size() + 1));
  const AliasRule lookup{.kind = Rule::Lookup, .pointer = "/id"};
  const AliasRule echo{.kind = Rule::Echo,
                       .pointer = "/model",
                       .header = "x-model",
                       .fingerprint = "/system_fingerprint"};
  for (const auto* rule : {&lookup, &echo}) {
    const auto answer = read_disclosure(*rule, "models/", "acme-latest", body,
                                        [&](std::string_view) { return line; });
    if (!answer) {
      fuzz::promise_sentence(answer.error().sentence);
    } else if (*answer) {
      fuzz::promise(**answer != "acme-latest", "what was asked for discloses nothing");
      fuzz::promise((*answer)->size() <= 2 * kIdBytesMax + 1, "a target is bounded");
    }
  }
  const auto event = telling_event(echo, body);
  fuzz::promise(!event || event->size() <= body.size(), "an event is a part of its stream");
  const auto is_enough = until_named(echo);
  for (std::size_t shown = 1; shown <= std::min(body.size(), std::size_t{256}); ++shown)
    is_enough(body.substr(0, shown));
  AliasRule served{.kind = Rule::Served};
  served.served = {.query = std::string{line}, .alias = "asked", .target = "answered"};
  fuzz::promise(window_of(line) > Duration{0}, "a window is longer than nothing");
  if (const auto reply = read_served(served, "", body)) {
    ServedBook book;
    for (int i = 0; i < 3; ++i) book.add(served, reply->counts, std::chrono::minutes{i});
    for (const auto& view : book.views()) {
      double sum = 0;
      for (const auto& [target, share] : view.shares) sum += share;
      fuzz::promise(sum <= 1.000001, "shares are parts of one");
    }
  }
  const auto refusal = read_refusal(body);
  fuzz::promise(refusal.word.size() <= 64, "a provider's error word is one of ours");
  return 0;
}
