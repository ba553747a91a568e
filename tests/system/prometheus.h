// A real Prometheus as a child process, and what it answers.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tests/system/harness.h"

namespace system_test {

// The kernel's choice, free at this moment: for programs that do not tell which port they took for
// port 0.
int free_port();

class Prometheus {
 public:
  // Rule files that `config` names by relative paths lie in `folder`, too.
  Prometheus(const TempFolder& folder, const std::string& config);

  // The series of an instant query; null when it was refused or Prometheus does not answer (yet).
  nlohmann::json series(const std::string& query) const;
  // `data` of an API path such as "rules"; null likewise.
  nlohmann::json data(const std::string& path) const;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  Process& process() { return process_; }

 private:
  int port_ = free_port();
  Process process_;
};

}  // namespace system_test
