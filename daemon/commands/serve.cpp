#include <fmt/format.h>
#include <fmt/ranges.h>
#include <malloc.h>
#include <signal.h>
#include <sys/stat.h>

#include <cstdio>
#include <expected>
#include <filesystem>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/commands/commands.h"
#include "daemon/commands/daemon.h"
#include "daemon/commands/service_manager.h"
#include "daemon/commands/web_config_watch.h"
#include "daemon/config/load_config.h"
#include "daemon/http/site.h"
#include "daemon/io/descriptors.h"
#include "daemon/log/log.h"
#include "version.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kDefaultListenAddress = ":10178";

std::optional<log::Level> log_level(const std::string& name) {
  if (name == "debug") return log::Level::Debug;
  if (name == "info") return log::Level::Info;
  if (name == "warn") return log::Level::Warn;
  if (name == "error") return log::Level::Error;
  return std::nullopt;
}

// Looking is cheap, but a file that is being written is not to be read at each turn.
constexpr Duration kAutoReloadMin = 100ms;

std::optional<Duration> auto_reload_interval(const std::string& text) {
  if (text == "0") return Duration{0};
  const auto span = parse_duration(text);
  if (!span || (*span != Duration{0} && *span < kAutoReloadMin)) return std::nullopt;
  return *span;
}

void block(std::initializer_list<int> numbers) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers) sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

// Signals are taken by this thread with sigtimedwait, so no handler ever runs; all other threads
// inherit the mask.
sigset_t block_signals() {
  block({SIGINT, SIGTERM, SIGHUP});
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, number);
  // A peer that went away and a file-size limit are errors of one call, not of the process. The
  // user signals make other daemons open their logs anew: who sends them to all of a host's means
  // no harm.
  for (const int number : {SIGPIPE, SIGXFSZ, SIGUSR1, SIGUSR2}) ::signal(number, SIG_IGN);
  return signals;
}

// While the daemon drains, the next Ctrl-C does what it does to every program: nothing is lost by
// it that a crash would not lose either.
void let_interrupt_end_at_once() {
  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  ::signal(SIGINT, SIG_DFL);
  pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
}

// A scrape of 1,000 endpoints builds texts of several megabytes. Left alone, glibc takes the first
// of them for a sign that such blocks are common, and keeps them from then on, for each thread its
// own; this way they go back to the system.
void give_large_blocks_back() {
  constexpr int kLargeBlock = 128 * 1024;
  mallopt(M_MMAP_THRESHOLD, kLargeBlock);
  mallopt(M_ARENA_MAX,
          1);  // the engine's thread does nearly all the work: nobody waits for the other's lock
}

void wait_for_end(Daemon& daemon, const sigset_t& signals) {
  const auto watchdog = watchdog_interval();
  // Half of the wanted interval, as sd_watchdog_enabled(3) advises.
  const auto pause =
      std::chrono::duration_cast<std::chrono::nanoseconds>(watchdog ? *watchdog / 2 : Duration{1h});
  const timespec timeout{.tv_sec = pause.count() / 1'000'000'000,
                         .tv_nsec = pause.count() % 1'000'000'000};
  auto last_heartbeat = daemon.heartbeat();
  while (true) {
    const int number = sigtimedwait(&signals, nullptr, &timeout);
    if (number == SIGINT || number == SIGTERM) return;
    if (number == SIGHUP) {
      notify_service_manager("RELOADING=1");
      (void)daemon.reload();  // logged by the daemon
      notify_service_manager("READY=1");
    }
    // No sign of life for an engine that stands still: the service manager will restart it.
    if (const auto heartbeat = daemon.heartbeat(); watchdog && heartbeat != last_heartbeat) {
      last_heartbeat = heartbeat;
      notify_service_manager("WATCHDOG=1");
    }
  }
}

// What is wrong with the flags, as a sentence.
std::optional<std::string> problem_of(const ServeOptions& options) {
  if (!log_level(options.log.level) ||
      (options.log.format != "logfmt" && options.log.format != "json"))
    return "--log.level is debug, info, warn or error; --log.format is logfmt or json";
  if (const auto site = site_of(options.external_url, options.route_prefix); !site)
    return site.error();
  if (!auto_reload_interval(options.auto_reload))
    return fmt::format(
        "--config.auto-reload-interval is a duration such as 30s, from {} on, or 0 for never",
        to_text(kAutoReloadMin));
  if (options.systemd_socket && !options.listen_addresses.empty())
    return "give either --web.systemd-socket or --web.listen-address";
  return std::nullopt;
}

// The error is what to print: one line for each that the file has.
std::expected<Config, std::string> config_of(const ServeOptions& options) {
  auto config = load_config(options.config_file);
  if (!config) {
    std::string lines;
    for (const auto& error : config.error()) lines += to_text(error) + "\n";
    std::error_code error;
    if (!std::filesystem::exists(options.config_file, error))
      lines +=
          "Write one: endpoints: [{provider: internlm}] is enough. `modelvane demo` needs none.\n";
    return std::unexpected(lines);
  }
  if (config->postgres && options.has_storage_flag)
    return std::unexpected(
        fmt::format("modelvane: {} keeps everything in storage.postgres, and --storage.path in a "
                    "folder: leave one of them out\n",
                    options.config_file));
  return std::move(*config);
}

Daemon::Options daemon_options(const ServeOptions& options, std::vector<int> sockets) {
  return {.config_file = options.config_file,
          .storage_path = options.storage_path,
          .listen_addresses = options.listen_addresses.empty() && sockets.empty()
                                  ? std::vector{std::string{kDefaultListenAddress}}
                                  : options.listen_addresses,
          .external_url = options.external_url,
          .route_prefix = options.route_prefix,
          .allowed_hosts = options.allowed_hosts,
          .web_config_file = options.web_config_file,
          .listen_descriptors = std::move(sockets),
          .auto_reload = *auto_reload_interval(options.auto_reload)};
}

void run_until_told_to_end(Daemon& daemon, const sigset_t& signals) {
  notify_service_manager("READY=1");
  wait_for_end(daemon, signals);
  notify_service_manager("STOPPING=1");
  log::info("stopping; an interrupt (Ctrl-C) ends at once");
  let_interrupt_end_at_once();
  daemon.stop();
  log::info("stopped");
}

}  // namespace

int serve(const ServeOptions& options) {
  // A reload that comes while the configuration is still being read is done after the start
  // (process.cpp holds it back from the very beginning, this one where that cannot). The others may
  // end the process until then.
  block({SIGHUP});
  // Nothing that the daemon writes is for others to read, whatever its caller's files are.
  ::umask(S_IRWXG | S_IRWXO);
  if (const auto problem = problem_of(options)) {
    fmt::print(stderr, "modelvane: {}\n", *problem);
    return 2;
  }
  log::set_up(*log_level(options.log.level), options.log.format == "json");
  auto config = config_of(options);
  if (!config) {
    fmt::print(stderr, "{}", config.error());
    return 2;
  }
  auto protection = load_protection(options.web_config_file);
  if (!protection) {
    fmt::print(stderr, "{}\n", fmt::join(protection.error(), "\n"));
    return 2;
  }
  std::expected<std::vector<int>, std::string> sockets;
  if (options.systemd_socket) sockets = take_service_manager_sockets();
  if (!sockets) {
    fmt::print(stderr, "modelvane: {}\n", sockets.error());
    return 1;
  }
  give_large_blocks_back();
  const auto descriptors = raise_descriptor_limit();
  const sigset_t signals = block_signals();
  const auto endpoints = config->endpoints.size();
  const auto webhooks = config->webhooks.size();
  Daemon daemon{daemon_options(options, std::move(*sockets))};
  if (const auto started = daemon.start(std::move(*config), std::move(*protection)); !started) {
    fmt::print(stderr, "modelvane: {}\n", started.error());
    return 1;
  }
  log::info("modelvane started",
            {{"version", MODELVANE_VERSION},
             {"address", fmt::format("{}", fmt::join(daemon.addresses(), ","))},
             {"descriptors", std::to_string(descriptors)},
             {"endpoints", std::to_string(endpoints)},
             {"webhooks", std::to_string(webhooks)},
             {"config_hash", daemon.config_hash()}});
  run_until_told_to_end(daemon, signals);
  return 0;
}

}  // namespace modelvane
