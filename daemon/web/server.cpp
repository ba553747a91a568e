#include "daemon/web/server.h"

#include <fmt/format.h>

#include <chrono>

#include "daemon/web/own_names.h"
#include "daemon/web/router.h"

namespace modelvane {
namespace {

constexpr std::string_view kForeignName =
    "Host is none of this server's names; ask for an address, localhost or the machine's name, or "
    "name it in --web.allowed-host or --web.external-url";

}  // namespace

// The router calls the hooks, the front calls the router: made in this order, and gone in the
// other.
struct WebServer::Parts {
  Router router;
  Front front;

  Parts(WebServer& server, const Site& site)
      : router(site, server.hooks_),
        front(server.options_.limits, site,
              {.answer = [this,
                          &server](const RequestHead& head) { return server.answer(router, head); },
               .read_events =
                   [this](const EventFilter& filter) { return router.read_events(filter); },
               .pulse = server.hooks_.pulse,
               .tls =
                   [&server] {
                     const auto protection = server.protection();
                     return protection ? protection->tls() : nullptr;
                   },
               .headers =
                   [&server] {
                     const auto protection = server.protection();
                     return protection ? protection->headers() : Headers{};
                   },
               .refused = [&server](RefusalCause cause) { server.refusals_.note(cause); }}) {}
};

WebServer::WebServer(WebOptions options, WebHooks hooks)
    : options_(std::move(options)), hooks_(std::move(hooks)), protection_(options_.protection) {}

WebServer::~WebServer() {
  stop();
}

std::expected<void, std::string> WebServer::start() {
  const auto site = site_of(options_.external_url, options_.route_prefix);
  if (!site) return std::unexpected(site.error());
  own_names_ = own_names(site->host, options_.allowed_hosts);
  auto parts = std::make_unique<Parts>(*this, *site);
  if (auto started = parts->front.start(options_.listen_addresses, options_.listen_descriptors);
      !started)
    return started;
  parts_ = std::move(parts);
  return {};
}

void WebServer::protect(std::shared_ptr<const Protection> protection) {
  const std::scoped_lock lock{mutex_};
  protection_ = std::move(protection);
}

std::shared_ptr<const Protection> WebServer::protection() const {
  const std::scoped_lock lock{mutex_};
  return protection_;
}

Response WebServer::answer(Router& router, const RequestHead& head) {
  const auto protection = this->protection();
  const bool is_open = protection == nullptr || !protection->has_passwords();
  const bool acts = head.method == "POST" || head.method == "DELETE";
  if (is_open && acts && !is_own(head.header("host"), own_names_)) {
    note_refusal(head, RefusalCause::Host);
    return {.reply = problem(403, kForeignName), .stream = std::nullopt};
  }
  if (is_open) return router.answer(head, {});
  auto refusal = protection->refusal(head, logins_);
  if (!refusal) return router.answer(head, caller(head));
  if (refusal->cause) note_refusal(head, *refusal->cause);
  return {.reply = std::move(refusal->reply), .stream = std::nullopt};
}

void WebServer::note_refusal(const RequestHead& head, RefusalCause cause) {
  refusals_.note(cause);
  if (cause != RefusalCause::Password || !hooks_.failed_login) return;
  const auto user = Passwords::user_in(head.header("authorization"));
  if (const auto told = failed_logins_.note(user, head.peer, std::chrono::steady_clock::now()))
    hooks_.failed_login(*told);
}

// The token depends on the process's memory and on the user: no page of another site can know it.
Caller WebServer::caller(const RequestHead& head) const {
  Caller caller{.user = Passwords::user_in(head.header("authorization")), .token = ""};
  for (const unsigned char byte : logins_.digest_of("token", caller.user))
    caller.token += fmt::format("{:02x}", byte);
  return caller;
}

std::vector<std::string> WebServer::addresses() const {
  return parts_ ? parts_->front.addresses() : std::vector<std::string>{};
}

void WebServer::stop() {
  if (parts_) parts_->front.stop();
}

}  // namespace modelvane
