// What tells one way of reaching somebody from the next: names, places and secrets as they are at
// this moment. Where it changes, what was refused is worth another try.
#pragma once

#include <string>

#include "daemon/config/config.h"

namespace modelvane {

// The parts one after another, each with its length, so that no two lists read alike. Hashes of
// them are stored: their order stays, and new ones are added only where they are set.
class IdentityParts {
 public:
  void add(const std::string& part);
  // One that cannot be read is like none.
  void add(const SecretRef& secret);
  // Credentials, headers, query, TLS and proxy. A certificate is renewed under its old name, so its
  // file counts, too.
  void add(const Access& access);
  std::string take() { return std::move(text_); }

 private:
  void add_file(const std::string& path);

  std::string text_;
};

}  // namespace modelvane
