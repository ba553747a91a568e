#include "daemon/config/secret.h"
#include "daemon/config/secret_field.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <thread>
#include <vector>

#include "config_world.h"

using namespace modelvane;
using modelvane::test::TemporaryFolder;

TEST_CASE("a secret is read without its trailing newlines") {
  const TemporaryFolder folder;
  ::setenv("SECRET_TEST", "from-env\r\n", 1);
  CHECK(reveal({SecretRef::From::Inline, "plain"}) == "plain");
  CHECK(reveal({SecretRef::From::Env, "SECRET_TEST"}) == "from-env");
  CHECK(reveal({SecretRef::From::File, folder.write("key", "from-file\n\n")}) == "from-file");
}

TEST_CASE("what programs put around a secret is no part of it") {
  const TemporaryFolder folder;
  const auto from_file = [&](std::string_view text) {
    return reveal({SecretRef::From::File, folder.write("key", std::string{text})});
  };
  CHECK(from_file("\xEF\xBB\xBFtoken\n") == "token");
  CHECK(from_file("  token \t\r\n") == "token");
  ::setenv("SECRET_TEST", " token ", 1);
  CHECK(reveal({SecretRef::From::Env, "SECRET_TEST"}) == "token");
  CHECK_FALSE(from_file(std::string_view{"\xFF\xFEt\0k\0", 6}).has_value());
}

TEST_CASE("what is left out is named, but for the end of a line, which every editor writes") {
  const TemporaryFolder folder;
  const auto in_file = [&](std::string_view text) {
    return left_out({SecretRef::From::File, folder.write("key", std::string{text})});
  };
  CHECK(in_file("token") == "");
  CHECK(in_file("token\r\n\n") == "");
  CHECK(in_file("\xEF\xBB\xBFtoken\n") == "bytes of a byte-order mark");
  CHECK(in_file("token \n") == "blanks");
  ::setenv("SECRET_TEST", " token", 1);
  CHECK(left_out({SecretRef::From::Env, "SECRET_TEST"}) == "blanks");
  CHECK(left_out({SecretRef::From::Inline, "token\t"}) == "blanks");
  CHECK(left_out({SecretRef::From::File, "/nowhere"}) == "");
}

TEST_CASE("quotes that a file or a variable kept are an error, and in YAML they are meant") {
  const TemporaryFolder folder;
  ::setenv("SECRET_TEST", "\"token\"", 1);
  CHECK(reveal({SecretRef::From::Env, "SECRET_TEST"}).error() ==
        "environment variable SECRET_TEST has quotes around its value; they would be sent, too: "
        "take them off");
  CHECK_FALSE(reveal({SecretRef::From::File, folder.write("key", "'token'\n")}).has_value());
  CHECK(reveal({SecretRef::From::File, folder.write("key", "it's")}) == "it's");
  CHECK(reveal({SecretRef::From::Inline, "\"token\""}) == "\"token\"");
}

TEST_CASE("a rotated file counts at once, whether it is rewritten or renamed into place") {
  const TemporaryFolder folder;
  const SecretRef secret{SecretRef::From::File, folder.write("key", "one")};
  CHECK(reveal(secret) == "one");
  folder.write("key", "three");
  CHECK(reveal(secret) == "three");
  std::filesystem::rename(folder.write("new", "other"), folder.path() / "key");
  CHECK(reveal(secret) == "other");
  std::filesystem::remove(folder.path() / "key");
  CHECK_FALSE(reveal(secret).has_value());
}

TEST_CASE("what cannot be read is said without any value") {
  const TemporaryFolder folder;
  ::unsetenv("SECRET_TEST");
  CHECK(reveal({SecretRef::From::Env, "SECRET_TEST"}).error() ==
        "environment variable SECRET_TEST is not set");
  CHECK(reveal({SecretRef::From::Env, "sk_abcdef"}).error() ==
        "the environment variable that is named here is not set");
  CHECK(reveal({}).error() == "no secret is configured");
  const auto missing = (folder.path() / "missing").string();
  CHECK(reveal({SecretRef::From::File, missing}).error() ==
        "cannot read file \"" + missing + "\": No such file or directory");
  const auto here = folder.path().string();
  CHECK(reveal({SecretRef::From::File, here}).error() ==
        "file \"" + here + "\" is not a regular file");
  const auto empty = folder.write("empty", "\n");
  CHECK(reveal({SecretRef::From::File, empty}).error() == "file \"" + empty + "\" is empty");
  const auto large = folder.write("large", std::string(65'537, 'x'));
  CHECK(reveal({SecretRef::From::File, large}).error() ==
        "file \"" + large + "\" is longer than 65536 bytes");
  const auto lines = folder.write("lines", "hush-1\nhush-2\n");
  CHECK(reveal({SecretRef::From::File, lines}).error() ==
        "file \"" + lines +
            "\" has a line break or a zero byte inside; it must be one line of text");
}

TEST_CASE("a FIFO in place of a secret file is refused instead of waited for") {
  const TemporaryFolder folder;
  const auto path = (folder.path() / "fifo").string();
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  CHECK(reveal({SecretRef::From::File, path}).error() ==
        "file \"" + path + "\" is not a regular file");
}

TEST_CASE("a key with something around it that would be sent, too, is told so") {
  CHECK_FALSE(credentials_problem("sk-proj-abc").has_value());
  CHECK_FALSE(credentials_problem("bearer").has_value());
  CHECK(
      credentials_problem("\"sk-proj-abc\"").value_or("").starts_with("must not stand in quotes"));
  for (const auto* placeholder : {"$OPENAI_API_KEY", "<your key>"})
    CHECK(credentials_problem(placeholder).value_or("").find("not a place for one") !=
          std::string::npos);
  CHECK_FALSE(credentials_problem("$ecret").has_value());
  CHECK(credentials_problem("sk-\u200babc").value_or("").find("at byte 4") != std::string::npos);
  CHECK(credentials_problem("'sk'").value_or("").starts_with("must not stand in quotes"));
  CHECK(credentials_problem("Bearer sk").value_or("").starts_with("must not begin with the type"));
  CHECK(credentials_problem("a\nb").has_value());
}

TEST_CASE("several threads may reveal one file while it changes") {
  const TemporaryFolder folder;
  const SecretRef secret{SecretRef::From::File, folder.write("key", "aaaa")};
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&secret] {
      for (int n = 0; n < 200; ++n) (void)reveal(secret);
    });
  }
  for (int n = 0; n < 50; ++n)
    std::filesystem::rename(folder.write("next", n % 2 == 0 ? "bbbb" : "cccc"),
                            folder.path() / "key");
  readers.clear();
  CHECK(reveal(secret) == "cccc");
}
