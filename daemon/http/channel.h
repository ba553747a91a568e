// The bytes of one client, as they are or within TLS; the handshake is part of the first ones
// received. Never blocks. Belongs to the front's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

struct ssl_st;

namespace modelvane {

class TlsContext;

class Channel {
 public:
  // Takes the socket over. Without `tls`, bytes are what they are.
  Channel(int fd, const TlsContext* tls);
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  int fd() const { return fd_; }

  struct Moved {
    // NotTls: the client speaks HTTP where TLS was expected. From then on, bytes are what they are.
    enum class State { Some, None, Closed, NotTls } state;
    std::size_t bytes = 0;  // of Some: at least 1
  };
  Moved receive(std::span<char> into);
  Moved send(std::string_view bytes);
  // What epoll is to report before the call that moved None is tried again, if it is not what one
  // would think: TLS may have to write before it can read. 0 = as one would think.
  std::uint32_t blocked_on() const { return blocked_on_; }
  // There are received bytes of which epoll knows nothing.
  bool has_more() const;
  // Receives to no purpose.
  Moved discard();
  // Tells the client that nothing more will come.
  void end();

 private:
  Moved receive_plain(std::span<char> into) const;
  Moved failed(int result);

  int fd_;
  std::shared_ptr<ssl_st> tls_;
  bool is_broken_ = false;  // a connection within TLS that could not be set up
  std::uint32_t blocked_on_ = 0;
};

}  // namespace modelvane
