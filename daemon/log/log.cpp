#include "daemon/log/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <atomic>
#include <memory>

namespace modelvane::log {
namespace {

std::atomic<bool> writes_json{false};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::Debug: return spdlog::level::debug;
    case Level::Info: return spdlog::level::info;
    case Level::Warn: return spdlog::level::warn;
    case Level::Error: return spdlog::level::err;
  }
  return spdlog::level::info;
}

// Made at the first line, so that a warning before set_up() is not lost. Never destroyed: threads
// may log while the process ends.
spdlog::logger& logger() {
  static spdlog::logger* const kLogger = [] {
    auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    // The line is complete: spdlog adds its end, and keeps lines of several threads apart.
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    auto* const made = new spdlog::logger("modelvane", std::move(sink));
    made->set_level(spdlog::level::info);
    // A standard error that cannot be written (a full disk) must not end the process, and there is
    // nowhere to complain.
    made->set_error_handler([](const std::string&) {});
    return made;
  }();
  return *kLogger;
}

}  // namespace

void set_up(Level level, bool json) {
  writes_json = json;
  logger().set_level(to_spdlog(level));
}

void write(Level level, std::string_view message, std::initializer_list<Field> fields) {
  if (!logger().should_log(to_spdlog(level))) return;
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const std::span<const Field> all{fields.begin(), fields.size()};
  const auto line =
      writes_json ? json_line(now, level, message, all) : logfmt_line(now, level, message, all);
  logger().log(to_spdlog(level), spdlog::string_view_t{line});
}

}  // namespace modelvane::log
