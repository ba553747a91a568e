// Receivers that keep the rules of their vendors' manuals, and what they show after an outage and a
// move: Telegram (core.telegram.org/bots/api), Google Chat (developers.google.com/workspace/chat),
// Jira Service Management (docs.opsgenie.com/docs/alert-api) and ntfy (docs.ntfy.sh/publish). Each
// refuses the first request that it would take: it wants a rest.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/system/harness.h"
#include "tests/unit/simulate/exchange.h"

using namespace modelvane;
using namespace system_test;
using Json = nlohmann::json;
using simulated::ServedReply;
using simulated::ServedRequest;

namespace {

// Beyond it a vendor of texts cuts or refuses.
constexpr std::size_t kTextMax = 4096;

ServedReply json_reply(int status, const Json& body) {
  return {.status = status, .body = body.dump()};
}

// What a vendor finds wrong with a request; "" = nothing.
using Rules = std::function<std::string(const ServedRequest&, const Json& body)>;

class Vendor {
 public:
  struct Manual {
    Rules fault;
    ServedReply taken;
    ServedReply too_many;
    ServedReply refused;
  };
  explicit Vendor(Manual manual) : manual_(std::move(manual)) {}

  std::string url(const std::string& path = "") const { return server_.url(path); }
  std::vector<ServedRequest> taken() {
    const std::scoped_lock lock{mutex_};
    return taken_;
  }
  std::vector<std::string> faults() {
    const std::scoped_lock lock{mutex_};
    return faults_;
  }
  // The bodies that it took, one after the other.
  std::string shown() {
    std::string all;
    for (const auto& request : taken()) all += request.body + "\n";
    return all;
  }

 private:
  ServedReply answer(const ServedRequest& request) {
    const std::scoped_lock lock{mutex_};
    const auto body = Json::parse(request.body, nullptr, false);
    const auto fault = !body.is_object()          ? "the body is no JSON object"
                       : request.method != "POST" ? "the method is " + request.method
                                                  : manual_.fault(request, body);
    if (!fault.empty()) {
      faults_.push_back(fault + ": " + request.body);
      return manual_.refused;
    }
    if (!std::exchange(has_rested_, true)) return manual_.too_many;
    taken_.push_back(request);
    return manual_.taken;
  }

  Manual manual_;
  std::mutex mutex_;
  bool has_rested_ = false;           // under mutex_
  std::vector<ServedRequest> taken_;  // under mutex_
  std::vector<std::string> faults_;   // under mutex_
  FakeUpstream server_{[this](const auto& request) { return answer(request); }};
};

std::size_t characters(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Telegram's HTML: few marks, each closed in its order, and four names of characters.
std::string fault_of_html(const std::string& text) {
  static const std::set<std::string> kMarks{"b", "i", "u", "s", "code", "pre", "a"};
  std::vector<std::string> open;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '&') {
      const auto name = text.substr(at, text.find(';', at) - at + 1);
      if (name != "&lt;" && name != "&gt;" && name != "&amp;" && name != "&quot;")
        return "an entity that is none: " + name;
    }
    if (text[at] == '>') return "a bare >";
    if (text[at] != '<') continue;
    const auto end = text.find('>', at);
    if (end == text.npos) return "a mark that is not closed";
    auto mark = text.substr(at + 1, end - at - 1);
    at = end;
    if (mark.starts_with('/')) {
      if (open.empty() || open.back() != mark.substr(1)) return "closes another mark: " + mark;
      open.pop_back();
      continue;
    }
    mark = mark.substr(0, mark.find(' '));
    if (!kMarks.contains(mark)) return "an unknown mark: " + mark;
    open.push_back(mark);
  }
  return open.empty() ? "" : "a mark stays open";
}

std::string without_marks(const std::string& html) {
  std::string text;
  bool in_mark = false;
  for (const char c : html) {
    if (c == '<') in_mark = true;
    if (!in_mark) text += c;
    if (c == '>') in_mark = false;
  }
  return text;
}

Vendor::Manual telegram() {
  return {.fault = [](const ServedRequest& request, const Json& body) -> std::string {
            if (request.path != "/bot110201543:AAHdqTcvCH1vGWJx/sendMessage") return request.path;
            if (body.value("chat_id", Json{}) != -1001234567890) return "chat not found";
            if (body.value("parse_mode", "") != "HTML") return "no HTML";
            const auto text = body.value("text", "");
            if (characters(without_marks(text)) > kTextMax) return "message is too long";
            return text.empty() ? "message text is empty" : fault_of_html(text);
          },
          .taken = json_reply(200, {{"ok", true}, {"result", {{"message_id", 1}}}}),
          .too_many = json_reply(429, {{"ok", false},
                                       {"error_code", 429},
                                       {"description", "Too Many Requests: retry after 1"},
                                       {"parameters", {{"retry_after", 1}}}}),
          .refused = json_reply(400, {{"ok", false},
                                      {"error_code", 400},
                                      {"description", "Bad Request: can't parse entities"}})};
}

ServedReply google_error(int code, const char* status) {
  return json_reply(code, {{"error", {{"code", code}, {"message", "no"}, {"status", status}}}});
}

Vendor::Manual google_chat() {
  auto too_many = google_error(429, "RESOURCE_EXHAUSTED");
  too_many.headers.emplace_back("Retry-After", "1");
  return {.fault = [](const ServedRequest& request, const Json& body) -> std::string {
            if (request.path != "/v1/spaces/AAAA/messages") return request.path;
            if (request.query != "key=k&token=t") return "no key: " + request.query;
            if (body.size() != 1 || !body.contains("text")) return "an unknown member";
            const auto text = body["text"].get<std::string>();
            return text.empty() || characters(text) > kTextMax ? "a text of a wrong length" : "";
          },
          .taken = json_reply(200, {{"name", "spaces/AAAA/messages/1"}}),
          .too_many = std::move(too_many),
          .refused = google_error(400, "INVALID_ARGUMENT")};
}

// Ends with the alias of an alert that is to be closed.
bool is_close(const ServedRequest& request) {
  return request.path.starts_with("/v2/alerts/") && request.path.ends_with("/close");
}

Vendor::Manual jsm() {
  auto too_many = json_reply(429, {{"message", "You are making too many requests!"}});
  too_many.headers.emplace_back("Retry-After", "1");
  return {.fault = [](const ServedRequest& request, const Json& body) -> std::string {
            static const std::set<std::string> kPriorities{"P1", "P2", "P3", "P4", "P5"};
            if (request.header("authorization") != "GenieKey eb243592") return "the key";
            if (is_close(request))
              return request.query == "identifierType=alias" ? "" : "what closes: " + request.query;
            if (request.path != "/v2/alerts") return request.path;
            const auto message = body.value("message", "");
            if (message.empty() || characters(message) > 130) return "the message's length";
            if (characters(body.value("alias", "")) > 512) return "the alias's length";
            if (characters(body.value("description", "")) > 15'000) return "the description";
            return kPriorities.contains(body.value("priority", "")) ? "" : "no priority";
          },
          .taken = json_reply(202, {{"result", "Request will be processed"}, {"took", 0.1}}),
          .too_many = std::move(too_many),
          .refused = json_reply(422, {{"message", "Request body is not processable."}})};
}

Vendor::Manual ntfy() {
  return {.fault = [](const ServedRequest& request, const Json& body) -> std::string {
            if (request.path != "/") return request.path;
            if (request.header("authorization") != "Bearer tk_AgQdq7mVBoFD37zQ") return "the token";
            if (body.value("topic", "") != "modelvane-team") return "the topic";
            if (body.value("message", "").size() > kTextMax) return "would be an attachment";
            const int priority = body.value("priority", 0);
            return priority < 1 || priority > 5 ? "the priority" : "";
          },
          .taken = json_reply(200, {{"id", "sPs71M8A2T"}, {"event", "message"}}),
          .too_many = json_reply(429, {{"code", 42901}, {"http", 429}, {"error", "limit reached"}}),
          .refused = json_reply(400, {{"code", 40024}, {"http", 400}, {"error", "bad request"}})};
}

}  // namespace

TEST_CASE(
    "Telegram, Google Chat, Jira Service Management and ntfy take what is told of a move and an "
    "outage, after a rest that they asked for") {
  FakeUpstream upstream{[](const auto&) { return model_list({{"m-latest", "m<1>&"}}); }};
  Vendor bot{telegram()};
  Vendor space{google_chat()};
  Vendor duty{jsm()};
  Vendor phone{ntfy()};
  const TempFolder folder;
  Serve serve(
      folder,
      fmt::format(
          R"(defaults: {{interval: 1s, timeout: 1s, recheck: 1s, confirm: {{moved: {{polls: 1}}, down: {{polls: 1}}, up: {{polls: 1}}}}}}
endpoints:
  - {{name: m, url: "{}", aliases: [{{field: /ref_model}}]}}
webhooks:
  - {{name: bot, format: telegram, url: "{}", telegram: {{bot_token: "110201543:AAHdqTcvCH1vGWJx", chat_id: -1001234567890}}}}
  - {{name: space, format: google_chat, url: "{}"}}
  - {{name: duty, format: jsm, url: "{}", jsm: {{api_key: eb243592}}}}
  - {{name: phone, format: ntfy, url: "{}", ntfy: {{topic: modelvane-team}}, authorization: {{credentials: tk_AgQdq7mVBoFD37zQ}}}}
)",
          upstream.url(), bot.url(), space.url("/v1/spaces/AAAA/messages?key=k&token=t"),
          duty.url(), phone.url()));
  REQUIRE_MESSAGE(serve.is_up(), serve.process().transcript());
  const auto has_metric = [&](const std::string& line) {
    return eventually(
        [&] { return get(serve.url("/metrics")).body.find(line + "\n") != std::string::npos; });
  };
  REQUIRE(has_metric(R"(modelvane_aliases{endpoint="m",state="resolved"} 1)"));

  upstream.answer_with([](const auto&) { return model_list({{"m-latest", "m<2>&"}}); });
  REQUIRE(has_metric(R"(modelvane_events_total{endpoint="m",type="alias.moved"} 1)"));
  upstream.answer_with([](const auto&) { return ServedReply{.status = 503}; });
  REQUIRE(has_metric(R"(modelvane_events_total{endpoint="m",type="endpoint.down"} 1)"));
  const auto alerts = [&](const std::string& priority) {
    std::set<std::string> open;
    for (const auto& request : duty.taken()) {
      if (is_close(request)) {
        constexpr std::size_t kBefore = std::string_view{"/v2/alerts/"}.size();
        constexpr std::size_t kAfter = std::string_view{"/close"}.size();
        open.erase(request.path.substr(kBefore, request.path.size() - kBefore - kAfter));
      } else if (const auto body = Json::parse(request.body); body["priority"] == priority) {
        open.insert(body["alias"]);
      }
    }
    return open;
  };
  CHECK(eventually([&] { return alerts("P1").size() == 1; }));
  upstream.answer_with([](const auto&) { return model_list({{"m-latest", "m<2>&"}}); });
  REQUIRE(has_metric(R"(modelvane_events_total{endpoint="m",type="endpoint.up"} 1)"));
  CHECK(eventually([&] { return alerts("P1").empty(); }));
  for (const auto* name : {"bot", "space", "duty", "phone"}) {
    CAPTURE(name);
    CHECK(has_metric(fmt::format(R"(modelvane_outbox_pending{{webhook="{}"}} 0)", name)));
    CHECK(has_metric(fmt::format(R"(modelvane_dead_letters{{webhook="{}"}} 0)", name)));
  }
  for (auto* vendor : {&bot, &space, &duty, &phone}) {
    CAPTURE(vendor->shown());
    CHECK_MESSAGE(vendor->faults().empty(), fmt::format("{}", fmt::join(vendor->faults(), "\n")));
    CHECK(vendor->shown().find("m-latest") != std::string::npos);
    CHECK(vendor->shown().find("503") != std::string::npos);
  }
}
