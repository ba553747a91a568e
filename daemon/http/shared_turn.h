// Work that several threads ask for at the same time and that one does for all. Nobody gets a
// result whose making was begun before it asked. A result lives as long as somebody holds it.
#pragma once

#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>

namespace modelvane {

template <class T>
class SharedTurn {
 public:
  // Calls `make` or waits for another's; what it throws is thrown to all who wait for it.
  template <class Make>
  T get(const Make& make) {
    std::unique_lock lock{mutex_};
    if (!next_) next_ = std::make_shared<Turn>();
    const auto turn = next_;
    ended_.wait(lock, [&] { return turn->is_done || !is_running_; });
    if (!turn->is_done) {
      is_running_ = true;
      next_.reset();
      lock.unlock();
      run(*turn, make);
      lock.lock();
      turn->is_done = true;
      is_running_ = false;
      ended_.notify_all();
    }
    if (turn->error) std::rethrow_exception(turn->error);
    return *turn->result;
  }

 private:
  // Result and error belong to the thread that makes them, until it is done.
  struct Turn {
    std::optional<T> result;
    std::exception_ptr error;
    bool is_done = false;  // under mutex_
  };

  template <class Make>
  static void run(Turn& turn, const Make& make) {
    try {
      turn.result = make();
    } catch (...) {
      turn.error = std::current_exception();
    }
  }

  std::mutex mutex_;
  std::condition_variable ended_;
  std::shared_ptr<Turn> next_;  // under mutex_: has not begun
  bool is_running_ = false;     // under mutex_
};

}  // namespace modelvane
