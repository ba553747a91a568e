#include "daemon/commands/daemon.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "daemon/commands/config_watch.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/replica_watch.h"
#include "daemon/commands/shown_config.h"
#include "daemon/commands/store_watch.h"
#include "daemon/commands/target_watch.h"
#include "daemon/config/load_config.h"
#include "daemon/config/secret.h"
#include "daemon/engine/engine.h"
#include "daemon/engine/store_writer.h"
#include "daemon/io/network.h"
#include "daemon/log/log.h"
#include "daemon/store/postgres_desk.h"
#include "daemon/store/postgres_event_log.h"
#include "daemon/store/postgres_store.h"
#include "daemon/store/sqlite_desk.h"
#include "daemon/store/sqlite_store.h"
#include "daemon/text/hmac.h"
#include "daemon/transport/curl_transport.h"
#include "daemon/transport/oauth2_transport.h"
#include "daemon/web/server.h"
#include "version.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

// A turn of the engine takes milliseconds, one that takes over 10,000 changed endpoints a second.
// Whoever asked for the reload is answered then at the latest.
constexpr Duration kReloadShown = 10s;

// So much of it tells configurations apart in tables and labels.
constexpr std::size_t kShownHash = 16;

std::string hash_of(const std::string& shown) {
  return to_hex(sha256(shown));
}

std::string host_name() {
  std::array<char, 256> name{};
  const bool is_told = ::gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0';
  return is_told ? name.data() : "modelvane";
}

void log_warnings(const Config& config) {
  for (const auto& warning : config.warnings)
    log::warn("configuration", {{"warning", to_text(warning)}});
}

// What waiting does not change: it takes an operator, who should be told at once. A full or broken
// disk may come back, and a damaged database is said on the page, in the log and by /-/ready.
bool is_hopeless(StoreError::Kind kind) {
  switch (kind) {
    case StoreError::Kind::Busy:
    case StoreError::Kind::Newer:
    case StoreError::Kind::ReadOnly: return true;
    case StoreError::Kind::Fenced:
    case StoreError::Kind::Full:
    case StoreError::Kind::Damaged:
    case StoreError::Kind::Unavailable: return false;
  }
  return false;
}

// Where the daemon keeps what it knows, and how everybody else in this process reaches that.
struct StorePlace {
  std::unique_ptr<Store> store;
  std::unique_ptr<EventLog> log;
  std::function<std::unique_ptr<OperatorDesk>()> desk;  // one for each request
  std::shared_ptr<EventLog> watched_log;                // StoreWatch's own
  std::function<std::optional<std::uint64_t>()> size;   // in bytes, likewise
  // Where others share it: what is shown of their endpoints.
  std::function<std::unique_ptr<ReplicaWatch>(std::function<Snapshot()>)> replicas;
};

std::expected<StorePlace, std::string> open_folder(const std::string& folder) {
  auto store = std::make_unique<SqliteStore>(folder);
  if (const auto opened = store->open(); !opened && is_hopeless(opened.error().kind))
    return std::unexpected(opened.error().sentence);
  return StorePlace{.store = std::move(store),
                    .log = std::make_unique<SqliteEventLog>(folder),
                    .desk = [folder] { return std::make_unique<SqliteDesk>(folder); },
                    .watched_log = std::make_unique<SqliteEventLog>(folder),
                    .size = [folder] { return bytes_of_folder(folder); },
                    .replicas = [](const auto&) { return nullptr; }};
}

std::expected<StorePlace, std::string> open_database(
    const Config& config, std::shared_ptr<const std::atomic<std::uint64_t>> turns) {
  const auto url = reveal(config.postgres->url);
  if (!url) return std::unexpected(fmt::format("storage.postgres.url: {}", url.error()));
  const PostgresPlace place{.url = *url, .schema = config.postgres->schema};
  const auto& cluster = config.cluster;
  const auto name = cluster.replica.empty() ? host_name() : cluster.replica;
  auto store = std::make_unique<PostgresStore>(
      place,
      ReplicaSettings{.instance = config.instance,
                      .name = name,
                      .address = cluster.address,
                      .version = MODELVANE_VERSION,
                      .config_hash = hash_of(shown_config(config)).substr(0, kShownHash),
                      .lease = cluster.lease},
      [turns = std::move(turns)] { return turns->load(std::memory_order_relaxed); }, kEventsMax);
  if (const auto begun = store->begin(); !begun && is_hopeless(begun.error().kind))
    return std::unexpected(begun.error().sentence);
  auto watched = std::make_shared<PostgresEventLog>(place);
  return StorePlace{.store = std::move(store),
                    .log = std::make_unique<PostgresEventLog>(place),
                    .desk = [place] { return std::make_unique<PostgresDesk>(place); },
                    .watched_log = watched,
                    .size = [watched]() -> std::optional<std::uint64_t> {
                      const auto bytes = watched->bytes();
                      return bytes ? std::optional{*bytes} : std::nullopt;
                    },
                    .replicas =
                        [place, name](auto snapshot) {
                          return std::make_unique<ReplicaWatch>(place, name, std::move(snapshot));
                        }};
}

void log_failed_login(const FailedLogin& failed) {
  // Long enough for every name that somebody has.
  constexpr std::size_t kNameShown = 64;
  log::warn("a login was refused", {{"user", failed.user.substr(0, kNameShown)},
                                    {"peer", failed.peer},
                                    {"others", std::to_string(failed.others)}});
}

// The configuration in effect, for those who ask. Any thread.
class ConfigInEffect {
 public:
  explicit ConfigInEffect(Config config) { replace(std::move(config)); }
  // Made for each who asks: of 10,000 endpoints it is 20 MB.
  std::string shown() const { return shown_config(*held().config); }
  std::string hash() const { return held().hash; }
  void replace(Config config) {
    auto held = Held{.config = std::make_shared<const Config>(std::move(config)), .hash = {}};
    held.hash = hash_of(shown_config(*held.config));
    const std::scoped_lock lock{mutex_};
    held_ = std::move(held);
  }

 private:
  struct Held {
    std::shared_ptr<const Config> config;
    std::string hash;
  };
  Held held() const {
    const std::scoped_lock lock{mutex_};
    return held_;
  }

  mutable std::mutex mutex_;
  Held held_;
};

}  // namespace

// Members in the order of their making; the reverse is the order in which they may go.
struct Daemon::Parts {
  SystemClock clock;
  Board board;
  CurlTransport network{CurlTransportOptions{}};
  OAuth2Transport transport{network};
  const std::unique_ptr<EventLog> event_log;
  const std::function<std::unique_ptr<OperatorDesk>()> desk;
  ConfigInEffect in_effect;
  StoreWatch store_watch;
  const std::unique_ptr<ReplicaWatch> replicas;  // null: this daemon is alone
  StoreWriter writer;
  Engine engine;
  WebServer web;
  std::optional<WebConfigWatch> web_config;
  std::mutex reload_mutex;     // reloads come from signals, from HTTP, from files and lists
  Config own_config;           // under reload_mutex: without what service_discovery finds
  std::string reload_failure;  // under reload_mutex: why the last one changed nothing; "" = it did
  std::unique_ptr<TargetWatch> targets;
  std::optional<ConfigWatch> config_watch;
  std::jthread engine_thread;

  Parts(const Options& options, Config own, Config config, LoadedProtection protection,
        StorePlace place, std::shared_ptr<std::atomic<std::uint64_t>> turns,
        std::unique_ptr<TargetWatch> target_watch,
        std::function<std::expected<void, std::string>()> reload)
      : event_log(std::move(place.log)),
        desk(std::move(place.desk)),
        in_effect(config),
        store_watch(std::move(place.size), std::move(place.watched_log)),
        replicas(place.replicas([this] { return board.read(clock.wall()); })),
        writer(std::move(place.store), [this] { transport.wake(); }),
        engine(
            {clock, transport, writer, board, options.external_url, has_network, std::move(turns)},
            std::move(config), std::random_device{}()),
        web({.listen_addresses = options.listen_addresses,
             .external_url = options.external_url,
             .route_prefix = options.route_prefix,
             .allowed_hosts = options.allowed_hosts,
             .protection = protection.protection,
             .listen_descriptors = options.listen_descriptors},
            {.snapshot =
                 [this] {
                   auto snapshot = board.read(clock.wall());
                   snapshot.store = store_watch.view();
                   snapshot.discovery = targets->view();
                   snapshot.web_refused = web.refused();
                   if (replicas) snapshot.elsewhere = replicas->view();
                   return snapshot;
                 },
             .reload = std::move(reload),
             .poll = [this](const std::string& endpoint) { engine.poll_now(endpoint); },
             .operate = [this](const OperatorRequest& request) { return call(*desk(), request); },
             .config = [this] { return in_effect.shown(); },
             .failed_login = log_failed_login,
             .events = event_log.get(),
             .pulse = [this] { return board.pulse(clock.wall()); }}),
        own_config(std::move(own)),
        targets(std::move(target_watch)) {
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
  auto turns = std::make_shared<std::atomic<std::uint64_t>>();
  auto place = config.postgres ? open_database(config, turns) : open_folder(options_.storage_path);
  if (!place) return std::unexpected(std::move(place.error()));
  shared_store_ = config.postgres;
  cluster_ = config.cluster;
  log_warnings(config);
  auto targets =
      std::make_unique<TargetWatch>(options_.storage_path, [this] { take_over_targets(); });
  if (auto adopted = targets->adopt(config, TargetWatch::When::AtStart); !adopted) return adopted;
  auto whole = targets->complete(config);
  parts_ = std::make_unique<Parts>(options_, std::move(config), std::move(whole),
                                   std::move(protection), std::move(*place), std::move(turns),
                                   std::move(targets), [this] { return reload(); });
  if (auto started = parts_->web.start(); !started) {
    parts_.reset();
    return started;
  }
  parts_->engine_thread = std::jthread{[engine = &parts_->engine](const std::stop_token& stop) {
    ::pthread_setname_np(::pthread_self(), "engine");  // for `top -H`
    engine->run(stop);
  }};
  parts_->targets->start();
  if (options_.auto_reload > Duration{0}) {
    parts_->config_watch.emplace(options_.config_file, parts_->own_config, options_.auto_reload,
                                 [this] {
                                   log::info("the configuration's files have changed");
                                   (void)reload();  // logged there
                                 });
  }
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
  std::optional<Config> own;
  if (errors.empty()) {
    if (config->postgres != shared_store_ || !(config->cluster == cluster_))
      log::warn("storage.postgres and cluster are read at the start only: restart for them");
    config->postgres = shared_store_;
    config->cluster = cluster_;
    log_warnings(*config);
    own = std::move(*config);
    if (auto adopted = parts_->targets->adopt(*own, TargetWatch::When::AtReload); !adopted)
      errors.push_back(std::move(adopted.error()));
  }
  if (errors.empty()) {
    parts_->own_config = std::move(*own);
    parts_->reload_failure.clear();
    parts_->targets->start();
    if (parts_->config_watch) parts_->config_watch->adopt(parts_->own_config);
    auto changed = parts_->targets->complete(parts_->own_config);
    const auto number = parts_->engine.reload(changed);
    if (parts_->web_config) parts_->web_config->adopt(std::move(*protection));
    if (!parts_->engine.wait_until_shown(number, kReloadShown))
      log::warn("the new configuration is not in effect yet: the engine is busy");
    parts_->in_effect.replace(std::move(changed));
    log::info("the configuration is in effect", {{"config_hash", config_hash()}});
    return {};
  }
  for (const auto& error : errors) log::error("configuration", {{"error", error}});
  const auto why = fmt::format("{}", fmt::join(errors, "\n"));
  parts_->reload_failure = why;
  const auto number = parts_->engine.note_reload_failure(why);
  (void)parts_->engine.wait_until_shown(number, kReloadShown);
  return std::unexpected("the configuration was not changed:\n" + why);
}

// The configuration itself is the same: what was said of its last reload stands.
void Daemon::take_over_targets() {
  const std::scoped_lock lock{parts_->reload_mutex};
  auto changed = parts_->targets->complete(parts_->own_config);
  auto number = parts_->engine.reload(changed);
  if (!parts_->reload_failure.empty())
    number = parts_->engine.note_reload_failure(parts_->reload_failure);
  (void)parts_->engine.wait_until_shown(number, kReloadShown);
  parts_->in_effect.replace(std::move(changed));
}

std::string Daemon::config_hash() const {
  return parts_ ? parts_->in_effect.hash() : "";
}

std::uint64_t Daemon::heartbeat() const {
  return parts_ ? parts_->engine.heartbeat() : 0;
}

void Daemon::stop() {
  if (!parts_) return;
  // While the engine still takes what they bring.
  parts_->targets->stop();
  if (parts_->config_watch) parts_->config_watch->stop();
  if (parts_->engine_thread.joinable()) {
    parts_->engine_thread.request_stop();
    parts_->engine_thread.join();
  }
  parts_->web.stop();
  parts_.reset();
}

}  // namespace modelvane
