// Cumulative-free bucket counts of one Prometheus histogram; a plain value that snapshots copy.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace modelvane {

struct Histogram {
  std::vector<double> bounds;         // upper bounds, ascending; +Inf is implied
  std::vector<std::uint64_t> counts;  // bounds.size() + 1, not cumulative
  double sum = 0;

  explicit Histogram(std::vector<double> upper_bounds = {}) : bounds(std::move(upper_bounds)), counts(bounds.size() + 1, 0) {}

  // NaN would poison the sum for ever: it is dropped.
  void observe(double value) {
    if (std::isnan(value)) return;
    const auto bucket = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
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
