// What the system tests are made of: the real binary as a child process, servers that it talks to,
// and waiting for what is to happen. Nothing here sleeps for a guessed time: each wait ends when
// its condition holds, and its limit only bounds a failure.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "daemon/simulate/loopback_server.h"

namespace system_test {

// Long enough for a sanitized binary on a busy machine.
inline constexpr std::chrono::seconds kPatience{60};

// True as soon as `condition` is; false when it was not within `limit`.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = kPatience);

// A folder of its own for one test, removed at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }
  // Writes aside and renames, as an editor does; returns the file's path.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

// A child process whose output is read at once, so that it never blocks on a full pipe. Killed at
// the end if it still runs.
class Process {
 public:
  struct Options {
    std::vector<std::string> arguments{};
    std::map<std::string, std::string> environment{};  // added to the test's own
    std::string program{};                             // "" = the modelvane binary
  };

  explicit Process(Options options);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The first line, of standard output or error, that contains `text`, among those that came or
  // will come within `limit`. With `skip`, so many such lines are passed over.
  std::optional<std::string> wait_for_line(const std::string& text, int skip = 0,
                                           std::chrono::milliseconds limit = kPatience);
  void signal(int number) const;
  // The exit code, or minus the number of the signal that ended it; nullopt when it still runs
  // after `limit`.
  std::optional<int> wait(std::chrono::milliseconds limit = kPatience);
  bool is_running();
  // SIGKILL, and waits for the end.
  void kill();

  pid_t id() const { return id_; }
  std::string standard_output() const;
  std::string standard_error() const;
  // Both, for messages of failed tests.
  std::string transcript() const;

 private:
  void read_all(int out, int error);
  void take_status(int status);

  pid_t id_ = -1;
  std::optional<int> exit_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_;      // under mutex_
  std::string error_;    // under mutex_
  bool at_end_ = false;  // under mutex_: both pipes are closed
  std::jthread reader_;  // last: it uses everything above
};

// The value of `key` in a logfmt line, without quotes; "" when it is not there.
std::string logfmt_value(const std::string& line, const std::string& key);

// `modelvane serve` on a port of the kernel's choice, with its storage in `folder`.
class Serve {
 public:
  struct Options {
    std::map<std::string, std::string> environment{};
    std::string listen_address = "127.0.0.1:0";
    bool obeys_permissions =
        false;  // also as root: without the right to write where the mode forbids it
    std::vector<std::string> arguments{};  // further ones
  };

  // Writes `config` as modelvane.yml into the folder and waits until the daemon says where it
  // listens. Check is_up() then.
  Serve(const TempFolder& folder, const std::string& config, Options options);
  Serve(const TempFolder& folder, const std::string& config,
        std::map<std::string, std::string> environment = {})
      : Serve(folder, config, Options{.environment = std::move(environment)}) {}

  bool is_up() const { return !address_.empty(); }
  // "http://127.0.0.1:40123" + path
  std::string url(const std::string& path) const { return "http://" + address_ + path; }
  Process& process() { return process_; }

 private:
  Process process_;
  std::string address_;
};

// An upstream whose answer the test sets, also while it runs.
class FakeUpstream {
 public:
  using Answer =
      std::function<modelvane::simulated::ServedReply(const modelvane::simulated::ServedRequest&)>;

  explicit FakeUpstream(Answer answer);
  void answer_with(Answer answer);
  std::string url(const std::string& path = "/v1/models") const {
    return server_.base_url() + path;
  }
  std::uint64_t requests() const { return requests_; }
  // Waits until `more` further requests have begun, and so at least `more` - 1 were answered by the
  // present answer.
  bool wait_for_requests(std::uint64_t more);

 private:
  std::mutex mutex_;
  Answer answer_;  // under mutex_
  std::atomic<std::uint64_t> requests_{0};
  modelvane::simulated::LoopbackServer server_;  // last: its threads use everything above
};

// A good list in InternLM's shape: alias -> target.
modelvane::simulated::ServedReply model_list(const std::map<std::string, std::string>& targets,
                                             const std::vector<std::string>& models = {});

}  // namespace system_test
