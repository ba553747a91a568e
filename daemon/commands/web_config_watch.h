// --web.config.file in force: a server's protection is what the file, and the certificates that it
// names, hold now. They are looked at once a second on a thread of its own, since a renewed
// certificate comes without a signal.
#pragma once

#include <chrono>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/config/file_stamp.h"
#include "daemon/web/protection.h"

namespace modelvane {

struct LoadedProtection {
  std::shared_ptr<const Protection> protection;  // null = none is wanted
  std::map<std::string, std::optional<FileStamp>>
      files{};  // what it was made from, as they were just before
  // What works, but hardly as it is meant; a sentence.
  std::optional<std::string> warning() const;
};

// "" = no file, no protection. The errors are sentences, those within the file with their position.
std::expected<LoadedProtection, std::vector<std::string>> load_protection(const std::string& file);

class WebConfigWatch {
 public:
  using Apply = std::function<void(std::shared_ptr<const Protection>)>;

  // `apply` is called with what comes of a changed file, from the watch's thread or adopt(), never
  // from both at once. Content that is no good is said in the log, and everything stays as it was.
  WebConfigWatch(std::string file, LoadedProtection in_force, Apply apply,
                 std::chrono::milliseconds pause = std::chrono::seconds{1});

  // Any thread.
  void adopt(LoadedProtection loaded);

 private:
  using Files = std::map<std::string, std::optional<FileStamp>>;

  void look();

  const std::string file_;
  const Apply apply_;
  std::mutex mutex_;
  LoadedProtection in_force_;  // under mutex_
  Files seen_;                 // under mutex_
  std::string last_error_;     // under mutex_
  std::jthread thread_;        // last: it ends before what it uses
};

}  // namespace modelvane
