// What the store reads back, from a file that may be damaged: an endpoint's state, an event, a
// receiver's Retry-After.
#include "daemon/catalog/refusal.h"
#include "daemon/events/delivery.h"
#include "daemon/events/event_json.h"
#include "daemon/store/state_json.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace modelvane;
  const auto text = fuzz::text_of(data, size);
  if (const auto state = parse_state(text)) {
    const auto again = parse_state(to_json(*state));
    fuzz::promise(again.has_value() && to_json(*again) == to_json(*state),
                  "a state survives being stored");
  } else {
    fuzz::promise_sentence(state.error());
  }
  if (const auto event = parse_cloudevent(text)) {
    const auto again = parse_cloudevent(to_cloudevent(*event, "urn:modelvane:fuzz"));
    fuzz::promise(again.has_value(), "an event survives being stored");
  } else {
    fuzz::promise_sentence(event.error());
  }
  const auto pause = parse_retry_after(text, Time{});
  fuzz::promise(!pause || *pause >= Duration{0}, "nobody waits for the past");
  const auto duration = parse_go_duration(text);
  fuzz::promise(!duration || *duration >= Duration{0}, "a pause is no journey in time");
  return 0;
}
