#include "daemon/log/line_writer.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

using namespace modelvane::log;

namespace {

// The two ends of a pipe or of a pair of sockets; what is read never waits.
struct Ends {
  std::array<int, 2> ends{-1, -1};

  explicit Ends(bool are_sockets) {
    const int made =
        are_sockets ? ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) : ::pipe(ends.data());
    REQUIRE(made == 0);
    REQUIRE(::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0);
  }
  ~Ends() {
    for (const int end : ends) ::close(end);
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;

  std::string read_all() const {
    std::string all;
    std::array<char, 4096> chunk{};
    while (true) {
      const auto got = ::read(ends[0], chunk.data(), chunk.size());
      if (got <= 0) return all;
      all.append(chunk.data(), static_cast<std::size_t>(got));
    }
  }
};

std::string left_out(std::uint64_t lines) {
  return std::to_string(lines) + " are missing";
}

}  // namespace

TEST_CASE("lines that nobody reads are left out rather than waited for, and counted to the next") {
  for (const bool are_sockets : {false, true}) {
    CAPTURE(are_sockets);
    const Ends log{are_sockets};
    LineWriter writer{log.ends[1], left_out};
    writer.write("first\n");
    const std::string line(1'000'000, 'x');  // more than either holds
    writer.write(line + "\n");
    writer.write("lost\n");
    const auto before = log.read_all();
    CHECK(before.starts_with("first\nxxx"));
    CHECK(before.find("lost") == std::string::npos);
    writer.write("next\n");
    writer.write("last\n");
    CHECK(log.read_all() == "\n2 are missing\nnext\nlast\n");
  }
}

TEST_CASE("a log whose reader is gone for good takes nothing and ends nothing") {
  Ends log{true};
  ::close(log.ends[0]);
  LineWriter writer{log.ends[1], left_out};
  for (int i = 0; i < 3; ++i) writer.write("line\n");
  CHECK(::fcntl(log.ends[1], F_GETFD) == 0);
  log.ends[0] = ::dup(log.ends[1]);
}
