// Operators' requests through the database of a storage folder, also while a daemon has it open.
// One thread.
#pragma once

#include <filesystem>
#include <memory>

#include "daemon/store/operator_desk.h"

namespace modelvane {

class Database;

class SqliteDesk final : public OperatorDesk {
 public:
  explicit SqliteDesk(std::filesystem::path folder);
  ~SqliteDesk() override;
  SqliteDesk(const SqliteDesk&) = delete;
  SqliteDesk& operator=(const SqliteDesk&) = delete;

  std::expected<std::uint64_t, StoreError> submit(const OperatorRequest& request,
                                                  Time now) override;
  std::expected<std::optional<OperatorResult>, StoreError> result(std::uint64_t id) override;
  void wait(Duration longest) override;
  bool daemon_runs() const override;

 private:
  std::expected<Database*, StoreError> open();

  const std::filesystem::path folder_;
  int watch_ = -1;  // inotify on the folder
  std::unique_ptr<Database> database_;
};

}  // namespace modelvane
