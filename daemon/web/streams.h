// All event streams that are open, as values: which events each has had, what is to be read from
// the log next, what is to be sent. It does no I/O; the front's thread owns it, asks the log and
// writes to the sockets.
//
// Streams that are up to date are served together: new events are read once and handed to all of
// them. A stream that resumes, or whose client reads too slowly, catches up on its own, page by
// page and only while its client takes what it gets. So an event is sent once and none is left out,
// and what waits for a client stays bounded.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/web/event_stream.h"

namespace modelvane {

class Streams {
 public:
  using Ticket = std::uint64_t;
  using TimePoint = std::chrono::steady_clock::time_point;
  using Found = std::expected<std::vector<StoredEvent>, std::string>;

  struct Pace {
    // Proxies close connections that are silent for a minute, and a client notices that its server
    // has gone.
    std::chrono::milliseconds heartbeat{15'000};
    std::chrono::milliseconds snapshots{1'000};
    // After the log could not be read.
    std::chrono::milliseconds retry{1'000};
  };

  explicit Streams(Pace pace) : pace_(pace) {}

  void open(Ticket ticket, StreamRequest request, TimePoint now);
  void close(Ticket ticket) { streams_.erase(ticket); }
  std::size_t size() const { return streams_.size(); }

  // What the board shows by now: the last durable event, and whether anything was published.
  void note(const Pulse& pulse, TimePoint now);
  // So many bytes of this stream wait for its client.
  void note_unsent(Ticket ticket, std::size_t bytes);

  // What to ask the event log next; nullopt while an answer is under way or nothing is wanted. Its
  // answer goes to take().
  std::optional<EventFilter> next_read(TimePoint now);
  void take(const Found& found, TimePoint now);

  // What is to be sent, by stream.
  std::vector<std::pair<Ticket, std::string>> take_output(TimePoint now);

 private:
  struct Stream {
    StreamRequest request;
    TimePoint opened;
    // Every event up to here was sent or is not for this stream; none = the store is not open yet.
    std::optional<std::uint64_t> position;
    std::string output;
    std::size_t unsent = 0;
    TimePoint next_heartbeat;
    TimePoint next_snapshot;
    std::uint64_t shown_version = 0;

    bool has_room() const;
  };
  struct Read {
    std::optional<Ticket> ticket;  // none: for all that are up to date
    std::uint64_t up_to = 0;
  };

  void place(Stream& stream, TimePoint now) const;
  bool is_up_to_date(const Stream& stream) const {
    return stream.position && *stream.position >= tail_;
  }
  std::optional<Ticket> next_behind() const;
  EventFilter filter_of(const Read& read) const;
  static void give(Stream& stream, const std::vector<StoredEvent>& events, std::uint64_t covered);

  const Pace pace_;
  std::map<Ticket, Stream> streams_;
  Pulse pulse_;
  std::uint64_t tail_ = 0;  // streams at or behind it are up to date
  std::optional<Read> reading_;
  std::optional<Ticket> last_served_;  // of those that catch up: they take turns
  bool was_common_ = false;
  TimePoint read_again_{};
};

}  // namespace modelvane
