// Mail to a server that speaks SMTP as the test wants it to.
#include <doctest/doctest.h>

#include <map>
#include <mutex>

#include "tests/unit/transport/client.h"
#include "tests/unit/transport/fake_server.h"

using namespace modelvane;
using namespace modelvane::test;
using namespace std::chrono_literals;

namespace {

std::string read_line(Connection& connection) {
  std::string line;
  while (!line.ends_with("\r\n")) {
    const auto byte = connection.read_exactly(1);
    if (byte.empty()) return "";
    line += byte;
  }
  line.resize(line.size() - 2);
  return line;
}

// What was said to it, and what it says to a line that begins like this; else 250.
struct Script {
  std::map<std::string, std::string> answers;
  std::string greeting = "220 mail.example";
  bool is_mute_at_quit = false;
  std::vector<std::string> heard;
  std::string message;
  std::mutex mutex;

  std::string answer_to(const std::string& line) {
    const std::scoped_lock lock{mutex};
    heard.push_back(line);
    for (const auto& [begin, answer] : answers) {
      if (line.starts_with(begin)) return answer;
    }
    return line == "DATA" ? "354 go on" : "250 fine";
  }
  void take_message(Connection& connection) {
    const std::scoped_lock lock{mutex};
    for (auto line = read_line(connection); line != "."; line = read_line(connection))
      message += line + "\n";
    connection.send((answers.contains("message") ? answers["message"] : "250 taken") + "\r\n");
  }
  void serve(Connection& connection) {
    connection.send(greeting + "\r\n");
    for (auto line = read_line(connection); !line.empty(); line = read_line(connection)) {
      const auto answer = answer_to(line);
      if (line == "QUIT" && is_mute_at_quit) return connection.hold();
      connection.send(answer + "\r\n");
      if (line == "QUIT") return;
      if (answer.starts_with("354")) take_message(connection);
    }
  }
  bool heard_of(const std::string& words) {
    const std::scoped_lock lock{mutex};
    for (const auto& line : heard) {
      if (has(line, words)) return true;
    }
    return false;
  }
};

HttpRequest mail(const FakeServer& server, bool wants_starttls = false) {
  auto request = get("smtp://127.0.0.1:" + std::to_string(server.port()));
  request.body = "Subject: a\r\n\r\n.b\r\n";
  request.mail = Mail{.from = "vane@example.com",
                      .to = {"a@example.com", "b@example.com"},
                      .wants_starttls = wants_starttls};
  return request;
}

struct Talk {
  explicit Talk(std::map<std::string, std::string> answers = {}) {
    script.answers = std::move(answers);
  }

  Script script;
  FakeServer server{[this](Connection& connection) { script.serve(connection); }};
  Client client;
};

}  // namespace

TEST_CASE("a mail reaches all recipients as it is") {
  Talk talk;
  const auto reply = talk.client.reply_to(mail(talk.server));
  CHECK(reply.status == 250);
  CHECK(reply.body.empty());
  CHECK(talk.script.heard_of("MAIL FROM:<vane@example.com>"));
  CHECK(talk.script.heard_of("RCPT TO:<a@example.com>"));
  CHECK(talk.script.heard_of("RCPT TO:<b@example.com>"));
  CHECK(talk.script.message == "Subject: a\n\n..b\n");
}

TEST_CASE("a recipient that the server refuses does not keep a mail from the others") {
  Talk talk{{{"RCPT TO:<a@", "550 no such user"}}};
  const auto reply = talk.client.reply_to(mail(talk.server));
  CHECK(reply.status == 250);
  CHECK(reply.body == "550 no such user");
  CHECK(reply.header(kMailRefusedRecipient) == "a@example.com");
  CHECK(talk.script.message == "Subject: a\n\n..b\n");
}

TEST_CASE("a recipient whom the server puts off is told apart from one that it refuses") {
  Talk talk{{{"RCPT TO:<a@", "451 greylisted"}}};
  const auto reply = talk.client.reply_to(mail(talk.server));
  CHECK(reply.status == 250);
  CHECK(reply.header(kMailDeferredRecipient) == "a@example.com");
  CHECK(reply.header(kMailRefusedRecipient).empty());
}

TEST_CASE("what a mail server refuses is told with its code and words") {
  struct Case {
    const char* what;
    const char* answer;
    int status;
    bool is_of_message;
  };
  const std::vector<Case> cases{{"MAIL", "451 try again later", 451, false},
                                {"MAIL", "550-not you\r\n550 nor your kind", 550, false},
                                {"RCPT", "550 no such user", 550, false},
                                {"DATA", "554 no", 554, true},
                                {"message", "552 too big", 552, true}};
  for (const auto& refused : cases) {
    CAPTURE(refused.answer);
    Talk talk{{{refused.what, refused.answer}}};
    const auto reply = talk.client.reply_to(mail(talk.server));
    CHECK(reply.status == refused.status);
    CHECK(has(reply.body, std::string{refused.answer}.substr(0, 8)));
    CHECK(reply.header(kMailRefusedAt).empty() != refused.is_of_message);
  }
}

TEST_CASE("where one recipient may be taken later, all are tried again") {
  Talk talk{{{"RCPT TO:<a@", "450 greylisted"}, {"RCPT TO:<b@", "550 no such user"}}};
  CHECK(talk.client.reply_to(mail(talk.server)).status == 450);
}

TEST_CASE("a mail server that has no time says so at once") {
  Talk talk;
  talk.script.greeting = "421 too busy";
  CHECK(talk.client.reply_to(mail(talk.server)).status == 421);
}

TEST_CASE("a refused login is an answer, and is not followed by the mail") {
  Talk talk{{{"EHLO", "250 AUTH PLAIN"}, {"AUTH", "535 wrong password"}}};
  auto request = mail(talk.server);
  request.basic_username = "vane";
  request.basic_password = "hush";
  CHECK(talk.client.reply_to(std::move(request)).status == 535);
  CHECK_FALSE(talk.script.heard_of("MAIL"));
}

TEST_CASE("a login in no way that is known here is none") {
  Talk talk{{{"EHLO", "250 AUTH RIDDLE"}}};
  auto request = mail(talk.server);
  request.basic_username = "vane";
  request.basic_password = "hush";
  const auto failure = talk.client.failure_of(std::move(request));
  CHECK(failure.reason == Reason::Auth);
  CHECK(has(failure.sentence, "offers no way to log in"));
  CHECK_FALSE(talk.script.heard_of("MAIL"));
}

TEST_CASE("without STARTTLS nothing is sent to a server that should have it") {
  Talk talk;
  const auto failure = talk.client.failure_of(mail(talk.server, true));
  CHECK(failure.reason == Reason::Tls);
  CHECK(has(failure.sentence, "offers no STARTTLS"));
  CHECK_FALSE(talk.script.heard_of("MAIL"));
}

TEST_CASE("a mail server that does not answer QUIT holds up nobody") {
  for (const bool is_refused : {false, true}) {
    CAPTURE(is_refused);
    Talk talk;
    talk.script.is_mute_at_quit = true;
    if (is_refused) talk.script.answers["RCPT"] = "550 no such user";
    const auto began = std::chrono::steady_clock::now();
    CHECK(talk.client.reply_to(mail(talk.server)).status == (is_refused ? 550 : 250));
    CHECK(std::chrono::steady_clock::now() - began < 1500ms);
  }
}

TEST_CASE("a mail is not sent to what is no mail server, nor a request to one") {
  Client client;
  CHECK(has(client.failure_of(get("smtp://127.0.0.1:25")).sentence, "does not suit the request"));
  FakeServer web{[](Connection& connection) {
    connection.read_head();
    connection.reply(400, "{}");
  }};
  auto request = mail(web);
  request.url = web.url();
  CHECK(has(client.failure_of(std::move(request)).sentence, "does not suit the request"));
}
