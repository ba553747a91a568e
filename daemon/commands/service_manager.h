// Talks to systemd by its notify protocol (sd_notify(3)): one datagram to $NOTIFY_SOCKET. Written
// here because libsystemd would bring five more libraries into the process. Without the variable
// nothing happens.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/text/time.h"

namespace modelvane {

// "READY=1", "STOPPING=1", "WATCHDOG=1", "STATUS=..."
void notify_service_manager(std::string_view state);

// How often the service manager wants a sign of life (WATCHDOG_USEC), when it wants one from this
// process.
std::optional<Duration> watchdog_interval();

// The sockets that a .socket unit listens on (sd_listen_fds(3)), or why there are none. Taken once:
// what is started from here does not inherit them.
std::expected<std::vector<int>, std::string> take_service_manager_sockets();

}  // namespace modelvane
