#include "daemon/transport/trust_store.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace modelvane {
namespace {

// More files than this in use at once is a configuration nobody has; the map then starts anew
// rather than grow.
constexpr std::size_t kFilesMax = 256;

bool is_unchanged(const struct stat& before, const struct stat& now) {
  return before.st_ino == now.st_ino && before.st_dev == now.st_dev &&
         before.st_size == now.st_size && before.st_mtim.tv_sec == now.st_mtim.tv_sec &&
         before.st_mtim.tv_nsec == now.st_mtim.tv_nsec;
}

}  // namespace

TrustStore::TrustStore(std::string system_bundle) : system_bundle_(std::move(system_bundle)) {}
TrustStore::~TrustStore() = default;

std::expected<std::shared_ptr<x509_store_st>, std::string> TrustStore::authorities(
    const std::string& ca_file) {
  const std::string& path = ca_file.empty() ? system_bundle_ : ca_file;
  struct stat now{};
  if (stat(path.c_str(), &now) != 0) {
    return std::unexpected(fmt::format("the file of certificate authorities {} cannot be read: {}",
                                       path, std::generic_category().message(errno)));
  }
  if (const auto found = entries_.find(path);
      found != entries_.end() && is_unchanged(found->second.seen, now)) {
    return found->second.store;
  }
  std::shared_ptr<x509_store_st> store{X509_STORE_new(), X509_STORE_free};
  if (!store || X509_STORE_load_file(store.get(), path.c_str()) != 1) {
    ERR_clear_error();
    return std::unexpected(fmt::format(
        "the file of certificate authorities {} holds no certificates in PEM form", path));
  }
  // As libcurl does: trust what the file names, be it a root or an intermediate authority.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  if (entries_.size() >= kFilesMax) entries_.clear();
  entries_[path] = Entry{store, now};
  return store;
}

}  // namespace modelvane
