// One metric family in the making, and the text of all of them. A thin front of prometheus-cpp's
// MetricFamily and serializers: its registry is not used, because it cannot switch an info
// metric atomically and removes series by linear search. Families are turned to text one at a time,
// and large ones in slices: as prometheus-cpp's values all of 10,000 endpoints would hold hundreds
// of megabytes, and one family of theirs still as much as the whole text.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "daemon/text/histogram.h"

namespace prometheus {
struct ClientMetric;
struct MetricFamily;
}  // namespace prometheus

namespace modelvane {

// Values must have passed through label_text().
using Labels = std::vector<std::pair<std::string, std::string>>;

class Exposition;

enum class FamilyType { Counter, Gauge, Histogram };

class Family {
 public:
  // `help` is one line. prometheus-cpp does not escape it. `out` is borrowed: it gets the series
  // in slices, so that no two large families of it may be filled in turns.
  Family(Exposition& out, std::string name, FamilyType type, std::string help);
  Family(Family&&) noexcept;
  Family& operator=(Family&&) noexcept;
  ~Family();

  // The series has `labels` and then `more`. Callers see to it that no two series are equal.
  void add(const Labels& labels, double value) { add(labels, {}, value); }
  void add(const Labels& labels, const Labels& more, double value);
  void add(const Labels& labels, const Histogram& histogram);
  // What is not yet in the text goes there: called after the last series. A family without any is
  // left out.
  void flush();

 private:
  prometheus::ClientMetric& add_series(const Labels& labels, const Labels& more);

  Exposition* out_;
  bool has_begun_ = false;  // a slice of it is in the text
  std::unique_ptr<prometheus::MetricFamily> family_;
};

enum class MetricsFormat { Text, OpenMetrics };

class Exposition {
 public:
  explicit Exposition(MetricsFormat format) : format_(format) {}

  std::string take_text();

 private:
  friend class Family;
  const MetricsFormat format_;
  std::ostringstream text_;
};

}  // namespace modelvane
