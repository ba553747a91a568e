// Mails as a server and a parser that others wrote take them: Debian's python3-aiosmtpd with
// STARTTLS and a login, and the email package of Python.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/transport/curl_transport.h"
#include "tests/system/harness.h"
#include "tests/unit/notify/samples.h"
#include "tests/unit/transport/certificates.h"

using namespace modelvane;
using namespace system_test;
using namespace std::chrono_literals;
using modelvane::test::make_authority;
using modelvane::test::make_leaf;
using Json = nlohmann::json;

namespace {

class MailServer {
 public:
  MailServer() {
    const auto authority = make_authority("mail authority");
    const auto leaf = make_leaf(authority);
    ca_file_ = folder_.write_certificate("ca.pem", authority);
    process_ = std::make_unique<Process>(
        Process::Options{.arguments = {MODELVANE_TESTS "/system/mail_server.py",
                                       folder_.write_certificate("mail.pem", leaf),
                                       folder_.write_key("mail.key", leaf)},
                         .program = "/usr/bin/python3"});
    const auto line = process_->wait_for_line("listening on ");
    REQUIRE_MESSAGE(line, process_->transcript());
    port_ = line->substr(line->rfind(' ') + 1);
  }

  WebhookConfig webhook() const {
    auto webhook = samples::webhook("email");
    webhook.url = {SecretRef::From::Inline, "smtp://127.0.0.1:" + port_};
    webhook.access.tls.ca_file = ca_file_;
    return webhook;
  }
  // As the daemon would send them.
  Verdict send(const WebhookConfig& webhook, const std::vector<StoredEvent>& events,
               std::vector<std::string> only_to = {}) {
    transport_.start(1, samples::request_of(webhook, events, samples::then(), std::move(only_to)));
    std::vector<Completion> completed;
    while (completed.empty()) transport_.wait(1s, completed);
    return judge(webhook, completed.front().result, Mask{webhook}, samples::then());
  }
  Verdict send(const std::vector<StoredEvent>& events) { return send(webhook(), events); }
  // The next that it took.
  Json taken() {
    const auto line = process_->wait_for_line("mail {", taken_++);
    REQUIRE_MESSAGE(line, process_->transcript());
    return Json::parse(line->substr(line->find('{')));
  }

 private:
  modelvane::test::PemFolder folder_;
  std::string ca_file_;
  std::unique_ptr<Process> process_;
  std::string port_;
  int taken_ = 0;
  CurlTransport transport_{{}};
};

StoredEvent sample(EventType type) {
  return samples::stored(samples::event_of(type));
}

}  // namespace

TEST_CASE("a mail server takes every event's mail, and Python's parser finds no fault in it") {
  MailServer server;
  std::vector<std::vector<StoredEvent>> mails;
  for (const auto type_name : kEventTypes.labels())
    mails.push_back({sample(*kEventTypes.parse(type_name))});
  mails.push_back({samples::stored(samples::hostile())});
  mails.push_back({sample(EventType::AliasMoved), sample(EventType::EndpointDown)});
  for (const auto& events : mails) {
    const auto verdict = server.send(events);
    REQUIRE_MESSAGE(verdict.kind == VerdictClass::Ok, verdict.sentence);
    CHECK(verdict.sentence.empty());
    const auto mail = server.taken();
    CAPTURE(mail.dump());
    CHECK(mail["defects"].empty());
    CHECK(mail["longest"] < 1000);
    CHECK(mail["envelope"]["from"] == "vane@example.com");
    CHECK(mail["envelope"]["to"] == Json{"oncall@example.com", "anna@example.com"});
    CHECK(mail["headers"]["subject"].get<std::string>().starts_with("[modelvane] "));
    CHECK(mail["headers"]["from"] == "Modèle <vane@example.com>");
    CHECK(mail["headers"]["message-id"].get<std::string>().ends_with("@example.com>"));
    CHECK_FALSE(mail["headers"].contains("bcc"));
    CHECK(mail["text"].get<std::string>().find("modelvane event") != std::string::npos);
    CHECK(mail["html"].get<std::string>().find("</table>") != std::string::npos);
  }
}

TEST_CASE("a recipient's name is the same whether the user quoted it or not") {
  MailServer server;
  auto webhook = server.webhook();
  webhook.email.to = {"Ng, Anna <a@example.com>", "\"Ng, Anna\" <b@example.com>"};
  CHECK(server.send(webhook, {sample(EventType::EndpointDown)}).kind == VerdictClass::Ok);
  CHECK(server.taken()["names"] == Json{"Ng, Anna", "Ng, Anna"});
}

TEST_CASE("an end answers what its beginning answered") {
  MailServer server;
  std::vector<std::string> ancestors;
  for (const auto type :
       {EventType::EndpointDown, EventType::EndpointUp, EventType::AliasPinBroken}) {
    REQUIRE(server.send({sample(type)}).kind == VerdictClass::Ok);
    ancestors.push_back(server.taken()["headers"]["in-reply-to"]);
  }
  CHECK(ancestors[0] == ancestors[1]);
  CHECK(ancestors[0] != ancestors[2]);
}

TEST_CASE("what the server refuses is a matter of the configuration, or of one recipient") {
  MailServer server;
  auto webhook = server.webhook();
  webhook.vendor_secret = {SecretRef::From::Inline, "wrong"};
  auto verdict = server.send(webhook, {sample(EventType::EndpointDown)});
  CHECK(verdict.kind == VerdictClass::Config);
  CHECK(verdict.sentence.find("535") != std::string::npos);

  webhook = server.webhook();
  webhook.access.tls.ca_file.clear();
  CHECK(server.send(webhook, {sample(EventType::EndpointDown)}).kind == VerdictClass::Config);

  webhook = server.webhook();
  webhook.email.to.emplace_back("nobody@example.com");
  verdict = server.send(webhook, {sample(EventType::EndpointDown)});
  CHECK(verdict.kind == VerdictClass::Ok);
  CHECK(verdict.sentence.find("for nobody@example.com: 550") != std::string::npos);
  CHECK(server.taken()["envelope"]["to"].size() == 2);

  webhook.email.to = {"oncall@example.com", "grey@example.com", "nobody@example.com"};
  verdict = server.send(webhook, {sample(EventType::EndpointDown)});
  CHECK(verdict.kind == VerdictClass::Ok);
  CHECK(verdict.deferred == std::vector<std::string>{"grey@example.com"});
  CAPTURE(verdict.sentence);
  CHECK(verdict.sentence.find("did not take it for nobody@example.com and wants to be asked later "
                              "for grey@example.com: 451") != std::string::npos);
  CHECK(server.taken()["envelope"]["to"] == Json{"oncall@example.com"});
  verdict = server.send(webhook, {sample(EventType::EndpointDown)}, verdict.deferred);
  CHECK(verdict.sentence.empty());
  CHECK(server.taken()["envelope"]["to"] == Json{"grey@example.com"});

  webhook.email.to = {"nobody@example.com"};
  CHECK(server.send(webhook, {sample(EventType::EndpointDown)}).kind == VerdictClass::Config);
}
