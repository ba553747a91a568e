// Operators' requests through the shared database: each part of one goes to the owner of what it
// concerns. One thread.
#pragma once

#include "daemon/store/operator_desk.h"
#include "daemon/store/postgres.h"

namespace modelvane {

class PostgresDesk final : public OperatorDesk {
 public:
  explicit PostgresDesk(PostgresPlace place);

  std::expected<std::uint64_t, StoreError> submit(const OperatorRequest& request,
                                                  Time now) override;
  // Of all parts together.
  std::expected<std::optional<OperatorResult>, StoreError> result(std::uint64_t id) override;
  void wait(Duration longest) override;
  bool daemon_runs() const override { return true; }

 private:
  std::vector<std::pair<Shard, OperatorRequest>> parts_of(const OperatorRequest& request);

  KeptConnection kept_;
};

}  // namespace modelvane
