// A real PostgreSQL as a child process, in a folder of its own, for one test. It refuses to run as
// root: then it becomes Debian's user postgres.
#pragma once

#include <memory>
#include <string>

#include "tests/system/harness.h"

namespace system_test {

class PostgresServer {
 public:
  PostgresServer();
  ~PostgresServer();

  // On a Unix socket, and by TCP.
  std::string url() const;
  std::string url_at(int port) const;
  int port() const { return port_; }

  // As a crash of the server: nothing is written any more.
  void stop_at_once();
  void start();
  void pause();
  void go_on();
  // The first column of the first row; the test fails when the statement does.
  std::string ask(const std::string& sql) const;

 private:
  bool answers() const;

  TempFolder folder_;
  int port_;
  std::unique_ptr<Process> process_;
};

}  // namespace system_test
