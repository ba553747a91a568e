// How the cluster stands, as one replica sees it: for metrics, page and API.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "daemon/text/time.h"

namespace modelvane {

struct ReplicaView {
  std::string name;
  std::string address;  // where people reach it; "" = not told
  std::string version;
  std::string host;
  std::size_t shards = 0;
  Duration lease_left{0};
  std::string config_hash;
};

struct ClusterView {
  std::string replica;  // this one
  std::size_t shards = 0;
  std::size_t owned = 0;
  std::size_t wanted = 0;       // that this replica should own
  std::size_t unowned = 0;      // nobody's
  Duration trusted_for{0};      // so long it may send; 0 = its session has ended, or is not renewed
  std::uint64_t takeovers = 0;  // sessions of others that this replica ended
  std::uint64_t fenced = 0;     // sessions of its own that others ended
  std::uint64_t repeated = 0;   // deliveries that somebody may have made before
  std::uint64_t rewound = 0;    // times that the database had forgotten what it had acknowledged
  bool is_synchronous = false;  // an acknowledged commit survives the loss of the primary
  std::string config_hash;
  bool config_differs = false;        // live replicas have different configurations
  std::vector<ReplicaView> replicas;  // by name; those that live
};

}  // namespace modelvane
