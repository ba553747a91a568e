// The server's side of TLS: what it shows, whom it lets in, and that a client within TLS can do no
// more harm than one without.
#include <doctest/doctest.h>
#include <openssl/pem.h>

#include <cstdio>
#include <vector>

#include "tests/unit/web/client.h"
#include "tests/unit/web/tls_client.h"
#include "tests/unit/web/world.h"

using namespace modelvane;
using namespace modelvane::web_test;
using namespace std::chrono_literals;

namespace {

// An authority, the server's certificate and its files.
struct Files {
  test::Identity authority = test::make_authority("authority");
  test::Identity server = test::make_leaf(authority);
  test::PemFolder folder;
  WebTls options{.cert_file = folder.write_certificate("cert.pem", server),
                 .key_file = folder.write_key("key.pem", server)};

  // Clients must show a certificate of the authority.
  WebTls with_clients(std::vector<std::string> names = {}) const {
    auto changed = options;
    changed.client_certificate = ClientCertificate::RequiredAndVerified;
    changed.client_ca_file = folder.write_certificate("ca.pem", authority);
    changed.client_allowed_sans = std::move(names);
    return changed;
  }
};

std::shared_ptr<const TlsContext> load(const WebTls& options) {
  auto context = TlsContext::load(options);
  REQUIRE_MESSAGE(context.has_value(), (context ? "" : context.error()));
  return *context;
}

World tls_world(const WebTls& options) {
  auto protection = Protection::make({.tls = options});
  REQUIRE_MESSAGE(protection.has_value(), (protection ? "" : protection.error()));
  return World{WebOptions{.listen_addresses = {"127.0.0.1:0"}, .protection = *protection}};
}

std::string error_of(const WebTls& options) {
  const auto context = TlsContext::load(options);
  return context ? "" : context.error();
}

std::string asks(const World& world, const TlsClient::Options& options) {
  return TlsClient{world.address(), options}.status_line(request("GET", "/-/healthy"));
}

}  // namespace

TEST_CASE("a client that trusts the certificate's authority is served, with TLS 1.2 and 1.3") {
  const Files files;
  const auto world = tls_world(files.options);
  CHECK(asks(world, {.trusts = &files.authority}) == "HTTP/1.1 200 OK");
  CHECK(asks(world, {.trusts = &files.authority, .version = TLS1_2_VERSION}) == "HTTP/1.1 200 OK");
  const auto other = test::make_authority("other");
  CHECK(asks(world, {.trusts = &other}).empty());
}

TEST_CASE("versions below the wanted one are refused") {
  const Files files;
  auto options = files.options;
  options.min_version = "TLS13";
  const auto world = tls_world(options);
  CHECK(asks(world, {}) == "HTTP/1.1 200 OK");
  CHECK(asks(world, {.version = TLS1_2_VERSION}).empty());
}

TEST_CASE("without a certificate of the authority a client is not served") {
  const Files files;
  const auto world = tls_world(files.with_clients());
  const auto friendly = test::make_leaf(files.authority);
  const auto stranger = test::make_leaf(test::make_authority("other"));
  CHECK(asks(world, {.shows = &friendly}) == "HTTP/1.1 200 OK");
  CHECK(asks(world, {.shows = &friendly, .version = TLS1_2_VERSION}) == "HTTP/1.1 200 OK");
  CHECK(asks(world, {.shows = &stranger}).empty());
  CHECK(asks(world, {}).empty());
  auto if_given = files.with_clients();
  if_given.client_certificate = ClientCertificate::VerifiedIfGiven;
  const auto lenient = tls_world(if_given);
  CHECK(asks(lenient, {}) == "HTTP/1.1 200 OK");
  CHECK(asks(lenient, {.shows = &stranger}).empty());
  auto any = files.options;
  any.client_certificate = ClientCertificate::Required;
  const auto unchecked = tls_world(any);
  CHECK(asks(unchecked, {.shows = &stranger}) == "HTTP/1.1 200 OK");
  CHECK(asks(unchecked, {}).empty());
}

TEST_CASE("only clients with one of the allowed names are served") {
  const Files files;
  const auto named = test::make_leaf(
      files.authority, {.subject_names = "DNS:prometheus.test,IP:10.0.0.7,email:sre@example.com,"
                                         "URI:spiffe://example/prometheus"});
  for (const auto* name :
       {"prometheus.test", "10.0.0.7", "sre@example.com", "spiffe://example/prometheus"}) {
    const auto world = tls_world(files.with_clients({"nobody.test", name}));
    CHECK_MESSAGE(asks(world, {.shows = &named}) == "HTTP/1.1 200 OK", name);
  }
  const auto wildcard = test::make_leaf(files.authority, {.subject_names = "DNS:*.test"});
  const auto world = tls_world(files.with_clients({"prometheus.test"}));
  CHECK(asks(world, {.shows = &wildcard}).empty());
}

TEST_CASE("what is wrong with a certificate or a key is said with the file's name") {
  const Files files;
  auto options = files.options;
  options.cert_file = options.key_file;
  CHECK(error_of(options).starts_with("tls_server_config.cert_file: " + options.key_file +
                                      " holds no usable certificate"));
  options = files.options;
  options.key_file = files.options.cert_file;
  CHECK(error_of(options).starts_with("tls_server_config.key_file: " + options.key_file +
                                      " holds no usable key"));
  options.key_file = files.folder.write_key("other.pem", test::make_leaf(files.authority));
  CHECK(error_of(options) == "tls_server_config.key_file: " + options.key_file +
                                 " is not the key of the certificate in " + options.cert_file);
  options = files.options;
  options.cipher_suites = {"TLS_ROT13"};
  CHECK(error_of(options) ==
        "tls_server_config.cipher_suites: \"TLS_ROT13\" is no cipher suite known here");
  options = files.with_clients();
  options.client_ca_file = files.options.key_file;
  CHECK(error_of(options).starts_with("tls_server_config.client_ca_file: "));
}

TEST_CASE("a key under a passphrase is refused, and nobody is asked for it") {
  const Files files;
  auto options = files.options;
  std::FILE* const file = std::fopen(options.key_file.c_str(), "w");
  REQUIRE(file != nullptr);
  PEM_write_PrivateKey(file, files.server.key.get(), EVP_aes_128_cbc(),
                       reinterpret_cast<const unsigned char*>("secret"), 6, nullptr, nullptr);
  std::fclose(file);
  CHECK(error_of(options).find("holds no usable key without a passphrase") != std::string::npos);
}

TEST_CASE("ciphers and curves are the wanted ones") {
  const Files files;
  auto options = files.options;
  options.cipher_suites = {"TLS_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                           "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"};
  options.curves = {"P-256"};
  const auto world = tls_world(options);
  CHECK(asks(world, {.version = TLS1_2_VERSION}) == "HTTP/1.1 200 OK");
  CHECK(asks(world, {}) == "HTTP/1.1 200 OK");
}

TEST_CASE("who speaks HTTP to a port of HTTPS is told so") {
  const Files files;
  const auto world = tls_world(files.options);
  const auto answer = get(world.address(), "/metrics");
  CHECK(answer.status == 400);
  CHECK(answer.body.find("this port speaks HTTPS") != std::string::npos);
}

TEST_CASE("a long answer arrives whole within TLS") {
  const Files files;
  std::string body;
  body.resize(20'000'000, 'x');  // more than both sockets hold
  const BareFront bare{
      {}, [&](const RequestHead&) { return text_reply(200, body); }, load(files.options)};
  const TlsClient client{bare.address()};
  REQUIRE(client.send(request("GET", "/")));
  const auto answer = client.read_all();
  CHECK(answer.ends_with(body + "\n"));
}

TEST_CASE("a head in many records is put together") {
  const Files files;
  const auto world = tls_world(files.options);
  const TlsClient client{world.address()};
  REQUIRE(client.shakes_hands());
  const auto head = request("GET", "/-/healthy");
  for (const char c : head.substr(0, head.size() - 1)) REQUIRE(client.send({c}));
  CHECK(client.status_line(head.substr(head.size() - 1)) == "HTTP/1.1 200 OK");
}

TEST_CASE("events stream within TLS") {
  const Files files;
  auto world = tls_world(files.options);
  const TlsClient client{world.address()};
  REQUIRE(client.send(request("GET", "/api/v1/events/stream")));
  CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 200 OK"));
  for (int i = 0; i < 3; ++i) {
    world.log.add(moved_event("a-latest", "a", "b"));
    ++world.log.version;
    CHECK(client.read_until("alias.moved\"").find("evt_" + std::to_string(i + 1)) !=
          std::string::npos);
  }
}

TEST_CASE("500 handshakes that do not go on hold up nobody, and end at their deadline") {
  const Files files;
  const BareFront bare{{.head_deadline = 10min},
                       [](const RequestHead&) { return text_reply(200, "here"); },
                       load(files.options)};
  const auto flight = TlsClient{bare.address()}.first_flight();
  std::vector<Client> stuck;
  for (std::size_t i = 0; i < 500; ++i) {
    stuck.emplace_back(bare.address());
    stuck.back().send(flight.substr(0, i % flight.size()));
  }
  for (int i = 0; i < 5; ++i)
    CHECK(TlsClient{bare.address()}.status_line(request("GET", "/")) == "HTTP/1.1 200 OK");

  const BareFront strict{{.head_deadline = 200ms},
                         [](const RequestHead&) { return text_reply(200, "here"); },
                         load(files.options)};
  const Client silent{strict.address()};
  silent.send(flight.substr(0, 20));
  CHECK(silent.is_closed_by_server());
}

TEST_CASE("bytes that are no handshake close the connection and nothing else") {
  const Files files;
  const auto world = tls_world(files.options);
  for (const std::string& bytes : {std::string(1'000, '\0'), std::string(1'000, '\xff'),
                                   std::string{"\x16\x03\x01\xff\xff garbage"}}) {
    const Client client{world.address()};
    client.send(bytes);
    (void)client.read_all();  // perhaps an alert
  }
  CHECK(asks(world, {}) == "HTTP/1.1 200 OK");
}

TEST_CASE("a changed certificate is shown to new clients, and old connections go on") {
  const Files files;
  auto world = tls_world(files.options);
  const TlsClient old{world.address(), {.trusts = &files.authority}};
  REQUIRE(old.shakes_hands());
  const Files renewed;
  const auto protection = Protection::make({.tls = renewed.options});
  REQUIRE(protection.has_value());
  world.server.protect(*protection);
  CHECK(asks(world, {.trusts = &renewed.authority}) == "HTTP/1.1 200 OK");
  CHECK(asks(world, {.trusts = &files.authority}).empty());
  CHECK(old.status_line(request("GET", "/-/healthy")) == "HTTP/1.1 200 OK");
}
