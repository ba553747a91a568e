// Which events open an incident and which close it, and the key that both have: for receivers that
// page people. Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "daemon/notify/rendering.h"

namespace modelvane {

struct Incident {
  std::string_view what;  // part of the key
  bool is_open = false;   // the event opens it; else it closes it
};

// None: the event is a fact, and pages nobody.
std::optional<Incident> incident_of(const Event& event);

// "modelvane/prod-a": who tells.
std::string source_of(const Occasion& occasion);

// At most `bytes_max` long, and the same at the beginning and at the end: a host's name is no part
// of it. A drill's is another, for it must not close a real incident.
std::string incident_key(const Occasion& occasion, const Incident& incident, std::size_t bytes_max);

}  // namespace modelvane
