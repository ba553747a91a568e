#include "tests/system/prometheus.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/simulate/exchange.h"

namespace system_test {

namespace {

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (const char c : text) encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  return encoded;
}

}  // namespace

int free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(socket >= 0);
  REQUIRE(::bind(socket, reinterpret_cast<sockaddr*>(&address), size) == 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

Prometheus::Prometheus(const TempFolder& folder, const std::string& config)
    : process_({.arguments = {"--config.file=" + folder.write("prometheus.yml", config),
                              "--storage.tsdb.path=" + folder.file("tsdb"),
                              fmt::format("--web.listen-address=127.0.0.1:{}", port_)},
                .program = "/usr/bin/prometheus"}) {}

nlohmann::json Prometheus::data(const std::string& path) const {
  const auto answer = nlohmann::json::parse(
      get(fmt::format("http://127.0.0.1:{}/api/v1/{}", port_, path)).body, nullptr, false);
  return answer.is_object() ? answer.value("data", nlohmann::json{}) : nlohmann::json{};
}

nlohmann::json Prometheus::series(const std::string& query) const {
  const auto answer = data("query?query=" + percent_encoded(query));
  return answer.is_object() ? answer.value("result", nlohmann::json{}) : nlohmann::json{};
}

}  // namespace system_test
