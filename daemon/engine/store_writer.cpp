#include "daemon/engine/store_writer.h"

#include <utility>

namespace modelvane {
namespace {

// A disk that was full or unmounted is looked at again this often: quick enough for a person who
// watches, cheap enough for a week.
constexpr auto kLoadRetry = std::chrono::seconds{2};
// How long an operator's command waits at most until the daemon notices it. A look costs
// microseconds.
constexpr auto kLookForRequests = std::chrono::seconds{1};

}  // namespace

StoreWriter::StoreWriter(std::unique_ptr<Store> store, std::function<void()> on_result)
    : store_(std::move(store)),
      on_result_(std::move(on_result)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

StoreWriter::~StoreWriter() = default;

void StoreWriter::submit(std::shared_ptr<const Batch> batch) {
  const std::scoped_lock lock{mutex_};
  waiting_ = std::move(batch);
  changed_.notify_one();
}

std::vector<JournalResult> StoreWriter::take() {
  const std::scoped_lock lock{mutex_};
  return std::exchange(results_, {});
}

void StoreWriter::report(JournalResult result) {
  {
    const std::scoped_lock lock{mutex_};
    results_.push_back(std::move(result));
  }
  on_result_();
}

void StoreWriter::load_until_it_works(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    auto loaded = store_->load();
    if (loaded) return report(std::move(*loaded));
    report(std::move(loaded.error()));
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, stop, kLoadRetry, [] { return false; });
  }
}

void StoreWriter::run(const std::stop_token& stop) {
  load_until_it_works(stop);
  auto next_look = std::chrono::steady_clock::now();
  while (true) {
    std::shared_ptr<const Batch> batch;
    {
      std::unique_lock lock{mutex_};
      changed_.wait_until(lock, stop, next_look, [this] { return waiting_ != nullptr; });
      batch = std::exchange(waiting_, nullptr);
    }
    if (batch) commit(*batch);
    if (!batch && stop.stop_requested()) return;
    if (std::chrono::steady_clock::now() < next_look) continue;
    look_for_requests();
    next_look = std::chrono::steady_clock::now() + kLookForRequests;
  }
}

void StoreWriter::commit(const Batch& batch) {
  const auto started = std::chrono::steady_clock::now();
  auto result = store_->commit(batch);
  const auto took =
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - started);
  if (result) {
    report(JournalCommitted{took, std::move(*result)});
  } else {
    report(std::move(result.error()));
  }
}

// A store that cannot be read now is looked into again; the batches tell what is wrong with it.
void StoreWriter::look_for_requests() {
  auto tasks = store_->new_requests();
  if (tasks && !tasks->empty()) report(std::move(*tasks));
}

}  // namespace modelvane
