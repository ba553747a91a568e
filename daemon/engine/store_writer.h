// Owns the store and its thread: loads it (trying again until the disk lets it), then commits one
// batch at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "daemon/engine/journal.h"

namespace modelvane {

class StoreWriter final : public Journal {
 public:
  // `on_result` is called on the writer's thread after each result became takeable (it wakes the
  // engine).
  StoreWriter(std::unique_ptr<Store> store, std::function<void()> on_result);
  ~StoreWriter() override;

  // The engine's thread.
  void submit(std::shared_ptr<const Batch> batch) override;
  std::vector<JournalResult> take() override;

 private:
  void run(const std::stop_token& stop);
  void load_until_it_works(const std::stop_token& stop);
  void commit(const Batch& batch);
  void look_for_requests();
  void report(JournalResult result);

  std::unique_ptr<Store> store_;  // the writer's thread only
  std::function<void()> on_result_;

  std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  std::shared_ptr<const Batch> waiting_;
  std::vector<JournalResult> results_;

  std::jthread thread_;  // last: stops before the rest goes
};

}  // namespace modelvane
