#include "daemon/notify/incident.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/text/hmac.h"

namespace modelvane {
namespace {

struct Kind {
  EventType opens;
  EventType closes;
  std::string_view what;
};

constexpr std::array kKinds{
    Kind{EventType::EndpointDown, EventType::EndpointUp, "down"},
    Kind{EventType::AliasPinBroken, EventType::AliasPinRestored, "pin"},
};

bool closes(const Event& event, const Kind& kind) {
  return event.type == kind.closes || std::ranges::count(event.ended, kind.opens) != 0;
}

}  // namespace

std::optional<Incident> incident_of(const Event& event) {
  for (const auto& kind : kKinds) {
    if (event.type == kind.opens) return Incident{kind.what, true};
    if (closes(event, kind)) return Incident{kind.what, false};
  }
  return std::nullopt;
}

std::string source_of(const Occasion& occasion) {
  return fmt::format("modelvane/{}", occasion.context.instance);
}

std::string incident_key(const Occasion& occasion, const Incident& incident,
                         std::size_t bytes_max) {
  const auto& event = occasion.first().event;
  const auto source = source_of(occasion);
  auto key = fmt::format("{}/{}/{}{}", source, event.subject(), incident.what,
                         event.drill ? "/drill" : "");
  if (key.size() <= bytes_max) return key;
  // A cut key could be another subject's, too.
  return fmt::format("{}/{}", source, to_hex(hmac_sha256("", key).value_or(key.substr(0, 64))));
}

}  // namespace modelvane
