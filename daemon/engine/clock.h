// Time as the engine sees it: what is written into events (wall) and what schedules run on
// (steady). The simulator has its own.
#pragma once

#include "daemon/text/time.h"

namespace modelvane {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time wall() const = 0;
  // Never goes back, unaffected by clock corrections; the zero point means nothing.
  virtual Duration steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  Time wall() const override {
    return std::chrono::floor<Duration>(std::chrono::system_clock::now());
  }
  Duration steady() const override {
    return std::chrono::duration_cast<Duration>(
        std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace modelvane
