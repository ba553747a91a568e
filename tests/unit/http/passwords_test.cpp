#include "daemon/http/passwords.h"

#include <crypt.h>
#include <doctest/doctest.h>
#include <openssl/evp.h>

using namespace modelvane;

namespace {

using Verdict = Passwords::Verdict;

std::string base64(const std::string& text) {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  const auto* const from = reinterpret_cast<const unsigned char*>(text.data());
  encoded.resize(static_cast<std::size_t>(EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(encoded.data()), from, static_cast<int>(text.size()))));
  return encoded;
}

std::string basic(const std::string& credentials) {
  return "Basic " + base64(credentials);
}

// `cost` as bcrypt counts it: each step takes twice the time.
std::string hash_of(const std::string& password, unsigned long cost = 4) {
  char salt[CRYPT_GENSALT_OUTPUT_SIZE] = {};
  REQUIRE(crypt_gensalt_rn("$2b$", cost, nullptr, 0, salt, sizeof salt) != nullptr);
  crypt_data work{};
  return crypt_r(password.c_str(), salt, &work);
}

Verdict check(const Passwords& passwords, const std::string& authorization) {
  static Logins logins;
  return passwords.check(authorization, "peer", logins);
}

Login login(const std::string& user, const std::string& peer, unsigned char guess) {
  return {.user = user, .peer = peer, .digest = {guess}};
}

}  // namespace

TEST_CASE("a hash that htpasswd made is checked as it should be") {
  Passwords passwords{{{"alice", "$2y$05$bvIG6Nmid91Mu9RcmmWZfO5HJIMCT8riNW0hEp8f6/FuA2/mHZFpe"}}};
  CHECK(check(passwords, basic("alice:password")) == Verdict::Right);
  CHECK(check(passwords, basic("alice:Password")) == Verdict::Wrong);
}

TEST_CASE("whoever has a name and its password is let in, again and again") {
  Passwords passwords{{{"alice", hash_of("al:ice")}, {"bob", hash_of("")}}};
  for (int i = 0; i < 3; ++i) {
    CHECK(check(passwords, basic("alice:al:ice")) == Verdict::Right);
    CHECK(check(passwords, basic("bob:")) == Verdict::Right);
    CHECK(check(passwords, basic("alice:")) == Verdict::Wrong);
    CHECK(check(passwords, basic("bob:al:ice")) == Verdict::Wrong);
    CHECK(check(passwords, basic("carol:al:ice")) == Verdict::Wrong);
    CHECK(check(passwords, basic(":")) == Verdict::Wrong);
  }
  CHECK(check(passwords, "bAsIc   " + base64("alice:al:ice")) == Verdict::Right);
}

TEST_CASE("what is no name and password lets nobody in") {
  Passwords passwords{{{"alice", hash_of("secret")}}};
  for (const std::string& authorization :
       {std::string{}, std::string{"Basic"}, std::string{"Basic "}, std::string{"Basic !!!!"},
        std::string{"Basic YWxp"}, std::string{"Basic =="}, "Bearer " + base64("alice:secret"),
        base64("alice:secret"), "Basic " + base64("alice:secret") + "x", basic("alice"),
        basic(std::string{"alice:secret\0", 13}), basic("alice:" + std::string(5'000, 'a'))}) {
    CHECK_MESSAGE(check(passwords, authorization) != Verdict::Right, authorization);
  }
}

TEST_CASE("who was let in is known after a reload, but not with another hash for the name") {
  Logins logins;
  const auto hash = hash_of("secret");
  const auto known = logins.digest_of(hash, "alice:secret");
  const Passwords before{{{"alice", hash}}};
  CHECK(before.check(basic("alice:secret"), "peer", logins) == Verdict::Right);
  CHECK(logins.is_known(known));
  const Passwords gone{{{"bob", hash}}};
  CHECK(gone.check(basic("alice:secret"), "peer", logins) != Verdict::Right);
  const Passwords more{{{"alice", hash}, {"bob", hash_of("x")}}};
  // Somebody's check is under way, and alice's own guesses wait: who is known waits for nobody.
  const auto guess = login("alice", "peer", 1);
  const Logins::Turn turn{logins, guess};
  CHECK(more.check(basic("alice:secret"), "peer", logins) == Verdict::Right);
  const Passwords changed{{{"alice", hash_of("other")}}};
  CHECK(changed.check(basic("alice:secret"), "peer", logins) == Verdict::Busy);
}

TEST_CASE("one name, one peer and all unknown names have shares of those who wait") {
  const auto first = login("alice", "a", 1);
  CHECK_FALSE(may_wait(login("alice", "a", 2), {&first}));
  CHECK(may_wait(login("alice", "a", 1), {&first}));  // the same password again
  CHECK(may_wait(login("alice", "b", 2), {&first}));
  const auto second = login("alice", "b", 2);
  CHECK_FALSE(may_wait(login("alice", "c", 3), {&first, &second}));
  const auto unknown = login("", "a", 4);
  CHECK_FALSE(may_wait(login("", "a", 5), {&first, &unknown}));
  CHECK(may_wait(login("bob", "a", 6), {&first, &unknown}));
  const auto bob = login("bob", "a", 6);
  CHECK_FALSE(may_wait(login("carol", "a", 7), {&first, &unknown, &bob}));
  CHECK(may_wait(login("carol", "b", 7), {&first, &unknown, &bob}));
  const auto carol = login("carol", "b", 7);
  CHECK_FALSE(may_wait(login("dora", "c", 8), {&first, &unknown, &bob, &carol}));
}
