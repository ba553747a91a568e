// Cumulative-free bucket counts of one Prometheus histogram; a plain value that snapshots copy.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

#include "daemon/text/shared.h"

namespace modelvane {

// One exchange from start to end, in seconds: from a gateway on the same host to the longest
// time-out of a webhook (60 s).
using HistogramBounds = Shared<std::vector<double>>;
inline const HistogramBounds kDurationBounds{
    {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60}};

struct Histogram {
  HistogramBounds bounds;             // upper bounds, ascending; +Inf is implied
  std::vector<std::uint64_t> counts;  // bounds->size() + 1, not cumulative
  double sum = 0;

  explicit Histogram(HistogramBounds upper_bounds = {})
      : bounds(std::move(upper_bounds)), counts(bounds->size() + 1, 0) {}

  // NaN would poison the sum for ever: it is dropped.
  void observe(double value) {
    if (std::isnan(value)) return;
    const auto bucket = std::lower_bound(bounds->begin(), bounds->end(), value) - bounds->begin();
    ++counts[static_cast<std::size_t>(bucket)];
    sum += value;
  }
  std::uint64_t count() const {
    std::uint64_t total = 0;
    for (const auto n : counts) total += n;
    return total;
  }
};

}  // namespace modelvane
