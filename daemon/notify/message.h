// The message that people read, made once as a value and laid out by each receiver in its own way
// (layout.h). The same lines in the same order everywhere: whom it is about, from, to, when, how
// sure, pin, retirement, and what else the event says. Pure. Model names come from a third party:
// all text here is on one line and without control characters, but not yet escaped.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "daemon/events/event.h"
#include "daemon/notify/notify.h"
#include "daemon/store/store.h"

namespace modelvane {

enum class Severity { Good, Info, Warning, Critical };
// As alerts call it: info, warning, critical.
std::string_view severity_label(Severity severity);

struct MessageLine {
  std::string label;  // our own word
  std::string value;
  bool is_foreign =
      true;  // holds text that others chose: no markup, mention or link in it may work
};

struct Message {
  Severity severity = Severity::Info;
  std::string heading;  // our own words: "Alias moved", "DRILL: Alias moved"
  std::string about;    // an alias, a model or an endpoint; foreign
  std::string summary;  // one sentence; foreign
  std::vector<MessageLine> lines;
  std::string link;      // to our page; "" = none
  std::string short_id;  // so that a repeat is recognised
};

// An event with its JSON read.
struct ReadEvent {
  const StoredEvent* stored = nullptr;
  Event event;
};

Message make_message(const ReadEvent& read, const NotifyContext& context);
// One line for each event. `events` is not empty.
Message make_digest(std::span<const ReadEvent> events, const NotifyContext& context);

Severity severity_of(const Event& event);
// The page of that event; "" without an external URL.
std::string link_to(const Event& event, const NotifyContext& context);

}  // namespace modelvane
