#include "daemon/http/channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "daemon/http/tls_context.h"

namespace modelvane {
namespace {

using State = Channel::Moved::State;

Channel::Moved moved(ssize_t count) {
  if (count > 0) return {State::Some, static_cast<std::size_t>(count)};
  const bool would_block = count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  return {would_block ? State::None : State::Closed};
}

}  // namespace

Channel::Channel(int fd, const TlsContext* tls) : fd_(fd) {
  if (tls == nullptr) return;
  tls_ = tls->connect(fd);
  is_broken_ = tls_ == nullptr;
}

Channel::~Channel() {
  tls_.reset();
  ::close(fd_);
}

Channel::Moved Channel::receive_plain(std::span<char> into) const {
  return moved(::recv(fd_, into.data(), into.size(), 0));
}

Channel::Moved Channel::receive(std::span<char> into) {
  if (is_broken_) return {State::Closed};
  if (tls_ == nullptr) return receive_plain(into);
  ERR_clear_error();
  std::size_t bytes = 0;
  const int result = SSL_read_ex(tls_.get(), into.data(), into.size(), &bytes);
  blocked_on_ = 0;
  return result == 1 ? Moved{State::Some, bytes} : failed(result);
}

Channel::Moved Channel::send(std::string_view bytes) {
  if (tls_ == nullptr) return moved(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  ERR_clear_error();
  std::size_t sent = 0;
  const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent);
  blocked_on_ = 0;
  return result == 1 ? Moved{State::Some, sent} : failed(result);
}

Channel::Moved Channel::failed(int result) {
  switch (SSL_get_error(tls_.get(), result)) {
    case SSL_ERROR_WANT_READ: blocked_on_ = EPOLLIN; return {State::None};
    case SSL_ERROR_WANT_WRITE: blocked_on_ = EPOLLOUT; return {State::None};
    default: break;
  }
  const bool is_http = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  ERR_clear_error();
  if (!is_http) return {State::Closed};
  tls_.reset();
  return {State::NotTls};
}

bool Channel::has_more() const {
  return tls_ != nullptr && SSL_has_pending(tls_.get()) == 1;
}

// What comes now is of no use in clear text either, and a closed connection shows below TLS just as
// well.
Channel::Moved Channel::discard() {
  std::array<char, 16 * 1024> buffer;
  return receive_plain(buffer);
}

void Channel::end() {
  if (tls_ != nullptr) SSL_shutdown(tls_.get());
  ERR_clear_error();
  ::shutdown(fd_, SHUT_WR);
}

}  // namespace modelvane
