#include "daemon/web/server.h"

#include "daemon/web/front.h"
#include "daemon/web/router.h"

namespace modelvane {

struct WebServer::Parts {
  std::vector<std::string> listen_addresses;
  Router router;
  Front front;

  Parts(WebOptions options, WebHooks hooks)
      : listen_addresses(std::move(options.listen_addresses)),
        router(std::move(hooks)),
        front({}, std::string{host_of_url(options.external_url)},
              [this](const RequestHead& head) { return router.answer(head); }) {}
};

WebServer::WebServer(WebOptions options, WebHooks hooks)
    : parts_(std::make_unique<Parts>(std::move(options), std::move(hooks))) {}

WebServer::~WebServer() {
  stop();
}

std::expected<void, std::string> WebServer::start() {
  return parts_->front.start(parts_->listen_addresses);
}

std::vector<std::string> WebServer::addresses() const {
  return parts_->front.addresses();
}

void WebServer::stop() {
  parts_->front.stop();
}

}  // namespace modelvane
