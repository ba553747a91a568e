// service_discovery at work: looks at files every second and asks URLs every `refresh`, on a thread
// of its own, so that a list that is slow to come holds nobody up. What counts is the last good
// list of each source: it outlives answers that are no list, and, kept in a file of the storage
// folder, restarts while a source is away. A list counts as a whole or not at all.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_set>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/file_stamp.h"
#include "daemon/config/target_groups.h"
#include "daemon/engine/snapshot.h"
#include "daemon/transport/transport.h"

namespace modelvane {

class TargetWatch {
 public:
  // `changed` is called from the watch's thread when another list counts.
  TargetWatch(std::string storage_path, std::function<void()> changed);
  ~TargetWatch();
  TargetWatch(const TargetWatch&) = delete;
  TargetWatch& operator=(const TargetWatch&) = delete;

  enum class When { AtStart, AtReload };
  // The sources of `config` from now on; those that were there keep their lists. Files are read at
  // once. A list that does not go with the configuration fails a reload, and then nothing is
  // changed; at the start it is left out, so that the rest is watched.
  std::expected<void, std::string> adopt(const Config& config, When when);
  // Looks and asks from now on, if there is a source.
  void start();
  // No `changed` after it.
  void stop();
  // `config`, which was adopted last, with the endpoints of the lists behind its own.
  Config complete(Config config) const;
  std::vector<DiscoveryView> view() const;

 private:
  using Stamps = std::map<std::string, std::optional<FileStamp>>;
  struct Source;
  struct Look;
  static Look look_at(const DiscoverySource& source);
  static Look judge(const DiscoverySource& source, std::expected<TargetGroups, std::string> groups);
  struct Job;

  void run(const std::stop_token& stop);
  std::vector<Job> due_jobs(Duration now);
  bool take(const Look& look);
  std::optional<std::string> clash(const Source& source, const Endpoints& endpoints) const;
  bool look_at_files();
  bool ask_urls();
  void fail(Source& source, const std::string& sentence);
  void count(Source& source, const Look& look);
  void load_kept();
  void keep();

  const std::string kept_file_;
  const std::function<void()> changed_;
  std::map<std::string, TargetGroups> kept_;  // by key: from before the start
  std::unique_ptr<Transport> network_;
  std::unique_ptr<Transport> transport_;  // over it; the thread's, but for wake()
  mutable std::mutex mutex_;
  std::vector<Source> sources_;                // under mutex_, as all below
  std::unordered_set<std::string> own_names_;  // of endpoints that the configuration itself has
  std::size_t endpoints_max_ = kEndpointsMax;
  std::optional<EgressRules> egress_;  // not yet told to the transport
  bool is_unkept_ = false;             // a list is newer than the file
  std::uint64_t last_ticket_ = 0;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace modelvane
