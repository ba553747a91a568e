// The commands' end of operators' requests (operator_request.h): writes one into the database of a
// storage folder, also while a daemon has it open, and reads its result. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>

#include "daemon/store/operator_request.h"
#include "daemon/store/store.h"

namespace modelvane {

class Database;

class OperatorDesk {
 public:
  explicit OperatorDesk(std::filesystem::path folder);
  ~OperatorDesk();
  OperatorDesk(const OperatorDesk&) = delete;
  OperatorDesk& operator=(const OperatorDesk&) = delete;

  // Durable when it returns. The id is for result().
  std::expected<std::uint64_t, StoreError> submit(const OperatorRequest& request, Time now);
  // nullopt: not applied yet.
  std::expected<std::optional<OperatorResult>, StoreError> result(std::uint64_t id);
  // Returns when something was written to the database, at the latest after `longest`.
  void wait(Duration longest);
  // Whether some daemon works on the folder right now.
  bool daemon_runs() const;

 private:
  std::expected<Database*, StoreError> open();

  const std::filesystem::path folder_;
  int watch_ = -1;  // inotify on the folder
  std::unique_ptr<Database> database_;
};

}  // namespace modelvane
