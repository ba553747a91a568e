// The past in a database that several daemons share. Any thread; queries take turns on a connection
// of their own.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "daemon/store/postgres.h"

namespace modelvane {

class PostgresEventLog final : public EventLog {
 public:
  explicit PostgresEventLog(PostgresPlace place);

  std::expected<std::vector<StoredEvent>, StoreError> events(const EventFilter& filter) override;
  std::expected<std::vector<DeliveryRow>, StoreError> deliveries(
      const DeliveryFilter& filter) override;
  std::expected<std::vector<PastSpan>, StoreError> past(const PastFilter& filter) override;
  // All tables of the schema with their indexes.
  std::expected<std::uint64_t, StoreError> bytes();

 private:
  template <typename Read>
  auto ask(Read read) -> std::expected<std::invoke_result_t<Read, PostgresConnection&>, StoreError>;

  std::mutex mutex_;  // guards kept_
  KeptConnection kept_;
};

}  // namespace modelvane
