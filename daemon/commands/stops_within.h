// The pause of a thread that looks at something now and then.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace modelvane {

// True as soon as the thread is asked to stop; false after `span`.
inline bool stops_within(const std::stop_token& stop, std::chrono::nanoseconds span) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock{mutex};
  return ended.wait_for(lock, stop, span, [&] { return stop.stop_requested(); });
}

}  // namespace modelvane
