#include "daemon/notify/standard_webhooks.h"

#include <doctest/doctest.h>

#include <vector>

#include "tests/unit/notify/samples.h"

using namespace modelvane;

namespace {

using samples::kSigningSecret;

using Secrets = std::vector<std::string>;
const std::string kOtherSecret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
constexpr const char* kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t kSeconds = 1614265330;
constexpr const char* kBody = R"({"test": 2432232314})";

std::string signature(const Secrets& secrets) {
  return sign(kId, kSeconds, kBody, secrets).value_or("refused");
}

}  // namespace

TEST_CASE("signatures equal those of the reference libraries") {
  CHECK(signature({kSigningSecret}) == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  CHECK(sign("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,
             R"({"email":"test@example.com","username":"test_user"})",
             Secrets{kOtherSecret}) == "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=");
}

TEST_CASE(
    "during a rotation both signatures stand in one header, one space apart, in the order of the "
    "secrets") {
  const auto both = signature({kSigningSecret, kOtherSecret});
  CHECK(both == signature({kSigningSecret}) + " " + signature({kOtherSecret}));
  CHECK(signature({kOtherSecret, kSigningSecret}) ==
        signature({kOtherSecret}) + " " + signature({kSigningSecret}));
  CHECK(signature({kSigningSecret}) != signature({kOtherSecret}));
}

TEST_CASE("id, time and body are all signed") {
  const auto original = signature({kSigningSecret});
  CHECK(sign("msg_x", kSeconds, kBody, Secrets{kSigningSecret}) != original);
  CHECK(sign(kId, kSeconds + 1, kBody, Secrets{kSigningSecret}) != original);
  CHECK(sign(kId, kSeconds, R"({"test": 2432232315})", Secrets{kSigningSecret}) != original);
}

TEST_CASE("signatures are padded standard base64, never the URL-safe kind") {
  // 32 bytes always give 44 characters with one "=".
  bool has_plus_or_slash = false;
  for (std::int64_t second = 0; second < 50; ++second) {
    const auto one = sign(kId, second, kBody, Secrets{kSigningSecret}).value();
    CHECK(one.size() == 3 + 44);
    CHECK(one.ends_with('='));
    CHECK(one.find_first_of("-_ \n") == std::string::npos);
    has_plus_or_slash = has_plus_or_slash || one.find_first_of("+/") != std::string::npos;
  }
  CHECK(has_plus_or_slash);
}

TEST_CASE(
    "a secret that another library would read otherwise is refused, and not repeated in the "
    "sentence") {
  const std::string key = kSigningSecret.substr(6);
  const Secrets bad{
      "",
      "whsec_",
      key,                                           // no prefix
      "WHSEC_" + key,                                // another prefix
      "whsk_" + key,                                 // another kind of key
      "whsec_" + key + "\n",                         // a line break
      "whsec_ " + key,                               // a blank
      "whsec_" + key.substr(0, 31),                  // not a multiple of 4
      "whsec_" + key.substr(0, 28),                  // 21 bytes
      "whsec_" + std::string(88, 'A'),               // 66 bytes
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS_",      // URL-safe
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMB==",  // bits left over
      "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw====",  // padding alone
      "whsec_MfKQ9r8GKYqrTwjUPD8I=PZIo2LaLaSw",      // padding inside
  };
  for (const auto& secret : bad) {
    CAPTURE(secret);
    const auto refused = sign(kId, kSeconds, kBody, Secrets{kSigningSecret, secret});
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().starts_with("signing secret 2 of 2 is not whsec_"));
    CHECK(refused.error().find("KQ9r8") == std::string::npos);
  }
}

TEST_CASE("padded secrets of the smallest and largest size are taken") {
  CHECK(sign(kId, kSeconds, kBody, Secrets{"whsec_" + std::string(32, 'A')}).has_value());
  CHECK(sign(kId, kSeconds, kBody, Secrets{"whsec_" + std::string(34, 'A') + "=="}).has_value());
  CHECK(sign(kId, kSeconds, kBody, Secrets{"whsec_" + std::string(86, 'A') + "=="}).has_value());
}

TEST_CASE("an id with a dot, an empty one, and no secret at all are refused") {
  CHECK_FALSE(sign("evt.1", kSeconds, kBody, Secrets{kSigningSecret}).has_value());
  CHECK_FALSE(sign("", kSeconds, kBody, Secrets{kSigningSecret}).has_value());
  CHECK_FALSE(sign(kId, kSeconds, kBody, Secrets{}).has_value());
}
