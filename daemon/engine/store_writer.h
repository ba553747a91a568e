// Owns the store and its thread: loads it (trying again until it can be had), then commits one
// batch at a time. When its session ends, it loads again.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "daemon/engine/commit_queue.h"

namespace modelvane {

class StoreWriter final : public CommitQueue {
 public:
  // `on_result` is called on the writer's thread after each result became takeable (it wakes the
  // engine).
  StoreWriter(std::unique_ptr<Store> store, std::function<void()> on_result);
  ~StoreWriter() override;

  // The engine's thread.
  void submit(std::shared_ptr<const Batch> batch) override;
  std::vector<CommitQueueResult> take() override;
  Duration trusted_until() const override { return store_->trusted_until(); }
  std::optional<ClusterView> cluster() const override { return store_->cluster(); }

 private:
  void run(const std::stop_token& stop);
  void load_until_it_works(const std::stop_token& stop);
  // False: the session has ended.
  bool commit(const Batch& batch);
  bool look();
  void wake();
  void report(CommitQueueResult result);

  std::mutex mutex_;  // guards what follows
  std::condition_variable_any changed_;
  std::shared_ptr<const Batch> waiting_;
  bool is_woken_ = false;  // the store has news
  std::vector<CommitQueueResult> results_;

  // The writer's thread only, but for trusted_until() and cluster(). It calls wake().
  const std::unique_ptr<Store> store_;
  std::uint64_t session_ = 0;  // the writer's thread only
  std::function<void()> on_result_;

  std::jthread thread_;  // last: stops before the rest goes
};

}  // namespace modelvane
