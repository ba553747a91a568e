#include "tests/unit/metrics/exposition.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

namespace modelvane::exposition {

namespace {

Sample parse_sample(const std::string& line) {
  Sample sample;
  const auto brace = line.find('{');
  const auto end_of_name = std::min(brace, line.find(' '));
  sample.name = line.substr(0, end_of_name);
  std::size_t at = end_of_name;
  if (at < line.size() && line[at] == '{') {
    ++at;
    while (line.at(at) != '}') {
      const auto equals = line.find('=', at);
      const auto name = line.substr(at, equals - at);
      std::string value;
      at = equals + 2;
      for (; line.at(at) != '"'; ++at) {
        if (line[at] == '\\') {
          ++at;
          value += line.at(at) == 'n' ? '\n' : line[at];
        } else {
          value += line[at];
        }
      }
      CHECK_MESSAGE(sample.labels.emplace(name, value).second, "label twice: " << line);
      ++at;
      if (line.at(at) == ',') ++at;
    }
    ++at;
  }
  sample.series = line.substr(0, at);
  sample.value = line.substr(at + 1);
  return sample;
}

}  // namespace

std::string Text::value(const std::string& series) const {
  const auto found = std::ranges::find(samples, series, &Sample::series);
  return found == samples.end() ? "" : found->value;
}

std::size_t Text::count(const std::string& name) const {
  return static_cast<std::size_t>(std::ranges::count(samples, name, &Sample::name));
}

std::string Text::family_of(const Sample& sample) const {
  for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
    if (!sample.name.ends_with(suffix)) continue;
    const auto base = sample.name.substr(0, sample.name.size() - suffix.size());
    if (types.contains(base)) return base;
  }
  return sample.name;
}

Text parse(const std::string& text) {
  Text result;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words{line};
    std::string mark;
    std::string kind;
    std::string family;
    if (line.starts_with('#')) {
      words >> mark >> kind >> family >> std::ws;
      std::string rest;
      std::getline(words, rest);
      auto& target = kind == "HELP" ? result.helps : result.types;
      CHECK_MESSAGE(target.emplace(family, rest).second, "family twice: " << line);
    } else {
      result.samples.push_back(parse_sample(line));
    }
  }
  return result;
}

}  // namespace modelvane::exposition
