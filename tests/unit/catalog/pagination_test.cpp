#include "daemon/catalog/pagination.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "daemon/text/url.h"

namespace modelvane {
namespace {

using Kind = Pagination::Kind;
using Urls = std::vector<std::string>;

const Urls kFirst{"https://api.example.com/v1/models?limit=2"};

std::string next(const Pagination& how, const PageEnd& end, const Urls& fetched = kFirst) {
  const auto url = next_page(how, end, fetched);
  if (!url) return "error " + std::string{label(url.error().reason)};
  return url->value_or("none");
}

TEST_CASE("a cursor goes into the query, in place of the one before, while there is more") {
  const Pagination how{Kind::Cursor, "/last_id", "/has_more", "after_id"};
  CHECK(next(how, {"a/b c", true}) ==
        "https://api.example.com/v1/models?limit=2&after_id=a%2Fb%20c");
  CHECK(next(how, {"d", true}, {kFirst[0], kFirst[0] + "&after_id=c"}) ==
        "https://api.example.com/v1/models?limit=2&after_id=d");
  CHECK(next(how, {"a", false}) == "none");
  CHECK(next(how, {"", true}) == "error partial");
}

TEST_CASE("a token goes on as long as there is one") {
  const Pagination how{Kind::Token, "/nextPageToken", "", "pageToken"};
  CHECK(next(how, {"x=="}) == "https://api.example.com/v1/models?limit=2&pageToken=x%3D%3D");
  CHECK(next(how, {""}) == "none");
}

TEST_CASE("a link may be absolute or relative, and leads to no other host, scheme or port") {
  const Pagination how{Kind::Link, "/links/next", "", ""};
  CHECK(next(how, {"/v1/models?offset=2"}) == "https://api.example.com/v1/models?offset=2");
  CHECK(next(how, {"?offset=2"}) == "https://api.example.com/v1/models?offset=2");
  CHECK(next(how, {"https://API.example.com:443/x"}) == "https://API.example.com:443/x");
  for (const auto* elsewhere :
       {"https://evil.example.com/x", "http://api.example.com/x", "//evil.example.com/x",
        "https://api.example.com:8443/x", "https://u@api.example.com/x",
        "https://api.example.com@evil/x", "file:///etc/passwd", "/x y", "/x\r\nHost: evil",
        "https://api.example.com\\@evil/"}) {
    CHECK_MESSAGE(next(how, {elsewhere}) == "error partial", elsewhere);
  }
}

TEST_CASE("a list that repeats itself or never ends is a failed poll") {
  const Pagination how{Kind::Token, "/next", "", "page"};
  const Urls two{kFirst[0], kFirst[0] + "&page=2"};
  CHECK(next(how, {"2"}, two) == "error partial");
  Urls many;
  for (std::size_t i = 0; i < kPagesMax; ++i)
    many.push_back("https://api.example.com/" + std::to_string(i));
  CHECK(next(how, {"z"}, many) == "error partial");
  CHECK(next(how, {std::string(kCursorBytesMax + 1, 'x')}) == "error partial");
}

TEST_CASE("relative references are resolved like in RFC 3986, section 5.4") {
  const std::string base = "http://a/b/c/d;p?q";
  CHECK(resolve(base, "g") == "http://a/b/c/g");
  CHECK(resolve(base, "./g") == "http://a/b/c/g");
  CHECK(resolve(base, "g/") == "http://a/b/c/g/");
  CHECK(resolve(base, "/g") == "http://a/g");
  CHECK(resolve(base, "//g") == "http://g");
  CHECK(resolve(base, "?y") == "http://a/b/c/d;p?y");
  CHECK(resolve(base, "g?y#s") == "http://a/b/c/g?y");
  CHECK(resolve(base, "") == "http://a/b/c/d;p?q");
  CHECK(resolve(base, "..") == "http://a/b/");
  CHECK(resolve(base, "../../g") == "http://a/g");
  CHECK(resolve(base, "../../../g") == "http://a/g");
}

}  // namespace
}  // namespace modelvane
