#include "daemon/engine/isolation.h"

#include <algorithm>

#include "daemon/text/address_range.h"

namespace modelvane {

bool is_unreachable(Reason reason) {
  return reason == Reason::Dns || reason == Reason::Connect || reason == Reason::Timeout;
}

bool is_this_machine(const std::string& host) {
  // A socket's path stands in place of a name.
  return host.starts_with("%2f") || is_localhost(host) || host.starts_with("127.") ||
         host == "[::1]";
}

void Isolation::configure(Duration window, const std::set<std::string>& hosts) {
  window_ = window;
  std::erase_if(hosts_, [&](const auto& entry) {
    const bool is_gone = !hosts.contains(entry.first);
    if (is_gone) leave_counts(entry.second);
    return is_gone;
  });
}

Isolation::Host& Isolation::host_of(const std::string& name) {
  const auto [place, is_new] = hosts_.try_emplace(name);
  if (is_new) {
    place->second.is_beyond = !is_this_machine(name);
    enter_counts(place->second);
  }
  return place->second;
}

bool Isolation::is_unasked(const Host& host) const {
  return check_ && !host.is_unreachable && host.at < check_->begun;
}

void Isolation::leave_counts(const Host& host) {
  if (!host.counts()) return;
  --counted_;
  if (is_unasked(host)) --unasked_;
  unreachable_.erase({host.at, &host});
}

void Isolation::enter_counts(const Host& host) {
  if (!host.counts()) return;
  ++counted_;
  if (is_unasked(host)) ++unasked_;
  if (host.is_unreachable) unreachable_.emplace(host.at, &host);
}

bool Isolation::is_most(Duration now) {
  while (!unreachable_.empty() && now - unreachable_.begin()->first > window_)
    unreachable_.erase(unreachable_.begin());
  return counted_ >= kHostsToCompare && unreachable_.size() * 2 > counted_;
}

void Isolation::note(const std::string& host, bool unreachable, Duration now) {
  auto& known = host_of(host);
  leave_counts(known);
  known.at = now;
  known.is_unreachable = unreachable;
  if (!unreachable) known.is_told = false;
  enter_counts(known);
  // Few hosts: any that answers. Many: when most of them do again.
  if (!unreachable && since_ && known.is_beyond && !is_most(now)) end(now);
}

void Isolation::note_accepted(Duration now) {
  accepted_ = now;
  if (since_) end(now);
}

void Isolation::end(Duration now) {
  since_.reset();
  check_.reset();
  unasked_ = 0;
  ended_ = now;
}

void Isolation::note_told(const std::string& host) {
  auto& known = host_of(host);
  leave_counts(known);
  known.is_told = true;
  enter_counts(known);
}

void Isolation::begin_check(Duration now, Duration timeout) {
  check_ = Check{.begun = now, .until = now + timeout};
  unasked_ = static_cast<std::size_t>(std::ranges::count_if(hosts_, [&](const auto& entry) {
    return entry.second.counts() && is_unasked(entry.second);
  }));
}

Isolation::Answer Isolation::hold(Duration now) {
  if (!since_) since_ = now;
  return now - *since_ < kIsolationMax ? Answer::Wait : Answer::TellIsolated;
}

Isolation::Answer Isolation::ask(const std::string& host, Duration timeout,
                                 std::optional<bool> has_network, Duration now) {
  if (is_this_machine(host)) return Answer::Tell;
  // A poll that began before the network came back may fail after it.
  if (ended_ && now - *ended_ <= timeout) return Answer::Wait;
  if (accepted_ && now - *accepted_ <= kAcceptanceCounts) return Answer::Tell;
  if (since_ || is_most(now)) return hold(now);
  if (needs_network()) {
    if (!has_network) return Answer::Wait;
    return *has_network ? Answer::Tell : hold(now);
  }
  if (!check_ || now - check_->begun > window_) {
    begin_check(now, timeout);
    return Answer::Check;
  }
  return now < check_->until && unasked_ > 0 ? Answer::Wait : Answer::Tell;
}

std::vector<std::string> Isolation::to_check() const {
  std::vector<std::string> hosts;
  for (const auto& [name, host] : hosts_) {
    if (host.counts() && !host.is_unreachable) hosts.push_back(name);
  }
  return hosts;
}

}  // namespace modelvane
