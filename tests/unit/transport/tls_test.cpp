// TLS: whom the transport trusts, what it says when it does not, and when the certificate ends.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "tests/unit/transport/certificates.h"
#include "tests/unit/transport/client.h"
#include "tests/unit/transport/fake_server.h"

namespace modelvane::test {

using namespace std::chrono_literals;
namespace {

void friendly(Connection& peer) {
  while (!peer.read_head().empty()) peer.reply(200, "{}");
}

Time in(std::chrono::seconds span) {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now() + span);
}

// The extension is: list length (2), type (1), name length (2), name.
int remember_server_name(SSL* ssl, int*, void* to) {
  const unsigned char* bytes = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &bytes, &size) == 1 && size > 5) {
    static_cast<std::string*>(to)->assign(bytes + 5, bytes + size);
  }
  return SSL_CLIENT_HELLO_SUCCESS;
}

bool is_near(const std::optional<Time>& time, Time expected) {
  return time && *time > expected - 60s && *time < expected + 60s;
}

// An authority, its file, and a server certificate of it.
struct World {
  explicit World(const LeafOptions& leaf = {}) : server_identity(make_leaf(authority, leaf)) {}

  HttpRequest request(const FakeServer& server) const {
    HttpRequest request = get(server.url());
    request.tls.ca_file = ca_file;
    return request;
  }
  // From now on only clients with a certificate of the authority are served.
  void demand_client_certificate() const {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), authority.certificate.get());
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }

  PemFolder folder;
  Identity authority = make_authority("modelvane test authority");
  std::string ca_file = folder.write_certificate("ca.pem", authority);
  Identity server_identity;
  TlsContext context = server_context(server_identity);
};

}  // namespace

TEST_CASE(
    "a server with a certificate of the given authority is trusted, and the certificate's end is "
    "told") {
  const World world;
  FakeServer server{friendly, world.context.get()};
  const HttpReply reply = Client{}.reply_to(world.request(server));
  CHECK(reply.status == 200);
  CHECK(reply.phases.tls > reply.phases.connect);
  CHECK(is_near(reply.certificate_expiry, in(1h)));
}

TEST_CASE(
    "a certificate of another authority is refused in words, and taken only when verification is "
    "off") {
  const World world;
  FakeServer server{friendly, world.context.get()};
  Client client;
  auto request = world.request(server);
  SUBCASE("another file") {
    request.tls.ca_file =
        world.folder.write_certificate("other.pem", make_authority("somebody else"));
  }
  SUBCASE("the system's authorities") {
    request.tls.ca_file.clear();
  }
  const HttpFailure failure = client.failure_of(request);
  CHECK(failure.reason == Reason::Tls);
  CHECK(has(failure.sentence, "the server's certificate is not signed by a trusted authority ("));
  CHECK(failure.certificate_expiry);  // so that "ends soon" and "refused" can be told apart
  CHECK(failure.phases.tls > Duration{0});
  request.tls.insecure_skip_verify = true;
  CHECK(is_near(client.reply_to(request).certificate_expiry, in(1h)));
}

TEST_CASE("a certificate for another name is refused in words") {
  const World world{{.subject_names = "DNS:other.test"}};
  FakeServer server{friendly, world.context.get()};
  const HttpFailure failure = Client{}.failure_of(world.request(server));
  CHECK(failure.reason == Reason::Tls);
  CHECK(failure.sentence == "the server's certificate is not valid for the name 127.0.0.1");
}

TEST_CASE("an expired certificate is refused and its end is still told") {
  const World world{{.valid_for = -3600s}};
  FakeServer server{friendly, world.context.get()};
  Client client;
  const HttpFailure failure = client.failure_of(world.request(server));
  CHECK(failure.reason == Reason::Tls);
  CHECK(has(failure.sentence, "expired"));
  CHECK(is_near(failure.certificate_expiry, in(-1h)));
  auto request = world.request(server);
  request.tls.insecure_skip_verify = true;
  CHECK(is_near(client.reply_to(request).certificate_expiry, in(-1h)));
}

TEST_CASE(
    "server_name decides what is verified and asked for, while the host stays the one that is "
    "connected to") {
  const World world{{.subject_names = "DNS:models.test"}};
  std::string sni;
  std::string head;
  SSL_CTX_set_client_hello_cb(world.context.get(), remember_server_name, &sni);
  FakeServer server{[&](Connection& peer) {
                      head = peer.read_head();
                      peer.reply(200, "{}");
                    },
                    world.context.get()};
  auto request = world.request(server);
  request.tls.server_name = "models.test";
  Client client;
  CHECK(client.reply_to(request).status == 200);
  CHECK(sni == "models.test");
  CHECK(has(head, fmt::format("\r\nHost: 127.0.0.1:{}\r\n", server.port())));
  request.tls.server_name = "wrong.test";
  CHECK(client.failure_of(request).sentence ==
        "the server's certificate is not valid for the name wrong.test");
}

TEST_CASE("two endpoints with one server_name and one port number reach their own machines") {
  const World world{{.subject_names = "DNS:models.test"}};
  FakeServer server{friendly, world.context.get()};
  auto request = world.request(server);
  request.tls.server_name = "models.test";
  request.reuse_connection = true;
  Client client;
  CHECK(client.reply_to(request).status == 200);
  request.url = fmt::format("https://127.0.0.2:{}/", server.port());  // nobody listens there
  CHECK(client.failure_of(request).reason == Reason::Connect);
}

TEST_CASE("kept connections are not shared between different ideas of whom to trust") {
  const World world;
  FakeServer server{friendly, world.context.get()};
  Client client;
  auto trusting = world.request(server);
  trusting.reuse_connection = true;
  CHECK(client.reply_to(trusting).status == 200);
  CHECK_FALSE(client.reply_to(trusting).certificate_expiry);  // reused: no handshake
  CHECK(server.accepts() == 1);
  auto doubting = trusting;
  SUBCASE("another authority") {
    doubting.tls.ca_file =
        world.folder.write_certificate("other.pem", make_authority("somebody else"));
    CHECK(client.failure_of(doubting).reason == Reason::Tls);
  }
  SUBCASE("the system's authorities") {
    doubting.tls.ca_file.clear();
    CHECK(client.failure_of(doubting).reason == Reason::Tls);
  }
  SUBCASE("another minimal version") {
    doubting.tls.min_version = "TLS13";
    CHECK(client.reply_to(doubting).status == 200);
  }
  CHECK(server.accepts() == 2);
}

TEST_CASE(
    "a client certificate is shown to a server that demands one, and connections with and without "
    "it stay apart") {
  const World world;
  world.demand_client_certificate();
  FakeServer server{friendly, world.context.get()};
  const Identity mine = make_leaf(world.authority);
  auto request = world.request(server);
  request.reuse_connection = true;
  request.tls.cert_file = world.folder.write_certificate("client.pem", mine);
  request.tls.key_file = world.folder.write_key("client.key", mine);
  Client client;
  CHECK(client.reply_to(request).status == 200);
  CHECK(client.reply_to(request).status == 200);
  CHECK(server.accepts() == 1);
  request.tls.cert_file.clear();
  request.tls.key_file.clear();
  const HttpFailure failure = client.failure_of(request);
  CHECK(failure.reason == Reason::Tls);
  CHECK(has(failure.sentence, "certificate"));
  CHECK(server.accepts() == 2);
}

TEST_CASE("unusable files of certificates are named as the cause") {
  const World world;
  FakeServer server{friendly, world.context.get()};
  Client client;
  auto request = world.request(server);
  request.tls.ca_file = "/nonexistent/ca.pem";
  CHECK(client.failure_of(request).sentence ==
        "the file of certificate authorities /nonexistent/ca.pem cannot be read: No such file or "
        "directory");
  request.tls.ca_file = world.folder.write_key("not-a-certificate.pem", world.server_identity);
  CHECK(has(client.failure_of(request).sentence, "holds no certificates in PEM form"));
  request = world.request(server);
  request.tls.cert_file = "/nonexistent/client.pem";
  CHECK(has(client.failure_of(request).sentence, "tls_config.cert_file"));
}

TEST_CASE("an authority's file that changed is read again") {
  const World world;
  FakeServer server{friendly, world.context.get()};
  Client client;
  auto request = world.request(server);
  request.tls.ca_file = world.folder.write_certificate(
      "changing.pem", make_authority("a much longer name of somebody else"));
  CHECK(client.failure_of(request).reason == Reason::Tls);
  world.folder.write_certificate("changing.pem", world.authority);
  CHECK(client.reply_to(request).status == 200);
}

TEST_CASE("an authority that was withdrawn is not trusted any more, on a kept connection either") {
  const World world;
  FakeServer server{friendly, world.context.get()};
  const Identity other = make_authority("somebody else");
  const std::string bundle = world.folder.write_certificate("bundle.pem", world.authority);
  CurlTransportOptions options;
  options.system_ca_file = bundle;
  Client client{options};
  auto request = world.request(server);
  SUBCASE("of the system's bundle") {
    request.tls.ca_file.clear();
  }
  SUBCASE("of the endpoint's own file") {
    request.tls.ca_file = bundle;
  }
  for (const bool keeps : {false, true}) {
    CAPTURE(keeps);
    request.reuse_connection = keeps;
    world.folder.write_certificate("bundle.pem", world.authority);
    CHECK(client.reply_to(request).status == 200);
    world.folder.write_certificate("bundle.pem", other);
    CHECK(client.failure_of(request).reason == Reason::Tls);
  }
}

TEST_CASE("a connection to another server does not bring back what the system trusted before") {
  const World world;
  FakeServer server{friendly, world.context.get()};
  const std::string bundle =
      world.folder.write_certificate("bundle.pem", make_authority("somebody else"));
  CurlTransportOptions options;
  options.system_ca_file = bundle;
  Client client{options};
  auto request = world.request(server);
  request.tls.ca_file.clear();
  CHECK(client.failure_of(request).reason == Reason::Tls);
  world.folder.write_certificate("bundle.pem", world.authority);
  CHECK(client.reply_to(request).status == 200);
}

TEST_CASE(
    "SSL_CERT_FILE and SSL_CERT_DIR name the system's authorities, and their files may come and "
    "go") {
  const World world;
  FakeServer server{friendly, world.context.get()};
  const std::string other =
      world.folder.write_certificate("other.pem", make_authority("somebody else"));
  auto request = world.request(server);
  request.tls.ca_file.clear();
  const PemFolder authorities;
  const std::string mine = authorities.write_certificate("mine.pem", world.authority);
  setenv("SSL_CERT_FILE", other.c_str(), 1);
  setenv("SSL_CERT_DIR",
         ("/nonexistent:" + std::filesystem::path{mine}.parent_path().string()).c_str(), 1);
  Client client;
  unsetenv("SSL_CERT_FILE");
  unsetenv("SSL_CERT_DIR");
  CHECK(client.reply_to(request).status == 200);
  std::filesystem::remove(mine);
  CHECK(client.failure_of(request).reason == Reason::Tls);
}

TEST_CASE("a renewed client certificate counts at once, also with kept connections") {
  const World world;
  world.demand_client_certificate();
  FakeServer server{friendly, world.context.get()};
  const auto write = [&](const Identity& identity) {
    world.folder.write_certificate("client.pem", identity);
    return world.folder.write_key("client.key", identity);
  };
  auto request = world.request(server);
  request.reuse_connection = true;
  request.tls.key_file = write(make_leaf(world.authority));
  request.tls.cert_file = std::filesystem::path{request.tls.key_file}.replace_extension("pem");
  Client client;
  CHECK(client.reply_to(request).status == 200);
  CHECK(client.reply_to(request).status == 200);
  CHECK(server.accepts() == 1);
  write(make_leaf(world.authority));
  CHECK(client.reply_to(request).status == 200);
  CHECK(server.accepts() == 2);
}

TEST_CASE("versions below the minimum are refused") {
  const World world;
  Client client;
  SUBCASE("TLS 1.1 is never spoken") {
    SSL_CTX_set_min_proto_version(world.context.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(world.context.get(), TLS1_1_VERSION);
    SSL_CTX_set_security_level(world.context.get(), 0);
    FakeServer server{friendly, world.context.get()};
    const HttpFailure failure = client.failure_of(world.request(server));
    CHECK(failure.reason == Reason::Tls);
    CHECK(has(failure.sentence, "protocol version"));
  }
  SUBCASE("TLS 1.2 only without a stricter wish") {
    SSL_CTX_set_max_proto_version(world.context.get(), TLS1_2_VERSION);
    FakeServer server{friendly, world.context.get()};
    auto request = world.request(server);
    CHECK(client.reply_to(request).status == 200);
    request.tls.min_version = "TLS13";
    CHECK(client.failure_of(request).reason == Reason::Tls);
  }
}

TEST_CASE(
    "a server that does not speak TLS, or is silent in the handshake, is a failure of TLS or of "
    "time") {
  Client client;
  SUBCASE("plain") {
    FakeServer server{[](Connection& peer) { peer.send("HTTP/1.1 400 Bad Request\r\n\r\n"); }};
    const HttpFailure failure =
        client.failure_of(get(fmt::format("https://127.0.0.1:{}/", server.port())));
    CHECK(failure.reason == Reason::Tls);
  }
  SUBCASE("silent") {
    FakeServer server{[](Connection& peer) { peer.hold(); }};
    auto request = get(fmt::format("https://127.0.0.1:{}/", server.port()), 500ms);
    request.tls.insecure_skip_verify = true;  // no time goes into reading the system's authorities
    const HttpFailure failure = client.failure_of(request);
    CHECK(failure.reason == Reason::Timeout);
    CHECK(failure.sentence ==
          fmt::format("no TLS handshake with 127.0.0.1 port {} within 0.5s", server.port()));
    CHECK(failure.phases.tls > Duration{0});
  }
}

}  // namespace modelvane::test
