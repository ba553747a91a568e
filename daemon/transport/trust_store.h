// Trusted certificate authorities, parsed once per file instead of once per handshake: the system's
// bundle of some 140 authorities costs several milliseconds to read. A file is read anew when it
// has changed. Transport thread only. libcurl has such a cache too, but of a single file, for a
// day, and filled with whatever store its first handshake used: it is switched off.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <string>
#include <vector>

struct x509_store_st;  // OpenSSL's X509_STORE

namespace modelvane {

// What the system trusts: a bundle and, where somebody named them, folders of single files.
struct SystemAuthorities {
  std::string bundle;
  std::vector<std::string> folders;
};

// What tells one content of a file from another without reading it; "-" when there is none.
std::string file_version(const std::string& path);

class TrustStore {
 public:
  explicit TrustStore(SystemAuthorities system);
  ~TrustStore();
  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;

  struct Trust {
    // Connections keep their own reference.
    std::shared_ptr<x509_store_st> store;
    // Another one for every other set of authorities: connections that were made under another are
    // not for requests of this one.
    std::uint64_t generation = 0;
  };
  const SystemAuthorities& system() const { return system_; }
  struct Unusable {
    std::string sentence;
    int error = 0;  // errno, where the system refused
  };
  // The authorities of that file (PEM); "" stands for the system's.
  std::expected<Trust, Unusable> authorities(const std::string& ca_file);

 private:
  struct Entry {
    Trust trust;
    std::string version;
  };

  std::expected<std::shared_ptr<x509_store_st>, Unusable> load(const std::string& ca_file) const;
  std::string version_of(const std::string& ca_file) const;

  SystemAuthorities system_;
  std::map<std::string, Entry> entries_;
  std::uint64_t last_generation_ = 0;
};

}  // namespace modelvane
