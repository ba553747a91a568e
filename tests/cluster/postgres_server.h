// A real PostgreSQL as a child process, in a folder of its own, for one test. It refuses to run as
// root: then it becomes Debian's user postgres.
#pragma once

#include <memory>
#include <string>

#include "tests/system/harness.h"

namespace system_test {

class PostgresServer {
 public:
  // `is_open`: to other addresses than this machine's own, too.
  explicit PostgresServer(bool is_open = false);
  // A standby of that one, with what it has until now.
  explicit PostgresServer(const PostgresServer& primary);
  ~PostgresServer();

  // On a Unix socket, and by TCP.
  std::string url() const;
  std::string url_at(int port) const;
  const std::string& folder() const { return folder_.path(); }
  int port() const { return port_; }

  // As a crash of the server: nothing is written any more.
  void stop_at_once();
  void start();
  void pause();
  void go_on();
  // Stopped before: forgets all it has, and follows that one.
  void follow(const PostgresServer& primary);
  void promote();
  // The first column of the first row; the test fails when the statement does.
  std::string ask(const std::string& sql) const;

 private:
  bool answers() const;

  TempFolder folder_;
  int port_;
  bool is_open_ = false;
  std::unique_ptr<Process> process_;
};

}  // namespace system_test
