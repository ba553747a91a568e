// How large the store is and how far back it goes, looked at now and then on a thread of its own: a
// disk that hangs delays no scrape.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "daemon/engine/snapshot.h"
#include "daemon/store/store.h"

namespace modelvane {

// The files of a storage folder, with what SQLite keeps beside the database: a log that grows is
// the first sign of a reader that stays.
std::uint64_t bytes_of_folder(const std::filesystem::path& folder);

class StoreWatch {
 public:
  // `events` is this watch's own way to read.
  // `size` in bytes; none = it cannot be told now.
  StoreWatch(std::function<std::optional<std::uint64_t>()> size, std::shared_ptr<EventLog> events);

  // Any thread.
  StoreView view() const;

 private:
  void look();

  const std::function<std::optional<std::uint64_t>()> size_;
  const std::shared_ptr<EventLog> events_;
  mutable std::mutex mutex_;
  StoreView view_;       // under mutex_
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace modelvane
