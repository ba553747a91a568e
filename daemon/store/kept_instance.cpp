#include "daemon/store/kept_instance.h"

#include <fmt/format.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string_view>

namespace modelvane {
namespace {

// A number of 48 bits: nobody has so many installations that two meet.
constexpr int kBits = 48;

std::string instance_of(const std::string& event) {
  constexpr std::string_view kPrefix = "urn:modelvane:";
  const auto json = nlohmann::json::parse(event, nullptr, false);
  const auto source = json.is_object() ? json.find("source") : json.end();
  if (source == json.end() || !source->is_string()) return "";
  const auto text = source->get<std::string>();
  return text.starts_with(kPrefix) ? text.substr(kPrefix.size()) : "";
}

std::string newest_source(Database& database) {
  Rows rows = database.query("SELECT json FROM events ORDER BY sequence DESC LIMIT 1");
  return rows.next() ? instance_of(std::string{rows.text(0)}) : "";
}

std::int64_t new_number() {
  std::random_device random;
  const auto high = static_cast<std::uint64_t>(random());
  return static_cast<std::int64_t>((high << 32 | random()) >> (64 - kBits));
}

}  // namespace

std::string kept_instance(Database& database) {
  if (auto told = newest_source(database); !told.empty()) return told;
  database.execute("INSERT INTO meta(name, value) VALUES('instance', ?1) ON CONFLICT DO NOTHING",
                   new_number());
  const auto number = database.number("SELECT value FROM meta WHERE name = 'instance'");
  return database.ok() ? fmt::format("mv-{:012x}", number) : "";
}

}  // namespace modelvane
