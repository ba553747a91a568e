#include "tests/unit/web/credentials.h"

#include <crypt.h>
#include <doctest/doctest.h>
#include <openssl/evp.h>

namespace modelvane::web_test {

namespace {

std::string base64(const std::string& text) {
  std::string encoded(4 * ((text.size() + 2) / 3) + 1, '\0');
  const auto* const from = reinterpret_cast<const unsigned char*>(text.data());
  encoded.resize(static_cast<std::size_t>(EVP_EncodeBlock(
      reinterpret_cast<unsigned char*>(encoded.data()), from, static_cast<int>(text.size()))));
  return encoded;
}

}  // namespace

std::string basic(const std::string& credentials) {
  return "Basic " + base64(credentials);
}

std::string hash_of(const std::string& password, unsigned long cost) {
  char salt[CRYPT_GENSALT_OUTPUT_SIZE] = {};
  REQUIRE(crypt_gensalt_rn("$2b$", cost, nullptr, 0, salt, sizeof salt) != nullptr);
  crypt_data work{};
  return crypt_r(password.c_str(), salt, &work);
}

std::shared_ptr<const Protection> protection(const WebConfig& config) {
  auto made = Protection::make(config);
  REQUIRE(made.has_value());
  return *made;
}

}  // namespace modelvane::web_test
