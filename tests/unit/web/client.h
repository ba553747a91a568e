// HTTP clients on bare sockets, well-behaved and not: tests must be able to send what no HTTP
// library would.
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace modelvane::web_test {

struct Answer {
  int status = 0;                              // 0 = the connection ended without one
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const;
};

// One TCP connection to "127.0.0.1:port" or "[::1]:port". Reads give up after ten seconds, so that
// no test hangs.
class Client {
 public:
  explicit Client(const std::string& address);
  ~Client();
  Client(Client&& other) noexcept;
  Client(const Client&) = delete;

  bool is_connected() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  // False when the server has closed.
  bool send(const std::string& bytes) const;
  // Blocks for the first byte of the answer and leaves the rest where it is.
  bool has_begun_to_answer() const;
  // All bytes until the server closes.
  std::string read_all() const;
  Answer read_answer() const;
  // The next of several on one connection, whole by its Content-Length; `has_body` is false for
  // HEAD.
  Answer read_next_answer(bool has_body = true);
  // What comes until `end` has come; "" when the server closes before. Then go on with read_until()
  // alone.
  std::string read_until(const std::string& end);
  // True when the server closes within the ten seconds.
  bool is_closed_by_server() const { return read_all().empty(); }

 private:
  int fd_ = -1;
  std::string received_;  // read_until() has not given it out
};

// "GET /path HTTP/1.1", Host, Connection: close and the further header lines ("Name: value\r\n").
std::string request(const std::string& method, const std::string& target,
                    const std::string& headers = "");
// The same on a connection that is to be kept.
std::string kept_request(const std::string& method, const std::string& target,
                         const std::string& headers = "");
Answer fetch(const std::string& address, const std::string& raw);
Answer get(const std::string& address, const std::string& target, const std::string& headers = "");

std::string gunzip(const std::string& packed);

}  // namespace modelvane::web_test
