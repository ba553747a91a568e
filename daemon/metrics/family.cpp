#include "daemon/metrics/family.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <limits>
#include <string_view>

#include "daemon/metrics/openmetrics.h"

namespace modelvane {
namespace {

prometheus::MetricType to_prometheus(FamilyType type) {
  switch (type) {
    case FamilyType::Counter: return prometheus::MetricType::Counter;
    case FamilyType::Gauge: return prometheus::MetricType::Gauge;
    case FamilyType::Histogram: return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

std::string to_text(prometheus::MetricFamily& family, MetricsFormat format) {
  std::ostringstream text;
  if (format == MetricsFormat::OpenMetrics) {
    write_openmetrics(text, family);
    return std::move(text).str();
  }
  // The serializer takes a vector only. Moving the family in and out again avoids a copy of all its
  // series.
  std::vector<prometheus::MetricFamily> one;
  one.push_back(std::move(family));
  prometheus::TextSerializer{}.Serialize(text, one);
  family = std::move(one.front());
  return std::move(text).str();
}

// HELP and TYPE come once in a text.
std::string_view without_head(std::string_view text) {
  while (text.starts_with("# ")) text.remove_prefix(text.find('\n') + 1);
  return text;
}

}  // namespace

Family::Family(Exposition& out, std::string name, FamilyType type, std::string help)
    : out_(&out), family_(std::make_unique<prometheus::MetricFamily>()) {
  family_->name = std::move(name);
  family_->type = to_prometheus(type);
  family_->help = std::move(help);
}

Family::Family(Family&&) noexcept = default;
Family& Family::operator=(Family&&) noexcept = default;
Family::~Family() = default;

prometheus::ClientMetric& Family::add_series(const Labels& labels, const Labels& more) {
  // Half a megabyte of prometheus-cpp's values.
  constexpr std::size_t kSlice = 1'000;
  if (family_->metric.size() >= kSlice) flush();
  auto& series = family_->metric.emplace_back();
  series.label.reserve(labels.size() + more.size());
  for (const auto* part : {&labels, &more}) {
    for (const auto& [name, value] : *part) series.label.push_back({name, value});
  }
  return series;
}

void Family::add(const Labels& labels, const Labels& more, double value) {
  auto& series = add_series(labels, more);
  if (family_->type == prometheus::MetricType::Counter) {
    series.counter.value = value;
  } else {
    series.gauge.value = value;
  }
}

void Family::add(const Labels& labels, const Histogram& histogram) {
  auto& series = add_series(labels, {}).histogram;
  series.bucket.reserve(histogram.counts.size());
  for (std::size_t i = 0; i < histogram.counts.size(); ++i) {
    series.sample_count += histogram.counts[i];
    const bool is_last = i >= histogram.bounds->size();
    series.bucket.push_back({series.sample_count, is_last ? std::numeric_limits<double>::infinity()
                                                          : (*histogram.bounds)[i]});
  }
  series.sample_sum = histogram.sum;
}

void Family::flush() {
  if (family_->metric.empty()) return;
  const auto text = to_text(*family_, out_->format_);
  family_->metric.clear();
  out_->text_ << (has_begun_ ? without_head(text) : text);
  has_begun_ = true;
}

std::string Exposition::take_text() {
  if (format_ == MetricsFormat::OpenMetrics) text_ << kOpenMetricsEnd;
  return std::move(text_).str();
}

}  // namespace modelvane
