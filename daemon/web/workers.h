// The threads that render answers. Requests go in with a ticket, finished answers come out to be taken by the front's thread,
// which is told by a callback. Queues need no bound of their own: each entry belongs to one of the front's connections.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/web/request_head.h"

namespace modelvane {

class Workers {
 public:
  // `answer` yields the complete bytes of an answer and is called from several threads at once; `finished` from any of them.
  Workers(std::size_t threads, std::function<std::string(const RequestHead&)> answer, std::function<void()> finished);
  // Waits for the requests being answered; those that were not begun are dropped.
  ~Workers();
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  struct Answer {
    std::uint64_t ticket = 0;
    std::string bytes;
  };

  void submit(std::uint64_t ticket, RequestHead head);
  std::vector<Answer> take();

 private:
  void work(const std::stop_token& stop);

  const std::function<std::string(const RequestHead&)> answer_;
  const std::function<void()> finished_;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::pair<std::uint64_t, RequestHead>> waiting_;  // under mutex_
  std::vector<Answer> answers_;                                // under mutex_

  std::vector<std::jthread> threads_;  // last: they end before what they use
};

}  // namespace modelvane
