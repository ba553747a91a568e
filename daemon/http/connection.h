// One client's connection and how far it has come: reading the head, waiting for a worker, then
// writing the answer; behind it reading the next head, or draining before the end; or streaming.
// Belongs to the front's thread. Never blocks; every
// state but the waiting one has a deadline for all of it, so that a byte now and then buys no time.
// A stream has one for what waits to be sent.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "daemon/http/channel.h"
#include "daemon/http/reply.h"
#include "daemon/http/shared_text.h"

namespace modelvane {

using SteadyClock = std::chrono::steady_clock;

class Connection {
 public:
  enum class State { Reading, Waiting, Writing, Draining, Streaming };
  // NotTls: the client speaks HTTP where TLS was expected, and will understand an answer in clear
  // text.
  enum class Progress { More, Done, Closed, NotTls };

  // Takes the socket over. `tls` may be null.
  Connection(int fd, std::string peer, std::shared_ptr<const TlsContext> tls,
             SteadyClock::time_point now, SteadyClock::time_point deadline)
      : channel_(fd, tls.get()),
        peer_(std::move(peer)),
        tls_(std::move(tls)),
        reading_since_(now),
        deadline_(deadline) {}

  int fd() const { return channel_.fd(); }
  // As peer_of() tells it.
  const std::string& peer() const { return peer_; }
  State state() const { return state_; }
  // Reading: since when the current head is waited for.
  SteadyClock::time_point reading_since() const { return reading_since_; }
  // What it began with.
  const std::shared_ptr<const TlsContext>& tls() const { return tls_; }
  SteadyClock::time_point deadline() const { return deadline_; }
  // What epoll is to report as it stands now.
  std::uint32_t interest() const;
  // What epoll was last told to report.
  std::uint32_t watched = 0;

  // Reading: takes in what has arrived, up to one byte more than a head may have. Done: there is
  // something new in input().
  Progress receive();
  std::string_view input() const { return input_; }
  // How much of input() was looked at for the head's end.
  std::size_t seen = 0;
  // Between two requests: nothing of the next one has come.
  bool is_idle() const { return state_ == State::Reading && requests_ > 0 && input_.empty(); }
  // Of the current head.
  void expect_by(SteadyClock::time_point deadline) { deadline_ = deadline; }
  std::size_t requests() const { return requests_; }

  // Answers to HEAD tell the length of a body that does not come.
  bool is_body_wanted = true;
  After after = After::Closed;

  // For a worker. The head is done with; what came behind it waits for its turn.
  void wait(std::size_t head_bytes);
  void answer(std::string head, SharedText body, SteadyClock::time_point deadline);
  // Empty when it went with the head.
  const SharedText& body() const { return body_; }
  std::size_t unsent() const { return output_.size() + body_.size() - sent_; }
  // Writing: Done when everything was handed to the kernel.
  Progress send();
  // The answer is out and the client may ask again.
  void read_next(SteadyClock::time_point now, SteadyClock::time_point deadline);

  // Streaming: from now on the answer goes on until one side ends it. What waits must be taken by
  // the client within `patience`.
  void stream(std::string_view beginning, std::chrono::milliseconds patience,
              SteadyClock::time_point now);
  void append(std::string_view bytes, SteadyClock::time_point now);
  Progress send_on(SteadyClock::time_point now);
  // The answer is out: reads and drops what the client still sends, since closing with unread data
  // would cut the answer off.
  void drain(SteadyClock::time_point deadline);
  // Draining, Streaming: Closed when the client has ended, or sent more than is worth reading.
  Progress discard();

 private:
  std::string_view next_piece() const;

  Channel channel_;
  const std::string peer_;
  const std::shared_ptr<const TlsContext> tls_;
  SteadyClock::time_point reading_since_;
  State state_ = State::Reading;
  SteadyClock::time_point deadline_;
  std::string input_;
  std::string output_;    // text of this connection alone: an answer's head, blocks of a stream
  SharedText body_;       // follows it
  std::size_t sent_ = 0;  // of both
  std::size_t discarded_ = 0;
  std::size_t requests_ = 0;  // that got beyond their heads

  std::chrono::milliseconds patience_{0};
  std::size_t owed_ = 0;  // bytes of output_ that must be out by the deadline; later ones get a
                          // deadline of their own
};

}  // namespace modelvane
