#include "daemon/web/streams.h"

#include <algorithm>
#include <utility>

#include "daemon/web/event_filter.h"

namespace modelvane {
namespace {

// Events of one read: with the largest evidence about 1 MB.
constexpr std::size_t kEventsPerRead = 100;
// A client for which so much waits gets no more before it has read.
constexpr std::size_t kRoomBytes = std::size_t{256} * 1024;
// A client may know an event a moment before the board does. One that is ahead for longer knew
// another store.
constexpr std::chrono::seconds kAheadPatience{2};

}  // namespace

bool Streams::Stream::has_room() const {
  return unsent + output.size() < kRoomBytes;
}

void Streams::open(Ticket ticket, StreamRequest request, TimePoint now) {
  if (streams_.empty() && !reading_ && pulse_.last_event) tail_ = *pulse_.last_event;
  auto& stream = streams_[ticket];
  stream.request = std::move(request);
  stream.opened = now;
  stream.next_heartbeat = now + pace_.heartbeat;
  stream.next_snapshot = now;
  stream.shown_version = pulse_.version;
  place(stream, now);
}

void Streams::place(Stream& stream, TimePoint now) const {
  if (stream.position || !pulse_.last_event) return;
  const auto after = stream.request.after.value_or(*pulse_.last_event);
  const bool is_ahead = after > *pulse_.last_event;
  if (!is_ahead || now >= stream.opened + kAheadPatience)
    stream.position = std::min(after, *pulse_.last_event);
}

void Streams::note(const Pulse& pulse, TimePoint now) {
  if (!pulse_.last_event && pulse.last_event) tail_ = *pulse.last_event;
  pulse_ = pulse;
  for (auto& [ticket, stream] : streams_) {
    place(stream, now);
    if (!stream.has_room()) continue;
    if (stream.request.wants_snapshots && stream.shown_version != pulse.version &&
        now >= stream.next_snapshot) {
      stream.output += stream_block(pulse);
      stream.shown_version = pulse.version;
      stream.next_snapshot = now + pace_.snapshots;
    }
    if (now >= stream.next_heartbeat) stream.output += kStreamHeartbeat;
  }
}

void Streams::note_unsent(Ticket ticket, std::size_t bytes) {
  if (const auto found = streams_.find(ticket); found != streams_.end())
    found->second.unsent = bytes;
}

std::optional<EventFilter> Streams::next_read(TimePoint now) {
  if (reading_ || !pulse_.last_event || now < read_again_) return std::nullopt;
  const bool is_someone_up_to_date = std::ranges::any_of(
      streams_, [this](const auto& entry) { return is_up_to_date(entry.second); });
  if (!is_someone_up_to_date) tail_ = *pulse_.last_event;
  const bool is_common_wanted = tail_ < *pulse_.last_event;
  const auto behind = next_behind();
  if (is_common_wanted && !(behind && was_common_)) {
    reading_ = Read{.ticket = std::nullopt, .up_to = *pulse_.last_event};
  } else if (behind) {
    reading_ = Read{.ticket = behind, .up_to = tail_};
    last_served_ = behind;
  } else {
    return std::nullopt;
  }
  was_common_ = !reading_->ticket;
  return filter_of(*reading_);
}

std::optional<Streams::Ticket> Streams::next_behind() const {
  const auto is_waiting = [this](const auto& entry) {
    return entry.second.position && !is_up_to_date(entry.second) && entry.second.has_room();
  };
  const auto start = last_served_ ? streams_.upper_bound(*last_served_) : streams_.begin();
  auto found = std::find_if(start, streams_.end(), is_waiting);
  if (found == streams_.end()) found = std::find_if(streams_.begin(), start, is_waiting);
  if (found == streams_.end() || !is_waiting(*found)) return std::nullopt;
  return found->first;
}

EventFilter Streams::filter_of(const Read& read) const {
  auto filter = read.ticket ? streams_.at(*read.ticket).request.filter : EventFilter{};
  filter.after_sequence = read.ticket ? *streams_.at(*read.ticket).position : tail_;
  filter.before_sequence = read.up_to + 1;
  filter.limit = kEventsPerRead;
  return filter;
}

void Streams::take(const Found& found, TimePoint now) {
  if (!reading_) return;
  const auto read = *std::exchange(reading_, std::nullopt);
  if (!found) {
    read_again_ = now + pace_.retry;
    return;
  }
  const auto covered = found->size() < kEventsPerRead ? read.up_to : found->back().sequence;
  if (read.ticket) {
    if (const auto stream = streams_.find(*read.ticket); stream != streams_.end())
      give(stream->second, *found, covered);
    return;
  }
  for (auto& [ticket, stream] : streams_) {
    if (is_up_to_date(stream) && stream.has_room()) give(stream, *found, covered);
  }
  tail_ = covered;
}

void Streams::give(Stream& stream, const std::vector<StoredEvent>& events, std::uint64_t covered) {
  for (const auto& event : events) {
    if (event.sequence > *stream.position && chooses(stream.request.filter, event))
      stream.output += stream_block(event);
  }
  stream.position = std::max(*stream.position, covered);
}

std::vector<std::pair<Streams::Ticket, std::string>> Streams::take_output(TimePoint now) {
  std::vector<std::pair<Ticket, std::string>> all;
  for (auto& [ticket, stream] : streams_) {
    if (stream.output.empty()) continue;
    all.emplace_back(ticket, std::exchange(stream.output, {}));
    stream.next_heartbeat = now + pace_.heartbeat;
  }
  return all;
}

}  // namespace modelvane
