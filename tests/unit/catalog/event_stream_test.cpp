// Streamed answers: the first event that names the model, however its bytes arrive.
#include "daemon/catalog/event_stream.h"

#include <doctest/doctest.h>

#include "daemon/catalog/disclosure.h"

using namespace modelvane;

namespace {

const AliasRule kRule{.kind = Rule::Echo, .pointer = "/model", .is_streamed = true};

// As Azure answers: its first event is about filters and names nothing.
const std::string kStream =
    ": a comment\n\n"
    "data: {\"choices\":[],\"model\":\"\"}\n\n"
    "event: chunk\r\n"
    "data: {\"model\":\"m-1\",\"system_fingerprint\":\"fp\"}\r\n\r\n"
    "data: {\"model\":\"m-1\",\"choices\":[]}\n\n"
    "data: [DONE]\n\n";

}  // namespace

TEST_CASE("a stream is enough at the end of the first event that names a model, not before") {
  auto is_enough = until_named(kRule);
  std::size_t enough_at = 0;
  for (std::size_t size = 1; size <= kStream.size() && enough_at == 0; ++size) {
    if (is_enough(std::string_view{kStream}.substr(0, size))) enough_at = size;
  }
  const auto second = kStream.find("\"model\":\"m-1\"");
  CHECK(enough_at > second);
  CHECK(kStream.substr(0, enough_at).ends_with("\"fp\"}\r\n\r\n"));
}

TEST_CASE("lines of JSON are a stream, too") {
  auto is_enough = until_named(kRule);
  CHECK_FALSE(is_enough("{\"model\":\"\"}\n{\"model\":\"m-1\""));
  CHECK(is_enough("{\"model\":\"\"}\n{\"model\":\"m-1\"}\n"));
}

TEST_CASE("what is read of a body is the event that names a model, or else the last one") {
  CHECK(telling_event(kRule, kStream) == R"({"model":"m-1","system_fingerprint":"fp"})");
  CHECK(telling_event(kRule, "data: {\"error\":{}}\n\ndata: [DONE]\n\n") == R"({"error":{}})");
  CHECK(telling_event(kRule, "data: {\"model\":\"m-1\"}") == R"({"model":"m-1"})");
  CHECK(telling_event(kRule, "") == std::nullopt);
}

TEST_CASE("an answer in one piece is no stream, although streaming was asked for") {
  CHECK(telling_event(kRule, "{ \"id\": 1,\n  \"model\": \"m-1\"\n}\n") == std::nullopt);
  CHECK(telling_event(kRule, "{\"model\":\"m-1\"}") == std::nullopt);
}

TEST_CASE("data over several lines is one value") {
  CHECK(telling_event(kRule, "data: {\"model\":\ndata: \"m-1\"}\n\n") == "{\"model\":\n\"m-1\"}");
}

TEST_CASE("streaming is asked for once") {
  CHECK(asking_for_stream("http://a/chat", R"({"model":"m"})") == R"({"stream":true,"model":"m"})");
  CHECK(asking_for_stream("http://a/chat", "{}") == R"({"stream":true})");
  CHECK(asking_for_stream("http://a/chat", R"({"stream":true})") == R"({"stream":true})");
  CHECK(asking_for_stream("http://a/m:streamGenerateContent?alt=sse", "{}") == "{}");
}

TEST_CASE("a header that only names the alias does not hide what the body names") {
  AliasRule rule = kRule;
  rule.header = "openai-model";
  const auto asked = [&](std::string_view header) {
    return read_disclosure(rule, "", "m", R"({"model":"m-1"})",
                           [&](std::string_view) { return header; });
  };
  CHECK(*asked("m") == "m-1");
  CHECK(*asked("m-2") == "m-2");
  CHECK(*asked("") == "m-1");
}
