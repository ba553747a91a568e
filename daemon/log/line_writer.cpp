#include "daemon/log/line_writer.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace modelvane::log {
namespace {

// A reader that is merely busy has taken a pipe's 64 KiB long before; the engine's thread waits so
// long at most once for one that has stopped.
constexpr int kPatienceMilliseconds = 100;

bool is_a_socket(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode);
}

bool takes_more(int descriptor, int patience) {
  pollfd end{.fd = descriptor, .events = POLLOUT, .revents = 0};
  int ready = 0;
  do {
    ready = ::poll(&end, 1, patience);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

LineWriter::LineWriter(int descriptor, std::function<std::string(std::uint64_t)> left_out)
    : descriptor_(descriptor),
      left_out_(std::move(left_out)),
      is_socket_(is_a_socket(descriptor)) {}

// The descriptor stays as it is: O_NONBLOCK would hold for everybody who shares it, such as the
// shell. Instead nothing is written that could block: a pipe that is ready takes PIPE_BUF bytes,
// and a socket is told not to wait.
LineWriter::Outcome LineWriter::try_to_write(std::string_view text, int patience) {
  bool has_begun = false;
  while (!text.empty()) {
    if (!takes_more(descriptor_, patience)) return has_begun ? Outcome::Partly : Outcome::Refused;
    const auto size = std::min<std::size_t>(text.size(), PIPE_BUF);
    const auto done = is_socket_
                          ? ::send(descriptor_, text.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL)
                          : ::write(descriptor_, text.data(), size);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return has_begun ? Outcome::Partly : Outcome::Refused;
    has_begun = true;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return Outcome::Taken;
}

void LineWriter::write(std::string_view line) {
  std::string text;
  if (is_mid_line_) text += '\n';
  if (missing_ > 0) text += left_out_(missing_) + '\n';
  const auto told = missing_;
  text += line;
  const auto outcome = try_to_write(text, is_stalled_ ? 0 : kPatienceMilliseconds);
  is_stalled_ = outcome != Outcome::Taken;
  if (outcome != Outcome::Refused) is_mid_line_ = outcome == Outcome::Partly;
  missing_ = outcome == Outcome::Taken ? 0 : told + 1;
}

}  // namespace modelvane::log
