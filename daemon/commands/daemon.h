// The whole daemon as one object: board, transport, store writer, engine thread and web server,
// wired and taken down in order. Used by `serve`, `demo` and nothing else. start(), reload() and
// stop() belong to one thread.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/commands/web_config_watch.h"
#include "daemon/config/config.h"

namespace modelvane {

class Daemon {
 public:
  struct Options {
    std::string config_file;   // read again by reload(); "" = nothing to reload
    std::string storage_path;  // folder, made when missing
    std::vector<std::string> listen_addresses;
    std::string external_url;
    std::optional<std::string> route_prefix;
    std::vector<std::string> allowed_hosts{};
    std::string web_config_file;            // "" = everybody may ask, in clear text
    std::vector<int> listen_descriptors{};  // sockets that listen already
    Duration auto_reload{0};                // how often the files are looked at; 0 = never
  };

  explicit Daemon(Options options);
  ~Daemon();
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;

  // The error is a sentence: an address is taken, the store belongs to another daemon or may not be
  // written. A disk that is full or away is no error: polling starts, the store is tried on.
  std::expected<void, std::string> start(Config config, LoadedProtection protection = {});
  // Bound addresses, "127.0.0.1:10178".
  std::vector<std::string> addresses() const;
  // All of the changed file or nothing of it. Any thread.
  std::expected<void, std::string> reload();
  // What people and logs know the configuration in effect by: 64 hexadecimal digits over all that
  // it says, without secrets.
  std::string config_hash() const;
  // Counts the engine's turns, for a watchdog.
  std::uint64_t heartbeat() const;
  // Drains within 10 s. Also done by the destructor.
  void stop();

 private:
  struct Parts;
  void take_over_targets();
  Options options_;
  // What a reload does not change.
  std::optional<PostgresConfig> shared_store_;
  ClusterConfig cluster_;
  std::unique_ptr<Parts> parts_;
};

}  // namespace modelvane
