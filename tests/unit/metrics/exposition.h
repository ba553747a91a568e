// Reads Prometheus text back, so that tests can ask for a series instead of searching text.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace modelvane::exposition {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;  // unescaped
  std::string value;
  std::string series;  // name and labels as written
};

struct Text {
  std::map<std::string, std::string> types;  // family -> counter, gauge, histogram
  std::map<std::string, std::string> helps;
  std::vector<Sample> samples;

  // "" when there is none.
  std::string value(const std::string& series) const;
  std::size_t count(const std::string& name) const;
  // The family that a sample belongs to: its name without _bucket, _sum, _count of a histogram.
  std::string family_of(const Sample& sample) const;
};

Text parse(const std::string& text);

}  // namespace modelvane::exposition
