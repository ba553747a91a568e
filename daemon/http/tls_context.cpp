#include "daemon/http/tls_context.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <optional>
#include <string_view>

namespace modelvane {
namespace {

using Problem = std::optional<std::string>;

// Why OpenSSL did not do what it was last asked for.
std::string reason() {
  const char* const text = ERR_reason_error_string(ERR_peek_last_error());
  return text != nullptr ? text : "unknown reason";
}

int version_of(const std::string& name) {
  return name == "TLS13" ? TLS1_3_VERSION : TLS1_2_VERSION;
}

Problem set_certificate(SSL_CTX* context, const WebTls& options) {
  if (SSL_CTX_use_certificate_chain_file(context, options.cert_file.c_str()) != 1) {
    return fmt::format("tls_server_config.cert_file: {} holds no usable certificate: {}",
                       options.cert_file, reason());
  }
  // Without this, OpenSSL would ask for the passphrase on the terminal.
  SSL_CTX_set_default_passwd_cb(context, [](char*, int, int, void*) { return -1; });
  const bool is_read =
      SSL_CTX_use_PrivateKey_file(context, options.key_file.c_str(), SSL_FILETYPE_PEM) == 1;
  if (!is_read && ERR_GET_REASON(ERR_peek_last_error()) != X509_R_KEY_VALUES_MISMATCH) {
    return fmt::format(
        "tls_server_config.key_file: {} holds no usable key without a passphrase: {}",
        options.key_file, reason());
  }
  if (!is_read || SSL_CTX_check_private_key(context) != 1) {
    return fmt::format("tls_server_config.key_file: {} is not the key of the certificate in {}",
                       options.key_file, options.cert_file);
  }
  return std::nullopt;
}

// IANA's names become OpenSSL's. As in Go, those of TLS 1.3 are not for the user to choose and may
// stand there all the same.
Problem set_ciphers(SSL_CTX* context, const WebTls& options) {
  std::string list;
  for (const auto& suite : options.cipher_suites) {
    const std::string_view name = OPENSSL_cipher_name(suite.c_str());
    if (name == "(NONE)")
      return fmt::format("tls_server_config.cipher_suites: \"{}\" is no cipher suite known here",
                         suite);
    if (!name.starts_with("TLS_")) list += fmt::format("{}{}", list.empty() ? "" : ":", name);
  }
  if (!list.empty() && SSL_CTX_set_cipher_list(context, list.c_str()) != 1) {
    return fmt::format("tls_server_config.cipher_suites: none of them can be used: {}", reason());
  }
  if (options.prefers_own_ciphers) SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  const auto curves = fmt::format("{}", fmt::join(options.curves, ":"));
  if (!curves.empty() && SSL_CTX_set1_groups_list(context, curves.c_str()) != 1) {
    return fmt::format("tls_server_config.curve_preferences: {}", reason());
  }
  return std::nullopt;
}

bool has_uri(X509* certificate, const std::string& uri) {
  const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names{
      static_cast<GENERAL_NAMES*>(
          X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
      GENERAL_NAMES_free};
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count; ++i) {
    const auto* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const auto* const text = name->d.uniformResourceIdentifier;
    const std::string_view found{reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                 static_cast<std::size_t>(ASN1_STRING_length(text))};
    if (found == uri) return true;
  }
  return false;
}

// Literally one of the subject's alternative names: DNS name, address, mailbox or URI.
bool has_name(X509* certificate, const std::string& name) {
  constexpr unsigned int kLiterally =
      X509_CHECK_FLAG_NO_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  return X509_check_host(certificate, name.data(), name.size(), kLiterally, nullptr) == 1 ||
         X509_check_email(certificate, name.data(), name.size(), kLiterally) == 1 ||
         X509_check_ip_asc(certificate, name.c_str(), kLiterally) == 1 ||
         has_uri(certificate, name);
}

// In place of OpenSSL's own check of a client's certificate, which is the first half of this one.
int verify(X509_STORE_CTX* chain, void* argument) {
  const auto& options = *static_cast<const WebTls*>(argument);
  const bool is_any_welcome = options.client_certificate == ClientCertificate::Asked ||
                              options.client_certificate == ClientCertificate::Required;
  if (is_any_welcome) return 1;
  if (X509_verify_cert(chain) != 1) return 0;
  auto* const certificate = X509_STORE_CTX_get0_cert(chain);
  const auto& names = options.client_allowed_sans;
  if (names.empty() ||
      std::ranges::any_of(names, [&](const auto& name) { return has_name(certificate, name); }))
    return 1;
  X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
  return 0;
}

Problem set_client_certificates(SSL_CTX* context, const WebTls& options) {
  if (options.client_certificate == ClientCertificate::NotAsked) return std::nullopt;
  const bool is_required = options.client_certificate == ClientCertificate::Required ||
                           options.client_certificate == ClientCertificate::RequiredAndVerified;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (is_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0),
                     nullptr);
  SSL_CTX_set_cert_verify_callback(context, verify, const_cast<WebTls*>(&options));
  if (options.client_ca_file.empty()) return std::nullopt;
  auto* const names = SSL_load_client_CA_file(options.client_ca_file.c_str());
  if (names == nullptr ||
      SSL_CTX_load_verify_locations(context, options.client_ca_file.c_str(), nullptr) != 1) {
    return fmt::format("tls_server_config.client_ca_file: {} holds no usable certificate: {}",
                       options.client_ca_file, reason());
  }
  SSL_CTX_set_client_CA_list(context, names);
  return std::nullopt;
}

Problem set_all(SSL_CTX* context, const WebTls& options) {
  SSL_CTX_set_min_proto_version(context, version_of(options.min_version));
  SSL_CTX_set_max_proto_version(context, version_of(options.max_version));
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  // Writes are tried again from wherever the answer stands by then; idle connections hold no
  // buffers.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // A resumed session keeps the client certificate that it began with: only within one context.
  static constexpr unsigned char kSessions[] = "modelvane";
  SSL_CTX_set_session_id_context(context, kSessions, sizeof kSessions - 1);
  if (auto problem = set_certificate(context, options)) return problem;
  if (auto problem = set_ciphers(context, options)) return problem;
  return set_client_certificates(context, options);
}

}  // namespace

std::expected<std::shared_ptr<const TlsContext>, std::string> TlsContext::load(
    const WebTls& options) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> loaded{new TlsContext};
  loaded->options_ = std::make_shared<const WebTls>(options);
  loaded->context_ = {SSL_CTX_new(TLS_server_method()), SSL_CTX_free};
  if (loaded->context_ == nullptr) return std::unexpected("TLS cannot be set up: " + reason());
  auto problem = set_all(loaded->context_.get(), *loaded->options_);
  ERR_clear_error();
  if (problem) return std::unexpected(std::move(*problem));
  return loaded;
}

std::optional<std::string> TlsContext::problem_of_time() const {
  const auto* const certificate = SSL_CTX_get0_certificate(context_.get());
  const auto sentence = [&](std::string_view what) {
    return fmt::format("tls_server_config.cert_file: the certificate in {} {}: no client trusts it",
                       options_->cert_file, what);
  };
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0) return sentence("has expired");
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
    return sentence("is not valid yet");
  return std::nullopt;
}

std::shared_ptr<ssl_st> TlsContext::connect(int fd) const {
  // OpenSSL counts the references to the context; the options behind its callback are counted here.
  std::shared_ptr<SSL> connection{SSL_new(context_.get()),
                                  [options = options_](SSL* ssl) { SSL_free(ssl); }};
  if (connection == nullptr || SSL_set_fd(connection.get(), fd) != 1) return nullptr;
  SSL_set_accept_state(connection.get());
  return connection;
}

}  // namespace modelvane
