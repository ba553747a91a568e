#include "tests/unit/transport/certificates.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <atomic>
#include <cstdio>
#include <stdexcept>

namespace modelvane::test {
namespace {

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  if (extension == nullptr) throw std::runtime_error("no such certificate extension: " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

Identity blank(const std::string& name, std::chrono::seconds valid_for) {
  static std::atomic<long> serial{1};
  Identity identity{{EVP_EC_gen("P-256"), EVP_PKEY_free}, {X509_new(), X509_free}};
  X509* certificate = identity.certificate.get();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), -48 * 3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), valid_for.count());
  X509_set_pubkey(certificate, identity.key.get());
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8, text, -1, -1,
                             0);
  return identity;
}

template <typename Write>
std::string write_file(const std::filesystem::path& path, Write write) {
  std::FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr) throw std::runtime_error("cannot write " + path.string());
  write(file);
  std::fclose(file);
  return path.string();
}

}  // namespace

Identity make_authority(const std::string& name) {
  Identity authority = blank(name, std::chrono::hours{24});
  X509* certificate = authority.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  add_extension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate, certificate, NID_subject_key_identifier, "hash");
  X509_sign(certificate, authority.key.get(), EVP_sha256());
  return authority;
}

Identity make_leaf(const Identity& authority, const LeafOptions& options) {
  Identity leaf = blank("leaf", options.valid_for);
  X509* certificate = leaf.certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(authority.certificate.get()));
  add_extension(certificate, authority.certificate.get(), NID_subject_alt_name,
                options.subject_names);
  X509_sign(certificate, authority.key.get(), EVP_sha256());
  return leaf;
}

TlsContext server_context(const Identity& identity) {
  TlsContext context{SSL_CTX_new(TLS_server_method()), &SSL_CTX_free};
  SSL_CTX_use_certificate(context.get(), identity.certificate.get());
  SSL_CTX_use_PrivateKey(context.get(), identity.key.get());
  return context;
}

PemFolder::PemFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "modelvane-pem-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  path_ = pattern;
}

PemFolder::~PemFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string PemFolder::write_certificate(const std::string& name, const Identity& identity) const {
  return write_file(path_ / name,
                    [&](std::FILE* file) { PEM_write_X509(file, identity.certificate.get()); });
}

std::string PemFolder::write_key(const std::string& name, const Identity& identity) const {
  return write_file(path_ / name, [&](std::FILE* file) {
    PEM_write_PrivateKey(file, identity.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace modelvane::test
