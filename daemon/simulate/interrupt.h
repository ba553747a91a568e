// Ctrl-C for commands that run until told to stop. Make one before any thread starts: the
// constructor blocks SIGINT and SIGTERM in the calling thread, threads inherit that, and wait()
// takes them synchronously. No handler runs, so nothing has to be signal-safe.
#pragma once

#include <csignal>

#include "daemon/text/time.h"

namespace modelvane::simulated {

class Interrupt {
 public:
  Interrupt();
  // Puts the former mask back. A second Ctrl-C, pressed while the command was ending, counts as the
  // first.
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  // Sleeps for `span`, or less when a signal comes. True: stop now.
  bool wait(Duration span);

 private:
  sigset_t watched_{};
  sigset_t former_{};
};

}  // namespace modelvane::simulated
