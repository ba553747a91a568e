#include "daemon/commands/daemon.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <array>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "daemon/commands/operator_call.h"
#include "daemon/commands/shown_config.h"
#include "daemon/config/load_config.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/store_writer.h"
#include "daemon/io/network.h"
#include "daemon/log/log.h"
#include "daemon/store/sqlite_store.h"
#include "daemon/transport/curl_transport.h"
#include "daemon/transport/oauth2_transport.h"
#include "daemon/web/server.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

// A turn of the engine takes milliseconds, one that takes over 10,000 changed endpoints a second.
// Whoever asked for the reload is answered then at the latest.
constexpr Duration kReloadShown = 10s;

Config with_instance(Config config) {
  if (!config.instance.empty()) return config;
  config.is_instance_host_name = true;
  std::array<char, 256> name{};
  config.instance = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0'
                        ? name.data()
                        : "modelvane";
  return config;
}

// What waiting does not change: it takes an operator, who should be told at once. A full or broken
// disk may come back, and a damaged database is said on the page, in the log and by /-/ready.
bool is_hopeless(StoreError::Kind kind) {
  switch (kind) {
    case StoreError::Kind::Busy:
    case StoreError::Kind::Newer:
    case StoreError::Kind::ReadOnly: return true;
    case StoreError::Kind::Full:
    case StoreError::Kind::Damaged:
    case StoreError::Kind::Unavailable: return false;
  }
  return false;
}

// What the web front shows of the configuration in effect. Any thread.
class ShownConfig {
 public:
  explicit ShownConfig(std::string text) : text_(std::move(text)) {}
  std::string read() const {
    const std::scoped_lock lock{mutex_};
    return text_;
  }
  void replace(std::string text) {
    const std::scoped_lock lock{mutex_};
    text_ = std::move(text);
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

}  // namespace

// Members in the order of their making; the reverse is the order in which they may go.
struct Daemon::Parts {
  SystemClock clock;
  Board board;
  CurlTransport network{CurlTransportOptions{}};
  OAuth2Transport transport{network};
  SqliteEventLog event_log;
  ShownConfig config_shown;
  StoreWriter writer;
  Engine engine;
  WebServer web;
  std::optional<WebConfigWatch> web_config;
  std::mutex reload_mutex;  // reloads come from signals and from HTTP
  std::jthread engine_thread;

  Parts(const Options& options, Config config, LoadedProtection protection,
        std::unique_ptr<SqliteStore> store,
        std::function<std::expected<void, std::string>()> reload)
      : event_log(options.storage_path),
        config_shown(shown_config(config)),
        writer(std::move(store), [this] { transport.wake(); }),
        engine({clock, transport, writer, board, options.external_url, has_network},
               std::move(config), std::random_device{}()),
        web({.listen_addresses = options.listen_addresses,
             .external_url = options.external_url,
             .route_prefix = options.route_prefix,
             .allowed_hosts = options.allowed_hosts,
             .protection = protection.protection},
            {.snapshot = [this] { return board.read(clock.wall()); },
             .reload = std::move(reload),
             .poll = [this](const std::string& endpoint) { engine.poll_now(endpoint); },
             .operate =
                 [folder = options.storage_path](const OperatorRequest& request) {
                   OperatorDesk desk{folder};
                   return call(desk, request);
                 },
             .config = [this] { return config_shown.read(); },
             .events = &event_log,
             .pulse = [this] { return board.pulse(clock.wall()); }}) {
    if (options.web_config_file.empty()) return;
    web_config.emplace(options.web_config_file, std::move(protection),
                       [this](auto changed) { web.protect(std::move(changed)); });
  }
};

Daemon::Daemon(Options options) : options_(std::move(options)) {}

Daemon::~Daemon() {
  stop();
}

std::expected<void, std::string> Daemon::start(Config config, LoadedProtection protection) {
  auto store = std::make_unique<SqliteStore>(options_.storage_path);
  if (const auto opened = store->open(); !opened && is_hopeless(opened.error().kind))
    return std::unexpected(opened.error().sentence);
  parts_ =
      std::make_unique<Parts>(options_, with_instance(std::move(config)), std::move(protection),
                              std::move(store), [this] { return reload(); });
  if (auto started = parts_->web.start(); !started) {
    parts_.reset();
    return started;
  }
  parts_->engine_thread =
      std::jthread{[engine = &parts_->engine](const std::stop_token& stop) { engine->run(stop); }};
  return {};
}

std::vector<std::string> Daemon::addresses() const {
  return parts_ ? parts_->web.addresses() : std::vector<std::string>{};
}

std::expected<void, std::string> Daemon::reload() {
  const std::scoped_lock lock{parts_->reload_mutex};
  auto config = load_config(options_.config_file);
  auto protection = load_protection(options_.web_config_file);
  std::vector<std::string> errors;
  if (!config) {
    for (const auto& error : config.error()) errors.push_back(to_text(error));
  }
  if (!protection)
    errors.insert(errors.end(), protection.error().begin(), protection.error().end());
  if (errors.empty()) {
    auto changed = with_instance(std::move(*config));
    auto shown = shown_config(changed);
    const auto number = parts_->engine.reload(std::move(changed));
    if (parts_->web_config) parts_->web_config->adopt(std::move(*protection));
    if (!parts_->engine.wait_until_shown(number, kReloadShown))
      log::warn("the new configuration is not in effect yet: the engine is busy");
    parts_->config_shown.replace(std::move(shown));
    return {};
  }
  for (const auto& error : errors) log::error("configuration", {{"error", error}});
  auto sentence = fmt::format("the configuration was not changed:\n{}", fmt::join(errors, "\n"));
  const auto number = parts_->engine.note_reload_failure(sentence);
  (void)parts_->engine.wait_until_shown(number, kReloadShown);
  return std::unexpected(std::move(sentence));
}

std::uint64_t Daemon::heartbeat() const {
  return parts_ ? parts_->engine.heartbeat() : 0;
}

void Daemon::stop() {
  if (!parts_) return;
  if (parts_->engine_thread.joinable()) {
    parts_->engine_thread.request_stop();
    parts_->engine_thread.join();
  }
  parts_->web.stop();
  parts_.reset();
}

}  // namespace modelvane
