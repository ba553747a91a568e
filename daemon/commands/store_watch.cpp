#include "daemon/commands/store_watch.h"

#include <chrono>
#include <system_error>
#include <utility>

#include "daemon/commands/stops_within.h"
#include "daemon/store/sqlite_store.h"

namespace modelvane {
namespace {

// Once in the usual distance of scrapes.
constexpr std::chrono::seconds kMeasuredEvery{15};

}  // namespace

std::uint64_t bytes_of_folder(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  for (const auto* ending : {"", "-wal", "-shm"}) {
    std::error_code error;
    const auto size = std::filesystem::file_size(database_file(folder).string() + ending, error);
    if (!error) bytes += size;
  }
  return bytes;
}

StoreWatch::StoreWatch(std::function<std::optional<std::uint64_t>()> size,
                       std::shared_ptr<EventLog> events)
    : size_(std::move(size)),
      events_(std::move(events)),
      thread_([this](const std::stop_token& stop) {
        do {
          look();
        } while (!stops_within(stop, kMeasuredEvery));
      }) {}

StoreView StoreWatch::view() const {
  const std::scoped_lock lock{mutex_};
  return view_;
}

void StoreWatch::look() {
  const auto bytes = size_();
  StoreView seen{.bytes = bytes.value_or(0), .oldest_event = {}};
  EventFilter first;
  first.after_sequence = 0;
  first.limit = 1;
  const auto events = events_->events(first);
  if (events && !events->empty()) seen.oldest_event = events->front().time;
  const std::scoped_lock lock{mutex_};
  // A store that cannot be read at the moment is no younger and no smaller for it.
  if (!bytes) seen.bytes = view_.bytes;
  if (!events) seen.oldest_event = view_.oldest_event;
  view_ = seen;
}

}  // namespace modelvane
