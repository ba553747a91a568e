// What the pages show and may ask for, given by who runs the server. Called from the server's
// threads, several at a time.
#pragma once

#include <expected>
#include <functional>
#include <string>

#include "daemon/engine/snapshot.h"
#include "daemon/http/failed_logins.h"
#include "daemon/store/store.h"

namespace modelvane {

struct WebHooks {
  std::function<Snapshot()> snapshot;
  std::function<std::expected<void, std::string>()> reload;
  // The endpoint of that name, which exists, is polled as soon as may be. Does not wait for it.
  std::function<void(const std::string& endpoint)> poll{};
  // Carries an operator's request out, as the commands do; may take seconds. The error is a
  // sentence. Null = nothing can be asked for.
  std::function<std::expected<OperatorResult, std::string>(const OperatorRequest&)> operate{};
  // The configuration in effect as JSON, without secrets. Null = it is not shown.
  std::function<std::string()> config{};
  // Somebody gave a wrong name or password; told at most every few seconds. Null = nobody is told.
  std::function<void(const FailedLogin&)> failed_login{};
  EventLog* events = nullptr;    // must outlive the server; null = no history
  std::function<Pulse()> pulse;  // tells streams when to look again
};

}  // namespace modelvane
