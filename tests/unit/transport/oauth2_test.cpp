// Tokens in virtual time, over a network that answers what the test says.
#include "daemon/transport/oauth2_transport.h"

#include <doctest/doctest.h>

#include <deque>

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

constexpr const char* kTokenUrl = "https://login.example.com/token";

struct Sent {
  std::uint64_t ticket = 0;
  HttpRequest request;
};

class FakeNetwork final : public Transport {
 public:
  void start(std::uint64_t ticket, HttpRequest request) override {
    sent.push_back({ticket, std::move(request)});
  }
  void set_egress(EgressRules) override {}
  void cancel(std::uint64_t ticket) override {
    std::erase_if(sent, [&](const Sent& one) { return one.ticket == ticket; });
  }
  std::size_t in_flight() const override { return sent.size(); }
  void wait(Duration, std::vector<Completion>& completed) override {
    std::ranges::move(arrived_, std::back_inserter(completed));
    arrived_.clear();
  }
  void wake() override {}

  // The oldest request under way.
  HttpRequest answer(HttpResult result) {
    REQUIRE_FALSE(sent.empty());
    auto one = std::move(sent.front());
    sent.pop_front();
    arrived_.push_back({one.ticket, std::move(result)});
    return std::move(one.request);
  }

  std::deque<Sent> sent;

 private:
  std::vector<Completion> arrived_;
};

HttpReply reply(int status, std::string body = "{}") {
  HttpReply made;
  made.status = status;
  made.body = std::move(body);
  return made;
}

HttpReply token(const std::string& value, const std::string& expires_in = "3600") {
  return reply(200, R"({"token_type":"bearer","access_token":")" + value + R"(","expires_in":)" +
                        expires_in + "}");
}

std::string authorization(const HttpRequest& request) {
  for (const auto& [name, value] : request.headers) {
    if (name == "Authorization") return value;
  }
  return "";
}

struct Story {
  FakeNetwork network;
  SteadyTime now{1h};
  int secrets_read = 0;
  bool has_secret = true;
  OAuth2Transport transport{network, [this] { return now; }};
  std::uint64_t tickets = 0;

  std::uint64_t ask(Duration timeout = 10s) {
    HttpRequest request;
    request.url = "https://models.example.com/v1/models";
    request.timeout = timeout;
    request.oauth2 =
        OAuth2Grant{.token_url = kTokenUrl,
                    .client_id = "vane",
                    .scopes = {"models.read", "b"},
                    .client_secret = [this]() -> std::expected<std::string, std::string> {
                      ++secrets_read;
                      if (!has_secret) return std::unexpected("the file is gone");
                      return "hu sh";
                    },
                    .secret_identity = "file"};
    transport.start(++tickets, std::move(request));
    return tickets;
  }
  std::vector<Completion> turn() {
    std::vector<Completion> completed;
    transport.wait(1s, completed);
    return completed;
  }
  // Asks, and answers the token server and then the provider; the token that was used.
  std::string ask_all_the_way(const std::string& given) {
    ask();
    network.answer(token(given));
    turn();
    const auto used = authorization(network.answer(reply(200)));
    CHECK(turn().size() == 1);
    return used;
  }
  HttpFailure failure_of(HttpResult of_token_server) {
    ask();
    network.answer(std::move(of_token_server));
    const auto completed = turn();
    REQUIRE(completed.size() == 1);
    REQUIRE_FALSE(completed.front().result);
    return completed.front().result.error();
  }
};

}  // namespace

TEST_CASE("one token is fetched for all who need it, and kept") {
  Story story;
  story.ask();
  story.ask();
  REQUIRE(story.network.sent.size() == 1);
  const auto asked = story.network.answer(token("t1"));
  CHECK(asked.url == kTokenUrl);
  CHECK(asked.method == "POST");
  CHECK(asked.body == "grant_type=client_credentials&scope=models.read%20b");
  CHECK(asked.basic_username == "vane");
  CHECK(asked.basic_password == "hu%20sh");
  CHECK(story.turn().empty());
  REQUIRE(story.network.sent.size() == 2);
  CHECK(authorization(story.network.answer(reply(200))) == "Bearer t1");
  CHECK(authorization(story.network.answer(reply(200))) == "Bearer t1");
  const auto completed = story.turn();
  REQUIRE(completed.size() == 2);
  CHECK(completed[0].ticket == 1);
  CHECK(completed[0].result->bearer == "t1");
  story.ask();
  CHECK(authorization(story.network.answer(reply(200))) == "Bearer t1");
  CHECK(story.secrets_read == 1);
}

TEST_CASE("a token is renewed shortly before its end") {
  Story story;
  CHECK(story.ask_all_the_way("t1") == "Bearer t1");
  story.now += 3539s;
  story.ask();
  CHECK(authorization(story.network.answer(reply(200))) == "Bearer t1");
  story.now += 1s;
  CHECK(story.ask_all_the_way("t2") == "Bearer t2");
}

TEST_CASE("a life is read as number and as text, and none is believed for ever") {
  for (const auto& [life, seconds] :
       {std::pair{"\"100\"", 90}, {"10", 9}, {"null", 3540}, {"1e12", 86'340}, {"-1", 3540}}) {
    CAPTURE(life);
    Story story;
    story.ask();
    story.network.answer(token("t1", life));
    story.turn();
    story.network.answer(reply(200));
    story.turn();
    story.now += std::chrono::seconds{seconds} - 1s;
    story.ask();
    CHECK(story.network.sent.front().request.url != kTokenUrl);
    story.network.answer(reply(200));
    story.turn();
    story.now += 1s;
    story.ask();
    CHECK(story.network.sent.front().request.url == kTokenUrl);
  }
}

TEST_CASE("a refused token is fetched anew and the request repeated, once") {
  Story story;
  story.ask_all_the_way("t1");
  story.now += 2min;
  story.ask();
  story.ask();
  story.network.answer(reply(401));
  story.network.answer(reply(401));
  CHECK(story.turn().empty());
  story.network.answer(token("t2"));
  CHECK(story.turn().empty());
  REQUIRE(story.network.sent.size() == 2);
  CHECK(authorization(story.network.answer(reply(401))) == "Bearer t2");
  CHECK(authorization(story.network.answer(reply(200))) == "Bearer t2");
  const auto completed = story.turn();
  REQUIRE(completed.size() == 2);
  CHECK(completed[0].result->status == 401);
  CHECK(completed[1].result->status == 200);
}

TEST_CASE("a young token that was taken before and is refused now has been ended by its server") {
  Story story;
  story.ask_all_the_way("t1");
  story.ask();
  story.network.answer(reply(401));
  CHECK(story.turn().empty());
  story.network.answer(token("t2"));
  CHECK(story.turn().empty());
  CHECK(authorization(story.network.answer(reply(200))) == "Bearer t2");
  CHECK(story.turn().size() == 1);
}

TEST_CASE("a young token that was never taken is not refused for its age, and not fetched anew") {
  Story story;
  story.ask();
  story.network.answer(token("t1"));
  story.turn();
  for (const int again : {1, 2}) {
    CAPTURE(again);
    story.network.answer(reply(401));
    CHECK(story.turn().size() == 1);
    story.ask();
  }
  CHECK(story.network.sent.front().request.url != kTokenUrl);
}

TEST_CASE("where the new token is refused as well, the next waits until it is no longer young") {
  Story story;
  story.ask_all_the_way("t1");
  story.ask();
  story.network.answer(reply(401));
  story.turn();
  story.network.answer(token("t2"));
  story.turn();
  story.network.answer(reply(401));
  CHECK(story.turn().size() == 1);
  story.ask();
  story.network.answer(reply(401));
  CHECK(story.turn().size() == 1);
  CHECK(story.network.sent.empty());
}

TEST_CASE("where the secret is not taken by HTTP Basic, it goes in the body") {
  Story story;
  story.ask();
  story.network.answer(reply(401, R"({"error":"invalid_client"})"));
  CHECK(story.turn().empty());
  const auto second = story.network.answer(token("t1"));
  CHECK(second.basic_username.empty());
  CHECK(second.body.ends_with("&client_id=vane&client_secret=hu%20sh"));
  story.turn();
  CHECK(authorization(story.network.answer(reply(200))) == "Bearer t1");
  story.turn();
  story.now += 2h;
  story.ask();
  CHECK(story.network.answer(token("t2")).basic_username.empty());
}

TEST_CASE("why there is no token is told to all who wait, and not asked again at once") {
  Story story;
  story.ask();
  story.ask();
  story.network.answer(reply(400, R"({"error":"invalid_client"})"));
  story.turn();
  story.network.answer(reply(400, R"({"error":"invalid_client"})"));
  const auto completed = story.turn();
  REQUIRE(completed.size() == 2);
  const auto& failure = completed[1].result.error();
  CHECK(failure.reason == Reason::Auth);
  CHECK(failure.sentence == "the token server of oauth2 answered with status 400 (invalid_client)");
  story.ask();
  CHECK(story.network.sent.empty());
  CHECK(story.turn().size() == 1);
  story.now += 6s;
  CHECK(story.ask_all_the_way("t1") == "Bearer t1");
}

TEST_CASE("what is no token is not sent, and a token server's trouble is not the provider's") {
  CHECK(Story{}.failure_of(reply(503)).reason == Reason::Http5xx);
  CHECK(Story{}.failure_of(reply(429)).reason == Reason::RateLimited);
  CHECK(Story{}.failure_of(reply(200, "<html>")).sentence ==
        "no token for oauth2: the token server's answer has no usable access_token");
  CHECK(Story{}.failure_of(token("a b")).reason == Reason::Other);
  CHECK(Story{}.failure_of(reply(200, R"({"access_token":"t","token_type":"mac"})")).sentence ==
        "no token for oauth2: the token server gives tokens of another type than Bearer");
  HttpFailure unreachable{.reason = Reason::Connect, .sentence = "no connection"};
  const auto failure = Story{}.failure_of(std::unexpected(unreachable));
  CHECK(failure.reason == Reason::Other);
  CHECK(failure.sentence == "no token for oauth2: no connection");
}

TEST_CASE("a secret that cannot be read is said, and mended it counts") {
  Story story;
  story.has_secret = false;
  story.ask();
  const auto completed = story.turn();
  REQUIRE(completed.size() == 1);
  CHECK(completed[0].result.error().sentence == "no token for oauth2: the file is gone");
  story.has_secret = true;
  story.now += 6s;
  CHECK(story.ask_all_the_way("t1") == "Bearer t1");
}

TEST_CASE("who waits for a token ends at its own deadline, and the others go on") {
  Story story;
  story.ask(2s);
  story.ask(10s);
  story.now += 3s;
  const auto completed = story.turn();
  REQUIRE(completed.size() == 1);
  CHECK(completed[0].ticket == 1);
  CHECK_FALSE(completed[0].result);
  story.network.answer(token("t1"));
  story.turn();
  REQUIRE(story.network.sent.size() == 1);
  CHECK(story.network.sent.front().request.timeout == 7s);
}

TEST_CASE("what is cancelled while it waits is not sent") {
  Story story;
  const auto first = story.ask();
  story.ask();
  story.transport.cancel(first);
  story.network.answer(token("t1"));
  story.turn();
  REQUIRE(story.network.sent.size() == 1);
  CHECK(story.network.sent.front().ticket == 2);
  CHECK(story.transport.in_flight() == 1);
}
