// Errors of system calls that are this machine's own trouble, whatever was being done.
#pragma once

#include <optional>
#include <string_view>

#include "daemon/text/labels.h"

namespace modelvane {

// What this machine lacked when a poll could not be made. It says nothing about the endpoint.
enum class Shortage { Descriptors, Memory, Ports };

inline constexpr auto kShortages = labelled<Shortage>({
    {Shortage::Descriptors, "descriptors"},
    {Shortage::Memory, "memory"},
    {Shortage::Ports, "ports"},
});

constexpr std::string_view label(Shortage shortage) {
  return kShortages.label(shortage);
}

// `error` is an errno; 0 and everything that another side may have caused: none.
std::optional<Shortage> shortage_of(int error);

// What to do about it, for people.
std::string_view remedy(Shortage shortage);

}  // namespace modelvane
