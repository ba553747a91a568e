#include "daemon/log/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <mutex>

#include "daemon/log/line_writer.h"

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

std::string line_of(Level level, std::string_view message, std::span<const Field> fields) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return writes_json ? json_line(now, level, message, fields)
                     : logfmt_line(now, level, message, fields);
}

std::string left_out(std::uint64_t lines) {
  const Field fields[]{{"lines", std::to_string(lines)}};
  return line_of(Level::Warn, "lines of the log are missing here: nobody took them", fields);
}

class StandardError final : public spdlog::sinks::base_sink<std::mutex> {
 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    writer_.write({line.data(), line.size()});
  }
  void flush_() override {}

  LineWriter writer_{STDERR_FILENO, left_out};
};

// Made at the first line, so that a warning before set_up() is not lost. Never destroyed: threads
// may log while the process ends.
spdlog::logger& logger() {
  static spdlog::logger* const kLogger = [] {
    auto sink = std::make_shared<StandardError>();
    // The line is complete: spdlog adds its end, and keeps lines of several threads apart.
    sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    auto* const made = new spdlog::logger("modelvane", std::move(sink));
    made->set_level(spdlog::level::info);
    // What goes wrong here must not end the process, and there is nowhere to complain.
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
  const auto line = line_of(level, message, {fields.begin(), fields.size()});
  logger().log(to_spdlog(level), spdlog::string_view_t{line});
}

}  // namespace modelvane::log
