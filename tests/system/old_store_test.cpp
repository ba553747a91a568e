// A store that an early version left behind, with deliveries that wait: what this one makes of it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;

namespace {

constexpr std::size_t kWaiting = 9;

void fill_from_dump(const std::string& file, const std::string& dump) {
  std::ifstream in{dump};
  const std::string sql{std::istreambuf_iterator<char>{in}, {}};
  REQUIRE_FALSE(sql.empty());
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &opened) == SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database{opened, sqlite3_close};
  REQUIRE(sqlite3_exec(opened, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}

}  // namespace

TEST_CASE("what waited in a store of an early version is delivered, each event once and in order") {
  TempFolder folder;
  std::filesystem::create_directories(folder.file("data"));
  fill_from_dump(folder.file("data/modelvane.db"), MODELVANE_TESTS "/golden/store/schema-2.sql");
  std::mutex mutex;
  std::vector<std::string> taken;  // "subject sequence"
  FakeUpstream receiver{[&](const simulated::ServedRequest& request) {
    const auto event = nlohmann::json::parse(request.body);
    const std::scoped_lock lock{mutex};
    if (event["source"] == "urn:modelvane:prod-a" && event["sequence"] <= "00000000000000000009")
      taken.push_back(event["subject"].get<std::string>() + " " +
                      event["sequence"].get<std::string>());
    return simulated::ServedReply{.status = 204};
  }};
  FakeUpstream upstream{[](const auto&) {
    return model_list({{"internlm3-latest", "internlm3-8b-instruct"}}, {"internlm3-8b-instruct"});
  }};
  Serve serve{folder, fmt::format(R"(instance: prod-a
defaults: {{interval: 1s, timeout: 1s, recheck: 1s}}
endpoints:
  - {{name: simulated, url: "{}", aliases: [{{field: /ref_model}}]}}
webhooks:
  - {{name: oncall, url: "{}"}}
)",
                                  upstream.url(), receiver.url("/hook"))};
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  CHECK_MESSAGE(eventually([&] {
                  const std::scoped_lock lock{mutex};
                  return taken.size() >= kWaiting;
                }),
                serve.process().transcript());
  const std::scoped_lock lock{mutex};
  CHECK(taken.size() == kWaiting);
  std::ranges::stable_sort(taken, {},
                           [](const std::string& one) { return one.substr(0, one.find(' ')); });
  CHECK(std::ranges::is_sorted(taken));
  CHECK(std::ranges::adjacent_find(taken) == taken.end());
}
