#include "daemon/web/workers.h"

namespace modelvane {

Workers::Workers(std::size_t threads, std::function<std::string(const RequestHead&)> answer, std::function<void()> finished)
    : answer_(std::move(answer)), finished_(std::move(finished)) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
}

Workers::~Workers() {
  for (auto& thread : threads_) thread.request_stop();
}

void Workers::submit(std::uint64_t ticket, RequestHead head) {
  {
    const std::scoped_lock lock{mutex_};
    waiting_.emplace_back(ticket, std::move(head));
  }
  changed_.notify_one();
}

std::vector<Workers::Answer> Workers::take() {
  const std::scoped_lock lock{mutex_};
  return std::exchange(answers_, {});
}

void Workers::work(const std::stop_token& stop) {
  while (true) {
    std::unique_lock lock{mutex_};
    if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); }) || stop.stop_requested()) return;
    const auto [ticket, head] = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    auto bytes = answer_(head);
    lock.lock();
    answers_.push_back({ticket, std::move(bytes)});
    lock.unlock();
    finished_();
  }
}

}  // namespace modelvane
