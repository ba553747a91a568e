// Signatures of AWS's own test suite ("aws-sig-v4-test-suite"): its keys, its time, its answers.
#include <doctest/doctest.h>

#include "daemon/transport/aws_signature.h"

using namespace modelvane;

namespace {

HttpRequest request(std::string url) {
  HttpRequest request;
  request.url = std::move(url);
  request.aws = AwsKeys{.region = "us-east-1",
                        .service = "service",
                        .access_key = "AKIDEXAMPLE",
                        .secret_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
  return request;
}

std::string value_of(const HttpHeaders& headers, std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key == name) return value;
  }
  return "";
}

const Time kThen = *parse_rfc3339("2015-08-30T12:36:00Z");

std::string signature_of(const HttpRequest& request) {
  const auto headers = aws_headers(request, kThen);
  REQUIRE(headers.has_value());
  const auto text = value_of(*headers, "Authorization");
  return text.substr(text.find("Signature=") + 10);
}

}  // namespace

TEST_CASE("a plain request is signed as in AWS's own test suite") {
  const auto headers = aws_headers(request("https://example.amazonaws.com/"), kThen);
  REQUIRE(headers.has_value());
  CHECK(value_of(*headers, "X-Amz-Date") == "20150830T123600Z");
  CHECK(value_of(*headers, "Authorization") ==
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
}

TEST_CASE("a query is signed in the order of its names, whatever the order in which it is sent") {
  const auto wanted = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500";
  for (const auto* query : {"Param2=value2&Param1=value1", "Param1=value1&Param2=value2"})
    CHECK(signature_of(request(std::string{"https://example.amazonaws.com/?"} + query)) == wanted);
}

TEST_CASE("method, path, body and token are part of what is signed") {
  const auto plain = request("https://example.amazonaws.com/");
  auto post = plain;
  post.method = "POST";
  CHECK(signature_of(post) == "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
  auto body = post;
  body.body = "{}";
  CHECK(signature_of(body) != signature_of(post));
  CHECK(signature_of(request("https://example.amazonaws.com/models")) != signature_of(plain));
  auto temporary = plain;
  temporary.aws->session_token = "token";
  CHECK(signature_of(temporary) != signature_of(plain));
  CHECK(value_of(*aws_headers(temporary, kThen), "X-Amz-Security-Token") == "token");
}
