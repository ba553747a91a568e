#include "daemon/simulate/receiver.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <mutex>

#include "daemon/simulate/signature.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace modelvane::simulated;
using namespace std::chrono_literals;

namespace {

const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const Time kNow{1614265330s};

std::string event_body(const std::string& id) {
  return fmt::format(
      R"({{"specversion":"1.0","id":"{}","source":"urn:modelvane:t","type":"io.modelvane.alias.moved",)"
      R"("subject":"internlm/internlm3-latest","time":"2021-02-25T15:02:09.500Z","data":{{"summary":"it moved"}}}})",
      id);
}

std::vector<std::string> signed_headers(const std::string& id, const std::string& body,
                                        const std::string& timestamp = "1614265330") {
  const SignedMessage message{.id = id, .timestamp = timestamp, .signatures = "", .body = body};
  return {"webhook-id: " + id, "webhook-timestamp: " + timestamp,
          "webhook-signature: " + sign_message(message, kSecret)};
}

class Told {
 public:
  void add(const std::string& id) {
    const std::scoped_lock lock{mutex_};
    ids_.push_back(id);
  }
  std::vector<std::string> ids() const {
    const std::scoped_lock lock{mutex_};
    return ids_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> ids_;
};

struct Stage {
  Told told;
  Receiver receiver{{.secrets = {kSecret},
                     .now = [] { return kNow; },
                     .on_event = [this](const ReceivedEvent& event) { told.add(event.id); }}};

  Stage() { REQUIRE(receiver.start()); }
  long send(const std::string& id) {
    const std::string body = event_body(id);
    return post(receiver.url(), body, signed_headers(id, body)).status;
  }
};

}  // namespace

TEST_CASE("a signed event is taken, parsed and told") {
  Stage stage;
  CHECK(stage.send("evt_1") == 204);
  const auto events = stage.receiver.events();
  REQUIRE(events.size() == 1);
  CHECK(events[0].id == "evt_1");
  CHECK(events[0].type == "alias.moved");
  CHECK(events[0].subject == "internlm/internlm3-latest");
  CHECK(events[0].summary == "it moved");
  CHECK(events[0].is_signed);
  CHECK(events[0].received - events[0].time == 500ms);
  CHECK(events[0].body == event_body("evt_1"));
  CHECK(stage.told.ids() == std::vector<std::string>{"evt_1"});
}

TEST_CASE("an event that comes twice is taken once and answered 204 both times") {
  Stage stage;
  CHECK(stage.send("evt_1") == 204);
  CHECK(stage.send("evt_1") == 204);
  CHECK(stage.send("evt_2") == 204);
  CHECK(stage.told.ids() == std::vector<std::string>{"evt_1", "evt_2"});
  CHECK(stage.receiver.counts() ==
        Receiver::Counts{.requests = 3, .taken = 2, .duplicates = 1, .refused = 0});
}

TEST_CASE(
    "a bad signature, an old timestamp and missing headers are answered 401 and take nothing") {
  Stage stage;
  const std::string body = event_body("evt_1");
  CHECK(post(stage.receiver.url(), body + " ", signed_headers("evt_1", body)).status == 401);
  CHECK(stage.receiver.last_refusal() == "no signature fits");
  CHECK(post(stage.receiver.url(), body, signed_headers("evt_1", body, "1614265000")).status ==
        401);
  CHECK(post(stage.receiver.url(), body, {}).status == 401);
  CHECK(stage.receiver.events().empty());
  CHECK(stage.receiver.counts().refused == 3);
  // A refusal is not remembered as a delivery.
  CHECK(stage.send("evt_1") == 204);
}

TEST_CASE("a signed body that is not a CloudEvent is answered 400") {
  Stage stage;
  const std::string good = event_body("evt_1");
  const auto without = [&](const std::string& piece, const std::string& instead) {
    std::string body = good;
    return body.replace(body.find(piece), piece.size(), instead);
  };
  for (const std::string& body :
       {std::string("nonsense"), std::string("[]"), without("\"1.0\"", "\"0.3\""),
        without("evt_1", ""), without("2021-02-25T15:02:09.500Z", "yesterday"),
        without("io.modelvane.alias.moved", ""), event_body("evt_other")}) {
    CAPTURE(body);
    CHECK(post(stage.receiver.url(), body, signed_headers("evt_1", body)).status == 400);
  }
  CHECK(stage.receiver.events().empty());
}

TEST_CASE("trouble on demand is answered to everything and takes nothing") {
  Stage stage;
  stage.receiver.answer_with(503);
  CHECK(stage.send("evt_1") == 503);
  CHECK(stage.receiver.events().empty());
  stage.receiver.answer_with(0);
  CHECK(stage.send("evt_1") == 204);
}

TEST_CASE("a receiver without secrets takes unsigned events and says so") {
  Receiver receiver({});
  REQUIRE(receiver.start());
  CHECK(post(receiver.url(), event_body("evt_1"), {}).status == 204);
  REQUIRE(receiver.events().size() == 1);
  CHECK_FALSE(receiver.events()[0].is_signed);
  CHECK(get(receiver.url()).status == 405);
}
