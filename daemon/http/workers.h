// The threads that do what takes time: render answers, ask the store. A job runs on one of them and
// gives back what is left to do on the front's thread, which is told by a callback and runs it.
// Queues need no bound of their own: each entry belongs to one of the front's connections, or is
// the one read for all streams.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace modelvane {

class Workers {
 public:
  using Rest = std::function<void(std::chrono::steady_clock::time_point now)>;
  using Job = std::function<Rest()>;

  // `finished` is called from any of the threads.
  Workers(std::size_t threads, std::function<void()> finished);
  // Waits for the jobs under way; those that were not begun are dropped.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  void submit(Job job);
  std::vector<Rest> take();

 private:
  void work(const std::stop_token& stop);

  const std::function<void()> finished_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<Job> waiting_;  // under mutex_
  std::vector<Rest> done_;   // under mutex_

  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace modelvane
