#include "daemon/commands/web_config_watch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "daemon/commands/stops_within.h"
#include "daemon/http/tls_context.h"
#include "daemon/log/log.h"

namespace modelvane {
namespace {

void log_warning(const LoadedProtection& loaded) {
  if (const auto warning = loaded.warning()) log::warn("web config", {{"warning", *warning}});
}

}  // namespace

std::optional<std::string> LoadedProtection::warning() const {
  const bool has_tls = protection != nullptr && protection->tls() != nullptr;
  return has_tls ? protection->tls()->problem_of_time() : std::nullopt;
}

std::expected<LoadedProtection, std::vector<std::string>> load_protection(const std::string& file) {
  LoadedProtection loaded;
  if (file.empty()) return loaded;
  loaded.files[file] = stamp_of(file);
  const auto config = load_web_config(file);
  if (!config) {
    std::vector<std::string> sentences;
    for (const auto& error : config.error()) sentences.push_back(to_text(error));
    return std::unexpected(std::move(sentences));
  }
  if (config->tls) {
    for (const auto& name :
         {config->tls->cert_file, config->tls->key_file, config->tls->client_ca_file}) {
      if (!name.empty()) loaded.files[name] = stamp_of(name);
    }
  }
  auto protection = Protection::make(*config);
  if (!protection)
    return std::unexpected(std::vector{fmt::format("{}: {}", file, protection.error())});
  loaded.protection = std::move(*protection);
  return loaded;
}

WebConfigWatch::WebConfigWatch(std::string file, LoadedProtection in_force, Apply apply,
                               std::chrono::milliseconds pause)
    : file_(std::move(file)),
      apply_(std::move(apply)),
      in_force_(std::move(in_force)),
      thread_([this, pause](const std::stop_token& stop) {
        while (!stops_within(stop, pause)) {
          const std::scoped_lock lock{mutex_};
          look();
        }
      }) {
  const std::scoped_lock lock{mutex_};
  log_warning(in_force_);
}

void WebConfigWatch::adopt(LoadedProtection loaded) {
  const std::scoped_lock lock{mutex_};
  in_force_ = std::move(loaded);
  log_warning(in_force_);
  apply_(in_force_.protection);
}

void WebConfigWatch::look() {
  Files now;
  for (const auto& [name, stamp] : in_force_.files) now[name] = stamp_of(name);
  // What still changes is left alone: certificate and key are renewed one after the other.
  if (std::exchange(seen_, now) != now || now == in_force_.files) return;
  auto loaded = load_protection(file_);
  if (loaded) {
    in_force_ = std::move(*loaded);
    last_error_.clear();
    apply_(in_force_.protection);
    log::info("web config: the changed files are in force", {{"file", file_}});
    log_warning(in_force_);
    return;
  }
  auto error = fmt::format("{}", fmt::join(loaded.error(), "; "));
  if (error != last_error_)
    log::error("web config: the changed files are not used", {{"error", error}});
  last_error_ = std::move(error);
}

}  // namespace modelvane
