#include "daemon/engine/store_writer.h"

#include <utility>

namespace modelvane {
namespace {

// A disk that was full or unmounted is looked at again this often: quick enough for a person who watches, cheap enough for a
// week.
constexpr auto kLoadRetry = std::chrono::seconds{2};

}  // namespace

StoreWriter::StoreWriter(std::unique_ptr<Store> store, std::function<void()> on_result)
    : store_(std::move(store)), on_result_(std::move(on_result)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

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
  while (true) {
    std::shared_ptr<const Batch> batch;
    {
      std::unique_lock lock{mutex_};
      if (!changed_.wait(lock, stop, [this] { return waiting_ != nullptr; })) return;
      batch = std::move(waiting_);
      waiting_ = nullptr;
    }
    const auto started = std::chrono::steady_clock::now();
    auto result = store_->commit(*batch);
    const auto took = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - started);
    if (result) {
      report(JournalCommitted{took});
    } else {
      report(std::move(result.error()));
    }
  }
}

}  // namespace modelvane
