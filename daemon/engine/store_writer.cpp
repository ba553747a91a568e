#include "daemon/engine/store_writer.h"

#include <algorithm>
#include <utility>

namespace modelvane {
namespace {

// A disk that was full or unmounted is looked at again this often: quick enough for a person who
// watches, cheap enough for a week.
constexpr auto kLoadRetry = std::chrono::seconds{2};
// How long an operator's command waits at most until the daemon notices it, and what another daemon
// did. A look costs microseconds.
constexpr auto kLookAgain = std::chrono::seconds{1};
// When the store says that there is news, it is looked at sooner; of many events in a row not each
// one makes a look.
constexpr auto kLooksApart = std::chrono::milliseconds{100};

}  // namespace

StoreWriter::StoreWriter(std::unique_ptr<Store> store, std::function<void()> on_result)
    : store_(std::move(store)),
      on_result_(std::move(on_result)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

StoreWriter::~StoreWriter() = default;

void StoreWriter::wake() {
  const std::scoped_lock lock{mutex_};
  is_woken_ = true;
  changed_.notify_one();
}

void StoreWriter::submit(std::shared_ptr<const Batch> batch) {
  const std::scoped_lock lock{mutex_};
  waiting_ = std::move(batch);
  changed_.notify_one();
}

std::vector<CommitQueueResult> StoreWriter::take() {
  const std::scoped_lock lock{mutex_};
  return std::exchange(results_, {});
}

void StoreWriter::report(CommitQueueResult result) {
  {
    const std::scoped_lock lock{mutex_};
    results_.push_back(std::move(result));
  }
  on_result_();
}

void StoreWriter::load_until_it_works(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    auto loaded = store_->load();
    if (loaded) {
      session_ = loaded->session;
      return report(std::move(*loaded));
    }
    report(std::move(loaded.error()));
    std::unique_lock lock{mutex_};
    changed_.wait_for(lock, stop, kLoadRetry, [] { return false; });
  }
}

void StoreWriter::run(const std::stop_token& stop) {
  store_->when_there_is_news([this] { wake(); });
  load_until_it_works(stop);
  auto last_look = std::chrono::steady_clock::now() - kLooksApart;
  auto next_look = std::chrono::steady_clock::now();
  while (true) {
    std::shared_ptr<const Batch> batch;
    {
      std::unique_lock lock{mutex_};
      changed_.wait_until(lock, stop, next_look,
                          [this] { return waiting_ != nullptr || is_woken_; });
      batch = std::exchange(waiting_, nullptr);
      if (std::exchange(is_woken_, false)) next_look = std::min(next_look, last_look + kLooksApart);
    }
    bool is_ours = !batch || commit(*batch);
    if (!batch && stop.stop_requested()) return;
    if (is_ours && std::chrono::steady_clock::now() >= next_look) {
      is_ours = look();
      last_look = std::chrono::steady_clock::now();
      next_look = last_look + kLookAgain;
    }
    if (!is_ours) load_until_it_works(stop);
  }
}

bool StoreWriter::commit(const Batch& batch) {
  // Decided before the engine heard that its session has ended: it has been forgotten there.
  if (batch.session != session_) return true;
  const auto started = std::chrono::steady_clock::now();
  auto result = store_->commit(batch);
  const auto took =
      std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - started);
  if (result) {
    report(BatchCommitted{took, std::move(*result)});
    return true;
  }
  const bool is_ours = result.error().kind != StoreError::Kind::Fenced;
  report(std::move(result.error()));
  return is_ours;
}

// A store that cannot be read now is looked into again; the batches tell what is wrong with it.
bool StoreWriter::look() {
  auto news = store_->look();
  if (!news) {
    if (news.error().kind != StoreError::Kind::Fenced) return true;
    report(std::move(news.error()));
    return false;
  }
  const bool is_empty = !news->gained && news->wanted.empty() && news->deliveries.empty() &&
                        news->requests.empty() && !news->last_sequence;
  if (!is_empty) report(std::move(*news));
  return true;
}

}  // namespace modelvane
