// --config.auto-reload-interval: looks at the configuration's files, and for further ones that its
// globs match by now, and asks for a reload when they are others than those in force.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/config/config.h"
#include "daemon/config/file_stamp.h"

namespace modelvane {

class ConfigWatch {
 public:
  // `changed` is called from the watch's thread.
  ConfigWatch(std::string file, const Config& in_force, std::chrono::nanoseconds pause,
              std::function<void()> changed);

  // What a reload has read. Any thread.
  void adopt(const Config& in_force);
  // No `changed` after it.
  void stop();

 private:
  using Files = std::map<std::string, std::optional<FileStamp>>;

  Files files_now(const std::vector<std::string>& globs) const;
  bool is_changed();
  bool is_settled();

  const std::string file_;
  std::mutex mutex_;
  std::vector<std::string> globs_;  // under mutex_
  Files in_force_;                  // under mutex_; of a file with errors what was tried
  Files seen_;                      // the thread's own
  std::jthread thread_;             // last: it ends before what it uses
};

}  // namespace modelvane
