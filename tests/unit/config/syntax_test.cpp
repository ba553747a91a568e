#include "daemon/config/syntax.h"

#include <doctest/doctest.h>

using namespace modelvane;

TEST_CASE("endpoint URLs are http or https, with a valid host and port, and carry no user") {
  for (const std::string_view url :
       {"http://a", "https://llm.example.com/v1/models", "HTTPS://LLM.example.com",
        "http://127.0.0.1:10180/v1/models?x=1&y=%20", "http://[::1]:80/",
        "https://my_host-1.internal./", "http://localhost:65535"}) {
    CAPTURE(url);
    CHECK_FALSE(url_problem(url).has_value());
  }
  struct Row {
    std::string_view url;
    std::string_view problem;
  };
  for (const auto& [url, problem] : {
           Row{"", "must start with http:// or https://"},
           Row{"ftp://a/", "must start with http:// or https://"},
           Row{"//a/", "must start with http:// or https://"},
           Row{"https://", "must name a host, as in https://host/path"},
           Row{"https:///v1", "must name a host, as in https://host/path"},
           Row{"https://:443/", "must name a host, as in https://host/path"},
           Row{"https://user:pw@a/", "must not hold a user name or password; use basic_auth"},
           Row{"https://a/#x", "must not have a fragment (\"#...\")"},
           Row{"https://a b/",
               "must not have spaces, control or non-ASCII characters (percent-encode them)"},
           Row{"https://a/\xC3\xA9",
               "must not have spaces, control or non-ASCII characters (percent-encode them)"},
           Row{"https://-a.example/", "must have a valid host name or IP address"},
           Row{"https://a..b/", "must have a valid host name or IP address"},
           Row{"https://10.0.0.300/", "must have a valid host name or IP address"},
           Row{"https://[::zz]/", "must have a valid host name or IP address"},
           Row{"http://[fe80::1%25eth0]:8000/", "fine"},
           Row{"http://[fe80::1%eth0]/",
               "must have the zone of its IPv6 address as %25 and the interface's name, as in "
               "[fe80::1%25eth0]"},
           Row{"https://[::1/", "must close the \"[\" of its IPv6 address"},
           Row{"https://a:0/", "must have a port from 1 to 65535 after the host"},
           Row{"https://a:65536/", "must have a port from 1 to 65535 after the host"},
           Row{"https://a:/", "must have a port from 1 to 65535 after the host"},
           Row{"https://a:+80/", "must have a port from 1 to 65535 after the host"},
           Row{"https://[::1]x/", "must have a port from 1 to 65535 after the host"},
           Row{"https://a/{id}", "has a character that must be percent-encoded"},
       }) {
    CAPTURE(url);
    CHECK(url_problem(url).value_or("fine") == problem);
  }
  CHECK(url_problem("https://a/" + std::string(3000, 'x')).has_value());
}

TEST_CASE("a proxy may carry a user and speak socks5") {
  CHECK_FALSE(url_problem("http://user:pw@proxy:3128", UrlKind::Proxy).has_value());
  CHECK_FALSE(url_problem("socks5://proxy:1080", UrlKind::Proxy).has_value());
  CHECK(url_problem("proxy:3128", UrlKind::Proxy).value_or("fine") ==
        "must start with http://, https://, socks5:// or socks5h://");
  CHECK(url_problem("http://user:pw@:3128", UrlKind::Proxy).has_value());
}

TEST_CASE("names, labels and header values have their alphabets") {
  CHECK(is_name("internlm"));
  CHECK(is_name("9.a_b-c"));
  CHECK(is_name(std::string(63, 'a')));
  for (const std::string& name : {std::string{}, std::string(64, 'a'), std::string{"-a"},
                                  std::string{"a b"}, std::string{"a/b"}}) {
    CHECK_FALSE(is_name(name));
  }
  CHECK(is_label_name("team_1"));
  CHECK_FALSE(is_label_name("1team"));
  CHECK_FALSE(is_label_name("te-am"));
  CHECK(is_header_value("caf\xC3\xA9\tx"));
  CHECK_FALSE(is_header_value("a\r\nb"));
  CHECK_FALSE(is_header_value(std::string_view{"a\0b", 3}));
}

TEST_CASE("JSON pointers are empty or start with a slash, and escape with ~0 to ~3") {
  for (const std::string_view fine : {"", "/", "/data", "/a~1b/~0/0", "/~2/~3x]"})
    CHECK_FALSE(pointer_problem(fine).has_value());
  for (const std::string_view bad : {"data", "/a~", "/a~4", "$.data"})
    CHECK(pointer_problem(bad).has_value());
}

TEST_CASE("signing secrets are whsec_ and the base64 of 24 to 64 bytes") {
  CHECK(is_signing_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));        // 24 bytes
  CHECK(is_signing_secret("whsec_" + std::string(43, 'A') + "="));           // 32 bytes
  CHECK(is_signing_secret("whsec_" + std::string(86, 'A') + "=="));          // 64 bytes
  CHECK_FALSE(is_signing_secret("whsec_" + std::string(87, 'A') + "="));     // 65 bytes
  CHECK_FALSE(is_signing_secret("whsec_" + std::string(31, 'A') + "="));     // 23 bytes
  CHECK_FALSE(is_signing_secret("whsec_" + std::string(43, 'A')));           // no padding
  CHECK_FALSE(is_signing_secret("whsec_" + std::string(42, 'A') + "-="));    // URL alphabet
  CHECK_FALSE(is_signing_secret("whsec_" + std::string(40, 'A') + "A==="));  // too much padding
  CHECK_FALSE(is_signing_secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
}

TEST_CASE("sizes have a binary unit and print as they are written") {
  CHECK(parse_size("16MiB") == 16U * 1024 * 1024);
  CHECK(parse_size("1KiB") == 1024U);
  CHECK(parse_size("0B") == 0U);
  CHECK(parse_size("4GiB") == std::size_t{4} << 30U);
  for (const std::string_view bad :
       {"", "16", "16MB", "MiB", "16 MiB", "1.5MiB", "-1B", "99999999999GiB"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_size(bad).has_value());
  }
  CHECK(size_text(std::size_t{256} << 20U) == "256MiB");
  CHECK(size_text(1500) == "1500B");
}
