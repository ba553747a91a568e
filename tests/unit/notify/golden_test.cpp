// tests/golden/notify/FORMAT.txt: the requests of that format for each event type, for hostile
// names, and for a digest. Bodies are shown with line breaks, so that people can review them.
// MODELVANE_UPDATE=1 rewrites the files.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "daemon/events/event_json.h"
#include "tests/unit/notify/samples.h"
#include "version.h"

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

std::string without_returns(std::string text) {
  std::erase(text, '\r');
  return text;
}

std::string shown(const HttpRequest& request) {
  std::string text = fmt::format("{} {}\n", request.method, request.url);
  for (const auto& [name, value] : request.headers) {
    if (name != "User-Agent") text += fmt::format("{}: {}\n", name, value);
  }
  if (request.mail) return text + "\n" + without_returns(request.body);
  return text + "\n" + nlohmann::ordered_json::parse(request.body).dump(2) + "\n";
}

std::vector<StoredEvent> several() {
  std::vector<StoredEvent> events{samples::stored(samples::event_of(EventType::AliasMoved), 42)};
  for (const auto* alias : {"internlm2-latest", "internvl-latest"}) {
    auto event = samples::event_of(EventType::AliasMoved);
    event.id.replace(30, 2, alias == std::string_view{"internlm2-latest"} ? "b2" : "b3");
    event.alias = alias;
    event.summary = fmt::format("{} moved from {} to {}", alias, *event.from, *event.to);
    events.push_back(samples::stored(event, 42 + events.size()));
  }
  return events;
}

std::string document(const FormatTraits& format) {
  const auto webhook = samples::webhook(format.name);
  const auto now = samples::then() + 2s;
  std::string text;
  for (const auto type_name : kEventTypes.labels()) {
    const auto event = samples::stored(samples::event_of(*kEventTypes.parse(type_name)));
    text +=
        fmt::format("==== {}\n{}", type_name, shown(samples::request_of(webhook, {event}, now)));
  }
  text +=
      fmt::format("==== hostile names\n{}",
                  shown(samples::request_of(webhook, {samples::stored(samples::hostile())}, now)));
  if (format.coalesces())
    text +=
        fmt::format("==== several events\n{}", shown(samples::request_of(webhook, several(), now)));
  return text;
}

}  // namespace

TEST_CASE("every format makes exactly the recorded request of every event type") {
  for (const auto& format : kFormats) {
    CAPTURE(format.name);
    const auto file =
        fmt::format("{}/tests/golden/notify/{}.txt", MODELVANE_SOURCE_DIR, format.name);
    const auto made = document(format);
    if (std::getenv("MODELVANE_UPDATE") != nullptr) std::ofstream{file} << made;
    std::ostringstream recorded;
    recorded << std::ifstream{file}.rdbuf();
    CHECK(made == recorded.str());
  }
}
