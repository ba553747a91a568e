// The commands' and the API's end of operators' requests (operator_request.h): puts one into the
// store, where the daemons find it, and reads its result. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>

#include "daemon/store/operator_request.h"
#include "daemon/store/store.h"

namespace modelvane {

class OperatorDesk {
 public:
  virtual ~OperatorDesk() = default;
  // Durable when it returns. The id is for result().
  virtual std::expected<std::uint64_t, StoreError> submit(const OperatorRequest& request,
                                                          Time now) = 0;
  // nullopt: not applied yet.
  virtual std::expected<std::optional<OperatorResult>, StoreError> result(std::uint64_t id) = 0;
  // Returns when something may have been written, at the latest after `longest`.
  virtual void wait(Duration longest) = 0;
  // Whether some daemon works on the store right now.
  virtual bool daemon_runs() const = 0;
};

}  // namespace modelvane
