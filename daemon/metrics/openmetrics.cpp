#include "daemon/metrics/openmetrics.h"

#include <fmt/format.h>
#include <prometheus/metric_family.h>

#include <cmath>
#include <ostream>
#include <string>

namespace modelvane {
namespace {

std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\n') {
      result += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') result += '\\';
    result += c;
  }
  return result;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

// Whole numbers end in .0 there, so that all exporters write the same bound alike.
std::string bound(double value) {
  auto text = number(value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string labels_of(const prometheus::ClientMetric& series) {
  std::string labels;
  for (const auto& [name, value] : series.label) {
    if (!labels.empty()) labels += ',';
    labels += fmt::format("{}=\"{}\"", name, escaped(value));
  }
  return labels;
}

void write_sample(std::ostream& out, std::string_view name, std::string_view labels,
                  std::string_view value) {
  out << name;
  if (!labels.empty()) out << '{' << labels << '}';
  out << ' ' << value << '\n';
}

void write_histogram(std::ostream& out, const std::string& name,
                     const prometheus::ClientMetric& series) {
  const auto labels = labels_of(series);
  for (const auto& bucket : series.histogram.bucket) {
    write_sample(
        out, name + "_bucket",
        fmt::format("{}{}le=\"{}\"", labels, labels.empty() ? "" : ",", bound(bucket.upper_bound)),
        fmt::format("{}", bucket.cumulative_count));
  }
  write_sample(out, name + "_count", labels, fmt::format("{}", series.histogram.sample_count));
  write_sample(out, name + "_sum", labels, number(series.histogram.sample_sum));
}

}  // namespace

void write_openmetrics(std::ostream& out, const prometheus::MetricFamily& family) {
  constexpr std::string_view kTotal = "_total";
  const bool is_counter = family.type == prometheus::MetricType::Counter;
  const bool is_histogram = family.type == prometheus::MetricType::Histogram;
  auto name = family.name;
  if (is_counter && name.ends_with(kTotal)) name.resize(name.size() - kTotal.size());
  out << "# TYPE " << name << ' '
      << (is_counter     ? "counter"
          : is_histogram ? "histogram"
                         : "gauge")
      << "\n# HELP " << name << ' ' << escaped(family.help) << '\n';
  for (const auto& series : family.metric) {
    if (is_histogram) {
      write_histogram(out, name, series);
    } else if (is_counter) {
      write_sample(out, name + std::string{kTotal}, labels_of(series),
                   number(series.counter.value));
    } else {
      write_sample(out, name, labels_of(series), number(series.gauge.value));
    }
  }
}

}  // namespace modelvane
