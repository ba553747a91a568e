#include "daemon/detect/past.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace modelvane {
namespace {

// Sizes from one millisecond on, each a tenth more than the one before; the last begins beyond
// every timeout.
constexpr double kSmallest = 0.001;
constexpr double kGrowth = 1.1;
constexpr double kLast = 200;

std::uint8_t size_of(Duration duration) {
  const double steps =
      std::log(std::max(to_seconds(duration), kSmallest) / kSmallest) / std::log(kGrowth);
  return static_cast<std::uint8_t>(std::clamp(steps, 0.0, kLast));
}

// The middle of the size.
Duration middle_of(std::uint8_t size) {
  const double seconds = kSmallest * std::pow(kGrowth, size + 0.5);
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

std::optional<std::uint32_t> number(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Calls visit(name, count) for each entry of "name:count,name:count".
template <typename Visit>
void each_entry(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const auto entry = text.substr(0, text.find(','));
    text.remove_prefix(std::min(entry.size() + 1, text.size()));
    const auto colon = entry.find(':');
    if (colon == entry.npos) continue;
    if (const auto count = number(entry.substr(colon + 1))) visit(entry.substr(0, colon), *count);
  }
}

}  // namespace

std::uint32_t& DurationSketch::of(std::uint8_t size) {
  const auto place = std::ranges::lower_bound(counts_, size, {}, &Size::number);
  if (place != counts_.end() && place->number == size) return place->count;
  return counts_.insert(place, {size, 0})->count;
}

void DurationSketch::add(Duration duration) {
  ++of(size_of(duration));
}

void DurationSketch::add(const DurationSketch& more) {
  for (const auto& [size, count] : more.counts_) of(size) += count;
}

std::uint64_t DurationSketch::count() const {
  std::uint64_t all = 0;
  for (const auto& [size, count] : counts_) all += count;
  return all;
}

std::optional<Duration> DurationSketch::quantile(double share) const {
  if (counts_.empty()) return std::nullopt;
  const auto wanted =
      static_cast<std::uint64_t>(std::max(std::ceil(share * static_cast<double>(count())), 1.0));
  std::uint64_t seen = 0;
  for (const auto& [size, count] : counts_) {
    seen += count;
    if (seen >= wanted) return middle_of(size);
  }
  return middle_of(counts_.back().number);
}

std::string DurationSketch::text() const {
  std::string text;
  for (const auto& [size, count] : counts_)
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", size, count);
  return text;
}

DurationSketch DurationSketch::parse(std::string_view text) {
  DurationSketch sketch;
  each_entry(text, [&](std::string_view name, std::uint32_t count) {
    const auto size = number(name);
    if (size && *size <= static_cast<std::uint32_t>(kLast) && count > 0)
      sketch.of(static_cast<std::uint8_t>(*size)) += count;
  });
  return sketch;
}

void FailureCounts::add(const FailureCounts& more) {
  for (std::size_t i = 0; i < of.size(); ++i) of[i] += more.of[i];
}

std::optional<Reason> FailureCounts::worst() const {
  const auto most = std::ranges::max_element(of);
  if (*most == 0) return std::nullopt;
  return static_cast<Reason>(most - of.begin());
}

std::string FailureCounts::text() const {
  std::string text;
  for (std::size_t i = 0; i < of.size(); ++i) {
    if (of[i] > 0)
      text += fmt::format("{}{}:{}", text.empty() ? "" : ",", kReasons.labels()[i], of[i]);
  }
  return text;
}

FailureCounts FailureCounts::parse(std::string_view text) {
  FailureCounts counts;
  each_entry(text, [&](std::string_view name, std::uint32_t count) {
    if (const auto reason = kReasons.parse(name))
      counts.of[static_cast<std::size_t>(*reason)] += count;
  });
  return counts;
}

void PastSpan::add(const PastSpan& more) {
  seconds += more.seconds;
  durations.add(more.durations);
  longest = std::max(longest, more.longest);
  failures.add(more.failures);
}

}  // namespace modelvane
