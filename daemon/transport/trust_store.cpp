#include "daemon/transport/trust_store.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

namespace modelvane {
namespace {

// More files than this in use at once is a configuration nobody has; the map then starts anew
// rather than grow.
constexpr std::size_t kFilesMax = 256;
// A folder of authorities holds some 300 entries (each under its name and its hash); what lies
// beyond this is not looked at, so that a folder named by mistake stalls no poll.
constexpr std::size_t kFolderFilesMax = 2'000;

// In order, so that the same content has the same version.
std::vector<std::string> files_of(const std::string& folder) {
  std::vector<std::string> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry{folder, error}, end;
       !error && entry != end && files.size() < kFolderFilesMax; entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(entry->path().string());
  }
  std::ranges::sort(files);
  return files;
}

// Why nothing came of it: the file could not be opened, or it holds nothing of use.
TrustStore::Unusable unusable(const std::string& path) {
  if (const std::unique_ptr<FILE, int (*)(FILE*)> file{std::fopen(path.c_str(), "re"), std::fclose};
      file)
    return {.sentence = fmt::format(
                "the file of certificate authorities {} holds no certificates in PEM form", path)};
  const int error = errno;
  return {.sentence = fmt::format("the file of certificate authorities {} cannot be read: {}", path,
                                  std::generic_category().message(error)),
          .error = error};
}

}  // namespace

// The time of the last change of the inode counts too: `cp -p` of a file of the same size leaves
// all else as it was.
std::string file_version(const std::string& path) {
  struct stat now{};
  if (stat(path.c_str(), &now) != 0) return "-";
  return fmt::format("{}.{}.{}.{}.{}.{}.{}", now.st_dev, now.st_ino, now.st_size,
                     now.st_mtim.tv_sec, now.st_mtim.tv_nsec, now.st_ctim.tv_sec,
                     now.st_ctim.tv_nsec);
}

TrustStore::TrustStore(SystemAuthorities system) : system_(std::move(system)) {}
TrustStore::~TrustStore() = default;

std::string TrustStore::version_of(const std::string& ca_file) const {
  if (!ca_file.empty()) return file_version(ca_file);
  std::string version = file_version(system_.bundle);
  for (const auto& folder : system_.folders) {
    for (const auto& file : files_of(folder)) version += "," + file + ":" + file_version(file);
  }
  return version;
}

std::expected<std::shared_ptr<x509_store_st>, TrustStore::Unusable> TrustStore::load(
    const std::string& ca_file) const {
  const std::string& path = ca_file.empty() ? system_.bundle : ca_file;
  std::shared_ptr<x509_store_st> store{X509_STORE_new(), X509_STORE_free};
  if (!store) {
    return std::unexpected(
        Unusable{.sentence = "there is no memory for certificate authorities", .error = ENOMEM});
  }
  bool has_some = X509_STORE_load_file(store.get(), path.c_str()) == 1;
  if (ca_file.empty()) {
    for (const auto& folder : system_.folders) {
      for (const auto& file : files_of(folder))
        has_some = X509_STORE_load_file(store.get(), file.c_str()) == 1 || has_some;
    }
  }
  ERR_clear_error();
  if (!has_some) return std::unexpected(unusable(path));
  // As libcurl does: trust what the file names, be it a root or an intermediate authority.
  X509_STORE_set_flags(store.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
  return store;
}

std::expected<TrustStore::Trust, TrustStore::Unusable> TrustStore::authorities(
    const std::string& ca_file) {
  // Taken before the files are read: what changes meanwhile is seen the next time.
  auto version = version_of(ca_file);
  if (const auto found = entries_.find(ca_file);
      found != entries_.end() && found->second.version == version) {
    return found->second.trust;
  }
  auto store = load(ca_file);
  if (!store) {
    entries_.erase(ca_file);
    return std::unexpected(std::move(store.error()));
  }
  if (entries_.size() >= kFilesMax) entries_.clear();
  Trust trust{.store = std::move(*store), .generation = ++last_generation_};
  entries_[ca_file] = Entry{.trust = trust, .version = std::move(version)};
  return trust;
}

}  // namespace modelvane
