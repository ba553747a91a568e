#include "daemon/commands/config_watch.h"

#include <utility>

#include "daemon/commands/stops_within.h"
#include "daemon/config/include.h"

namespace modelvane {
namespace {

// Files that are written one after the other, or in pieces, are left alone until they stay the
// same for so long.
constexpr std::chrono::milliseconds kSettling{200};

}  // namespace

ConfigWatch::ConfigWatch(std::string file, const Config& in_force, std::chrono::nanoseconds pause,
                         std::function<void()> changed)
    : file_(std::move(file)),
      globs_(in_force.include),
      in_force_(in_force.files),
      thread_([this, pause, changed = std::move(changed)](const std::stop_token& stop) {
        while (!stops_within(stop, pause)) {
          if (!is_changed()) continue;
          if (stops_within(stop, kSettling)) return;
          if (is_settled()) changed();
        }
      }) {}

void ConfigWatch::adopt(const Config& in_force) {
  const std::scoped_lock lock{mutex_};
  globs_ = in_force.include;
  in_force_ = in_force.files;
}

void ConfigWatch::stop() {
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

ConfigWatch::Files ConfigWatch::files_now(const std::vector<std::string>& globs) const {
  Files files{{file_, stamp_of(file_)}};
  for (const auto& file : files_matching(globs)) files[file] = stamp_of(file);
  return files;
}

// What is there now, where it is not what is in force.
bool ConfigWatch::is_changed() {
  std::vector<std::string> globs;
  {
    const std::scoped_lock lock{mutex_};
    globs = globs_;
  }
  seen_ = files_now(globs);
  const std::scoped_lock lock{mutex_};
  return seen_ != in_force_;
}

bool ConfigWatch::is_settled() {
  std::vector<std::string> globs;
  {
    const std::scoped_lock lock{mutex_};
    globs = globs_;
  }
  if (files_now(globs) != seen_) return false;  // at the next look
  const std::scoped_lock lock{mutex_};
  in_force_ = seen_;
  return true;
}

}  // namespace modelvane
