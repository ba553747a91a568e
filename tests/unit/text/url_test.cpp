#include "daemon/text/url.h"

#include <doctest/doctest.h>

namespace modelvane {

TEST_CASE("the URL of a socket is taken apart into the socket's path and what to ask there") {
  const auto url = unix_url("http+unix://%2Frun%2Fapi.sock/v1/models?a=b");
  REQUIRE(url);
  CHECK(url->socket == "/run/api.sock");
  CHECK(url->url == "http://localhost/v1/models?a=b");
  CHECK(unix_url("http+unix://%2Frun%2Fapi.sock")->url == "http://localhost/");
  CHECK(resolve("http+unix://%2Frun%2Fapi.sock/v1/models", "/v2/x") ==
        "http+unix://%2Frun%2Fapi.sock/v2/x");
  for (const auto* wrong :
       {"http://run/api.sock", "http+unix:///run/api.sock", "http+unix://run%2Fapi.sock/",
        "http+unix://%2Frun%2/", "http+unix://%2Frun%00/", "http+unix://%2Fr%2xx/"})
    CHECK_FALSE_MESSAGE(unix_url(wrong), wrong);
}

}  // namespace modelvane
