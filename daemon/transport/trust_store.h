// Trusted certificate authorities, parsed once per file instead of once per handshake: the system's
// bundle of some 140 authorities costs several milliseconds to read. A file is read anew when it
// has changed. Transport thread only. libcurl has such a cache too, but of a single file: two
// endpoints with different files would take turns in evicting it.
#pragma once

#include <sys/stat.h>

#include <expected>
#include <map>
#include <memory>
#include <string>

struct x509_store_st;  // OpenSSL's X509_STORE

namespace modelvane {

class TrustStore {
 public:
  // `system_bundle` is what "" stands for.
  explicit TrustStore(std::string system_bundle);
  ~TrustStore();
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;

  // The authorities of that file (PEM). Connections keep their own reference. The error is a
  // sentence.
  std::expected<std::shared_ptr<x509_store_st>, std::string> authorities(
      const std::string& ca_file);

 private:
  struct Entry {
    std::shared_ptr<x509_store_st> store;
    struct stat seen{};
  };

  std::string system_bundle_;
  std::map<std::string, Entry> entries_;
};

}  // namespace modelvane
