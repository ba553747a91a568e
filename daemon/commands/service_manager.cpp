#include "daemon/commands/service_manager.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace modelvane {

void notify_service_manager(std::string_view state) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  sockaddr_un address{};
  const std::size_t length = path ? std::strlen(path) : 0;
  if (length < 2 || length >= sizeof address.sun_path) return;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  if (address.sun_path[0] == '@') address.sun_path[0] = '\0';  // an abstract socket
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket < 0) return;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + length);
  // Best effort: a service manager that does not listen must not stop us.
  (void)::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&address), size);
  ::close(socket);
}

std::optional<Duration> watchdog_interval() {
  const char* text = std::getenv("WATCHDOG_USEC");
  const char* pid = std::getenv("WATCHDOG_PID");
  if (!text || (pid && std::to_string(::getpid()) != pid)) return std::nullopt;
  std::int64_t micros = 0;
  const char* const last = text + std::strlen(text);
  const auto [end, error] = std::from_chars(text, last, micros);
  if (error != std::errc{} || end != last || micros <= 0) return std::nullopt;
  return Duration{micros};
}

std::expected<std::vector<int>, std::string> take_service_manager_sockets() {
  constexpr int kFirst = 3;  // SD_LISTEN_FDS_START
  const char* pid = std::getenv("LISTEN_PID");
  const char* text = std::getenv("LISTEN_FDS");
  const bool is_for_us = pid != nullptr && std::to_string(::getpid()) == pid;
  int count = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), count);
  if (!is_for_us || count < 1)
    return std::unexpected(
        "--web.systemd-socket: no socket was given; start modelvane.socket, which starts the "
        "service (systemctl enable --now modelvane.socket)");
  for (const auto* name : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(name);
  std::vector<int> descriptors;
  for (int i = 0; i < count; ++i) descriptors.push_back(kFirst + i);
  return descriptors;
}

}  // namespace modelvane
