// Structured log lines on standard error, logfmt or JSON, one event per line. Any thread. Values
// are escaped; control characters never reach the terminal. Callers pass no secret.
#pragma once

#include <initializer_list>
#include <string_view>

#include "daemon/log/line.h"

namespace modelvane::log {

void set_up(Level level, bool json);
void write(Level level, std::string_view message, std::initializer_list<Field> fields = {});
inline void debug(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::Debug, m, f);
}
inline void info(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::Info, m, f);
}
inline void warn(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::Warn, m, f);
}
inline void error(std::string_view m, std::initializer_list<Field> f = {}) {
  write(Level::Error, m, f);
}

}  // namespace modelvane::log
