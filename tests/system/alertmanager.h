// A real Alertmanager as a child process, with a webhook receiver of ours: what it holds, and whom
// it notified of what.
#pragma once

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "tests/system/harness.h"
#include "tests/system/prometheus.h"

namespace system_test {

class Alertmanager {
 public:
  Alertmanager() { start(); }

  // With the port and the files that it had before.
  void start();
  void stop();

  std::string url(const std::string& path) const;
  // GET /api/v2/alerts; an empty list when there is no answer.
  nlohmann::json alerts() const;
  std::size_t active() const { return alerts().size(); }
  bool holds(const std::string& alertname) const;
  // Notifications of that status; of one alertname, or of all.
  std::size_t notified(const std::string& status, const std::string& alertname = "");

 private:
  struct Notification {
    std::string status;
    std::string alertname;
  };

  TempFolder folder_;
  std::mutex mutex_;
  std::vector<Notification> notifications_;  // under mutex_
  FakeUpstream receiver_{[this](const auto& request) {
    const auto body = nlohmann::json::parse(request.body);
    const std::scoped_lock lock{mutex_};
    notifications_.push_back({body["status"], body["groupLabels"]["alertname"]});
    return modelvane::simulated::ServedReply{.status = 200};
  }};
  int port_ = free_port();
  std::optional<Process> process_;
};

}  // namespace system_test
