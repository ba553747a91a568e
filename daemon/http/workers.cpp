#include "daemon/http/workers.h"

#include <utility>

namespace modelvane {

Workers::Workers(std::size_t threads, std::function<void()> finished)
    : finished_(std::move(finished)) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

Workers::~Workers() {
  for (auto& thread : threads_) thread.request_stop();
}

void Workers::submit(Job job) {
  {
    const std::scoped_lock lock{mutex_};
    waiting_.push_back(std::move(job));
  }
  changed_.notify_one();
}

std::vector<Workers::Rest> Workers::take() {
  const std::scoped_lock lock{mutex_};
  return std::exchange(done_, {});
}

void Workers::work(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); }) || stop.stop_requested())
      return;
    const auto job = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    auto rest = job();
    lock.lock();
    done_.push_back(std::move(rest));
    lock.unlock();
    finished_();
  }
}

}  // namespace modelvane
