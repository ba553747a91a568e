#include "tests/unit/web/client.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <utility>

namespace modelvane::web_test {

namespace {

constexpr timeval kPatience{.tv_sec = 10, .tv_usec = 0};

Answer parse(const std::string& bytes) {
  Answer answer;
  const auto end_of_head = bytes.find("\r\n\r\n");
  if (!bytes.starts_with("HTTP/1.1 ") || end_of_head == std::string::npos) return answer;
  answer.status = std::stoi(bytes.substr(9, 3));
  answer.body = bytes.substr(end_of_head + 4);
  for (auto at = bytes.find("\r\n") + 2; at < end_of_head + 2;) {
    const auto end = bytes.find("\r\n", at);
    const auto colon = bytes.find(": ", at);
    auto name = bytes.substr(at, colon - at);
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    CHECK_MESSAGE(answer.headers.emplace(name, bytes.substr(colon + 2, end - colon - 2)).second,
                  "header twice: " << name);
    at = end + 2;
  }
  return answer;
}

}  // namespace

std::string Answer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Client::Client(const std::string& address) {
  const auto colon = address.rfind(':');
  const auto host = address.substr(0, colon);
  const auto port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
  const bool is_ipv6 = host.starts_with('[');
  fd_ = ::socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(fd_ >= 0);
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
  sockaddr_in v4{.sin_family = AF_INET, .sin_port = port};
  sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = port};
  v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  v6.sin6_addr = in6addr_loopback;
  const int result = is_ipv6 ? ::connect(fd_, reinterpret_cast<sockaddr*>(&v6), sizeof v6)
                             : ::connect(fd_, reinterpret_cast<sockaddr*>(&v4), sizeof v4);
  if (result != 0) {
    ::close(fd_);
    fd_ = -1;
  }
}

Client::~Client() {
  if (fd_ >= 0) ::close(fd_);
}

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

bool Client::send(const std::string& bytes) const {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const auto count = ::send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count <= 0) return false;
    sent += static_cast<std::size_t>(count);
  }
  return true;
}

bool Client::has_begun_to_answer() const {
  char first = 0;
  return ::recv(fd_, &first, 1, MSG_PEEK) == 1;
}

std::string Client::read_all() const {
  std::string all;
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const auto count = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      CHECK_MESSAGE((count == 0 || errno != EAGAIN), "the server did not close within ten seconds");
      return all;
    }
    all.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

Answer Client::read_answer() const {
  return parse(read_all());
}

Answer Client::read_next_answer(bool has_body) {
  auto answer = parse(read_until("\r\n\r\n"));
  const auto length = answer.header("content-length");
  if (!has_body || length.empty()) return answer;
  std::array<char, 16 * 1024> buffer;
  while (received_.size() < std::stoul(length)) {
    const auto count = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (count <= 0) return {};
    received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
  answer.body = received_.substr(0, std::stoul(length));
  received_.erase(0, answer.body.size());
  return answer;
}

std::string Client::read_until(const std::string& end) {
  std::array<char, 64 * 1024> buffer;
  std::size_t seen = 0;
  while (true) {
    const auto found = received_.find(end, seen);
    if (found != std::string::npos) {
      auto piece = received_.substr(0, found + end.size());
      received_.erase(0, piece.size());
      return piece;
    }
    seen = received_.size() - std::min(received_.size(), end.size());
    const auto count = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      CHECK_MESSAGE((count == 0 || errno != EAGAIN), "nothing came for ten seconds");
      return "";
    }
    received_.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

std::string request(const std::string& method, const std::string& target,
                    const std::string& headers) {
  return kept_request(method, target, "Connection: close\r\n" + headers);
}

std::string kept_request(const std::string& method, const std::string& target,
                         const std::string& headers) {
  return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
}

Answer fetch(const std::string& address, const std::string& raw) {
  const Client client{address};
  REQUIRE(client.is_connected());
  client.send(raw);
  return client.read_answer();
}

Answer get(const std::string& address, const std::string& target, const std::string& headers) {
  return fetch(address, request("GET", target, headers));
}

std::string gunzip(const std::string& packed) {
  z_stream stream{};
  REQUIRE(inflateInit2(&stream, 15 + 16) == Z_OK);
  std::string out;
  std::array<char, 16 * 1024> buffer;
  stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
    stream.avail_out = static_cast<uInt>(buffer.size());
    result = inflate(&stream, Z_NO_FLUSH);
    out.append(buffer.data(), buffer.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  CHECK(result == Z_STREAM_END);
  return out;
}

}  // namespace modelvane::web_test
