// Where several daemons share one store: puts down what this one shows of its endpoints, and takes
// in what the others put down, every few seconds on a thread of its own. A database that is away
// makes what is known of the others older, nothing else.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "daemon/engine/snapshot.h"
#include "daemon/store/postgres_views.h"

namespace modelvane {

class ReplicaWatch {
 public:
  ReplicaWatch(PostgresPlace place, const std::string& replica, std::function<Snapshot()> snapshot);

  // By name of the endpoint; never null. Any thread.
  std::shared_ptr<const std::vector<RemoteEndpoint>> view() const;

 private:
  void look();
  void tell(const Snapshot& snapshot);
  void listen();

  const std::function<Snapshot()> snapshot_;
  // The thread's own.
  PostgresViews views_;
  std::map<std::string, std::shared_ptr<const EndpointView>> told_;
  bool is_tidy_ = false;  // what was put down of endpoints that are gone has gone, too

  mutable std::mutex mutex_;
  std::shared_ptr<const std::vector<RemoteEndpoint>> others_;  // under mutex_
  std::jthread thread_;                                        // last: it ends before what it uses
};

}  // namespace modelvane
