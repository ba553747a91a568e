#include "daemon/simulate/signature.h"

#include <doctest/doctest.h>

using namespace modelvane;
using namespace modelvane::simulated;
using namespace std::chrono_literals;

namespace {

// The published test vector of the Standard Webhooks libraries.
const std::string kSigningSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const SignedMessage kGood{.id = "msg_p5jXN8AQM9LWM0D4loKWxJek",
                          .timestamp = "1614265330",
                          .signatures = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
                          .body = R"({"test": 2432232314})"};
const Time kThen{1614265330s};

std::string refusal(const SignedMessage& message, Time now = kThen) {
  const auto result = verify_signature(message, {kSigningSecret}, now);
  return result ? "" : result.error();
}

}  // namespace

TEST_CASE("the published test vector is accepted, and made") {
  CHECK(refusal(kGood) == "");
  CHECK(sign_message(kGood, kSigningSecret) == kGood.signatures);
}

TEST_CASE("any good signature in the list is enough, in any place") {
  SignedMessage message = kGood;
  message.signatures = "v1,AAAA v1a,xyz " + kGood.signatures;
  CHECK(refusal(message) == "");
  message.signatures = kGood.signatures + " v1,AAAA";
  CHECK(refusal(message) == "");
}

TEST_CASE("any good secret is enough: rotation") {
  CHECK(verify_signature(kGood, {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", kSigningSecret}, kThen));
  CHECK_FALSE(verify_signature(kGood, {"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}, kThen));
  CHECK_FALSE(verify_signature(kGood, {}, kThen));
  CHECK_FALSE(verify_signature(kGood, {"whsec_not base64"}, kThen));
}

TEST_CASE("a changed id, time or body is refused") {
  SignedMessage message = kGood;
  message.id += "x";
  CHECK(refusal(message) == "no signature fits");
  message = kGood;
  message.timestamp = "1614265331";
  CHECK(refusal(message) == "no signature fits");
  message = kGood;
  message.body = R"({"test": 2432232315})";
  CHECK(refusal(message) == "no signature fits");
}

TEST_CASE("timestamps are good for five minutes in both directions") {
  CHECK(refusal(kGood, kThen + 300s) == "");
  CHECK(refusal(kGood, kThen + 301s) == "webhook-timestamp is too old");
  CHECK(refusal(kGood, kThen - 300s) == "");
  CHECK(refusal(kGood, kThen - 301s) == "webhook-timestamp lies in the future");
}

TEST_CASE("missing and malformed headers are refused") {
  SignedMessage message = kGood;
  message.id = "";
  CHECK(refusal(message) == "webhook-id is missing");
  message = kGood;
  message.signatures = "";
  CHECK(refusal(message) == "webhook-signature is missing");
  message.signatures = "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
  CHECK(refusal(message) == "no signature fits");
  for (const char* timestamp :
       {"", "now", "1614265330.5", "-1", "99999999999999999", "99999999999999999999"}) {
    message = kGood;
    message.timestamp = timestamp;
    CHECK(refusal(message) == "webhook-timestamp is not a whole number of seconds");
  }
}
