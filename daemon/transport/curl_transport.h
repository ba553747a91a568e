// The network: a Transport on libcurl's multi interface with epoll, driven by the thread that calls
// wait(). One thread carries all exchanges; a few more only look up names (see Resolver). Each
// exchange has one deadline that counts from start() and covers the lookup too; libcurl is given
// what remains of it, and a timer of our own ends what libcurl should ever overrun. What surprises:
// addresses are kept for `address_life` for requests that reuse connections (and when all of them
// are others than before, connections to the old ones are used no more), but only for
// `fresh_address_life` for fresh ones, so that their resolve phase is a true one and a host that is
// polled by many endpoints at once is still looked up once. Behind a proxy it is the proxy's name
// that is looked up. HTTP/1.1 only: a list is one small request, where HTTP/2 costs memory for each
// connection and gains nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "daemon/transport/resolver.h"
#include "daemon/transport/transport.h"

namespace modelvane {

struct CurlTransportOptions {
  ResolverOptions resolver;
  std::chrono::milliseconds address_life{10'000};
  std::chrono::milliseconds fresh_address_life{500};
  // Trusted authorities when a request names no file. "" = $SSL_CERT_FILE, else the system's
  // bundle, and the files in $SSL_CERT_DIR.
  std::string system_ca_file;
};

class CurlTransport final : public Transport {
 public:
  // Throws std::system_error or std::runtime_error when the process lacks what an event loop needs
  // (descriptors, memory).
  explicit CurlTransport(CurlTransportOptions options);
  ~CurlTransport() override;
  CurlTransport(const CurlTransport&) = delete;
  CurlTransport& operator=(const CurlTransport&) = delete;

  void start(std::uint64_t ticket, HttpRequest request) override;
  void set_egress(EgressRules rules) override;
  void cancel(std::uint64_t ticket) override;
  std::size_t in_flight() const override;
  void wait(Duration timeout, std::vector<Completion>& completed) override;
  void wake() override;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace modelvane
