// The store as the engine sees it: batches go in, results come out later. StoreWriter is the real
// one (a thread of its own, so that a slow or hung disk delays announcements, never polls or
// scrapes); the simulator's decides when a commit lands or the power fails.
#pragma once

#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "daemon/store/store.h"
#include "daemon/text/time.h"

namespace modelvane {

struct BatchCommitted {
  Duration took{0};
  CommitReport report{};
};
// One of: what is stored of the shards that are ours (at the start, and after a session ended), the
// submitted batch is durable, something happened without us, or the try failed and nothing of the
// batch is durable. After an error of the kind Fenced the batch is not wanted again.
using CommitQueueResult = std::variant<Loaded, BatchCommitted, StoreNews, StoreError>;

class CommitQueue {
 public:
  virtual ~CommitQueue() = default;
  // At most one batch at a time: submit again only after its result was taken.
  virtual void submit(std::shared_ptr<const Batch> batch) = 0;
  virtual std::vector<CommitQueueResult> take() = 0;
  // As of Store.
  virtual Duration trusted_until() const { return Duration::max(); }
  virtual std::optional<ClusterView> cluster() const { return std::nullopt; }
};

}  // namespace modelvane
