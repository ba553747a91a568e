#include "tests/unit/web/tls_client.h"

#include <doctest/doctest.h>
#include <openssl/bio.h>

#include <array>
#include <csignal>

namespace modelvane::web_test {

TlsClient::TlsClient(const std::string& address, const Options& options)
    : client_(address),
      context_(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free),
      tls_(nullptr, SSL_free) {
  // OpenSSL writes to its sockets without a thought of clients that have gone; so the daemon
  // ignores it, too.
  ::signal(SIGPIPE, SIG_IGN);
  REQUIRE(client_.is_connected());
  if (options.version != 0) SSL_CTX_set_max_proto_version(context_.get(), options.version);
  if (options.trusts != nullptr) {
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), options.trusts->certificate.get());
  }
  if (options.shows != nullptr) {
    SSL_CTX_use_certificate(context_.get(), options.shows->certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), options.shows->key.get());
  }
  tls_.reset(SSL_new(context_.get()));
  REQUIRE(SSL_set_fd(tls_.get(), client_.fd()) == 1);
  SSL_set_connect_state(tls_.get());
}

bool TlsClient::shakes_hands() const {
  return SSL_do_handshake(tls_.get()) == 1;
}

std::string TlsClient::first_flight() const {
  auto* const out = BIO_new(BIO_s_mem());
  SSL_set_bio(tls_.get(), BIO_new(BIO_s_mem()), out);
  SSL_do_handshake(tls_.get());
  std::string bytes(4096, '\0');
  const int count = BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
  REQUIRE(count > 0);
  bytes.resize(static_cast<std::size_t>(count));
  return bytes;
}

bool TlsClient::send(const std::string& bytes) const {
  return SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
}

std::string TlsClient::read_all() const {
  std::string all;
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const int count = SSL_read(tls_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (count <= 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::string TlsClient::read_until(const std::string& end) const {
  std::string all;
  char next = 0;
  while (!all.ends_with(end)) {
    if (SSL_read(tls_.get(), &next, 1) <= 0) return "";
    all += next;
  }
  return all;
}

std::string TlsClient::status_line(const std::string& request) const {
  if (!send(request)) return "";
  const auto answer = read_all();
  return answer.substr(0, answer.find("\r\n"));
}

}  // namespace modelvane::web_test
