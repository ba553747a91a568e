// CPU of one poll's own work on a large list, without the network: reading it, comparing it with
// what was known, making the view. Prints two lines in the style of tests/bench/run.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <limits>
#include <string>

#include "daemon/engine/endpoint_watch.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

constexpr int kModels = 5'000;
constexpr int kRounds = 20;
constexpr double kChangedMillisWanted = 20;

// About 300 bytes a row, as in the long lists of aggregators; one row in ten is an alias. `version`
// moves a few of them.
std::string list(int version) {
  std::string body = R"({"object":"list","data":[)";
  for (int i = 0; i < kModels; ++i) {
    const std::string target =
        i % 10 == 0 ? fmt::format("\"acme/model-{}\"", i % 100 == 0 ? i + version : i + 1) : "null";
    body += fmt::format(
        R"({}{{"id":"acme/model-{}","object":"model","created":1722424576,"owned_by":"acme","ref_model":{},)"
        R"("context_length":131072,"pricing":{{"prompt":"0.0000015","completion":"0.000002"}},)"
        R"("description":"A model of the list that this benchmark makes, with a text of usual length: {:050}"}})",
        i == 0 ? "" : ",", i, target, i);
  }
  return body + "]}";
}

double cpu_millis() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

double poll(EndpointWatch& watch, const std::string& body, Time now) {
  const HttpResult reply = HttpReply{.status = 200, .body = body};
  const double begun = cpu_millis();
  watch.begin_poll(0s, true);
  if (!watch.next_request(now, 0s)) return std::numeric_limits<double>::infinity();
  watch.take(reply, now);
  watch.finish_poll(now, Duration{0}, true);
  return cpu_millis() - begun;
}

int run() {
  EndpointConfig config{.name = "bench", .url = "http://localhost/v1/models"};
  config.reading.edit().rules = {{.kind = Rule::Field, .pointer = "/ref_model"}};
  EndpointWatch watch{config, "bench"};
  watch.restore({}, {}, Time{});
  double changed = std::numeric_limits<double>::infinity();
  double unchanged = changed;
  Time now{std::chrono::hours{24 * 365 * 50}};
  for (int round = 0; round < kRounds; ++round) {
    const std::string body = list(1 + round % 2);
    changed = std::min(changed, poll(watch, body, now += 1min));
    unchanged = std::min(unchanged, poll(watch, body, now += 1min));
  }
  if (watch.state().aliases.size() != kModels / 10) return 1;
  const auto megabytes = static_cast<double>(list(1).size()) / 1e6;
  fmt::print(
      "modelvane          {} models ({:.1f} MB), 50 of 500 aliases moved: read and compared in "
      "{:.1f} ms of CPU, wanted less "
      "than "
      "{}: {}\n",
      kModels, megabytes, changed, kChangedMillisWanted,
      changed < kChangedMillisWanted ? "met" : "NOT MET");
  fmt::print(
      "modelvane          the same bytes again: {:.2f} ms of CPU, {:.3f} of it; wanted less than a "
      "tenth, because they are not "
      "parsed: {}\n",
      unchanged, unchanged / changed, unchanged < changed / 10 ? "met" : "NOT MET");
  return 0;
}

}  // namespace
}  // namespace modelvane

int main() {
  return modelvane::run();
}
