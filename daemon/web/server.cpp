#include "daemon/web/server.h"

#include "daemon/web/router.h"

namespace modelvane {

// The router calls the hooks, the front calls the router: made in this order, and gone in the other.
struct WebServer::Parts {
  Router router;
  Front front;

  Parts(const FrontLimits& limits, const Site& site, WebHooks hooks)
      : router(site, hooks),
        front(limits, site,
              {.answer = [this](const RequestHead& head) { return router.answer(head); },
               .read_events = [this](const EventFilter& filter) { return router.read_events(filter); },
               .pulse = std::move(hooks.pulse)}) {}
};

WebServer::WebServer(WebOptions options, WebHooks hooks) : options_(std::move(options)), hooks_(std::move(hooks)) {}

WebServer::~WebServer() {
  stop();
}

std::expected<void, std::string> WebServer::start() {
  const auto site = site_of(options_.external_url, options_.route_prefix);
  if (!site) return std::unexpected(site.error());
  auto parts = std::make_unique<Parts>(options_.limits, *site, hooks_);
  if (auto started = parts->front.start(options_.listen_addresses); !started) return started;
  parts_ = std::move(parts);
  return {};
}

std::vector<std::string> WebServer::addresses() const {
  return parts_ ? parts_->front.addresses() : std::vector<std::string>{};
}

void WebServer::stop() {
  if (parts_) parts_->front.stop();
}

}  // namespace modelvane
