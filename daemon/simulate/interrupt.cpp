#include "daemon/simulate/interrupt.h"

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace modelvane::simulated {

Interrupt::Interrupt() {
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGINT);
  sigaddset(&watched_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &watched_, &former_);
}

Interrupt::~Interrupt() {
  const timespec at_once{};
  while (sigtimedwait(&watched_, nullptr, &at_once) > 0) continue;
  pthread_sigmask(SIG_SETMASK, &former_, nullptr);
}

bool Interrupt::wait(Duration span) {
  const auto end = std::chrono::steady_clock::now() + span;
  while (true) {
    const auto left =
        std::max(std::chrono::nanoseconds{0}, std::chrono::duration_cast<std::chrono::nanoseconds>(
                                                  end - std::chrono::steady_clock::now()));
    const timespec limit{.tv_sec = left.count() / 1'000'000'000,
                         .tv_nsec = left.count() % 1'000'000'000};
    if (sigtimedwait(&watched_, nullptr, &limit) > 0) return true;
    // Another signal (SIGCONT after Ctrl-Z) ends the wait with EINTR: go on with what is left.
    if (errno != EINTR) return false;
  }
}

}  // namespace modelvane::simulated
