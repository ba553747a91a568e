// What is shown of an endpoint's past without asking the store.
#pragma once

#include <optional>
#include <vector>

#include "daemon/detect/past.h"

namespace modelvane {

// One hour or day, as lists and sparklines need it.
struct PastFigure {
  Time from{};
  Seconds seconds;
  std::optional<Duration> p50;
};

// What is shown of an endpoint's past. Longer pasts are read from the store.
struct PastView {
  Seconds seconds;                // since it was first polled
  std::vector<PastFigure> hours;  // the last 24, oldest first; none for an unknown one
  std::vector<PastFigure> days;   // the last 30, likewise
};

// The sum of the figures from `from` on.
inline Seconds sum_since(const std::vector<PastFigure>& figures, Time from) {
  Seconds sum;
  for (const auto& figure : figures) {
    if (figure.from >= from) sum += figure.seconds;
  }
  return sum;
}

}  // namespace modelvane
