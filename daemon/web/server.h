// The HTTP server of `modelvane serve`: /metrics, the page, the API and the /-/ control paths, all
// renderings of one snapshot. start(), addresses() and stop() belong to one thread; the hooks are
// called from the server's own threads, several at a time. What surprises: no client can slow down
// another one. Heads are read and answers written by one epoll loop with total deadlines; only the
// rendering happens on worker threads, and what may block (store, reload) can never hold all of
// them.
#pragma once

#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/http/failed_logins.h"
#include "daemon/web/acts.h"
#include "daemon/web/front.h"
#include "daemon/web/hooks.h"
#include "daemon/web/protection.h"

namespace modelvane {

struct WebOptions {
  std::vector<std::string> listen_addresses;  // "host:port", ":port" (all addresses), "[::1]:port";
                                              // port 0 = the kernel's choice
  std::string external_url;  // how browsers reach this server when a reverse proxy stands in front
  std::optional<std::string>
      route_prefix;  // below which paths are served; none = the external URL's path
  // Further names that this server is called by; what acts wants one of its names as Host.
  std::vector<std::string> allowed_hosts{};
  std::shared_ptr<const Protection> protection;  // null = everybody may ask, in clear text
  FrontLimits limits{};
  std::vector<int> listen_descriptors{};  // sockets that listen already; they are closed at the end
};

class Router;

class WebServer {
 public:
  WebServer(WebOptions options, WebHooks hooks);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // Binds every address or none. The error is a sentence: which address, why, what to do.
  std::expected<void, std::string> start();
  // The bound addresses with their real ports, "127.0.0.1:10178".
  std::vector<std::string> addresses() const;
  // From now on, for new clients and new requests. Any thread.
  void protect(std::shared_ptr<const Protection> protection);
  // Clients that were turned away, since the start. Any thread.
  RefusalCounts refused() const { return refusals_.counts(); }
  // Takes no more requests, lets answers under way end for half a second, then closes. Waits for a
  // hook that is being called.
  void stop();

 private:
  struct Parts;

  Response answer(Router& router, const RequestHead& head);
  void note_refusal(const RequestHead& head, RefusalCause cause);
  Caller caller(const RequestHead& head) const;
  std::shared_ptr<const Protection> protection() const;

  WebOptions options_;
  WebHooks hooks_;
  Logins logins_;
  Refusals refusals_;
  FailedLogins failed_logins_;
  std::vector<std::string> own_names_;  // set by start()
  mutable std::mutex mutex_;
  std::shared_ptr<const Protection> protection_;  // under mutex_
  std::unique_ptr<Parts> parts_;
};

}  // namespace modelvane
