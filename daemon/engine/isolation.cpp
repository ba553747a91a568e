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
  std::erase_if(hosts_, [&](const auto& entry) { return !hosts.contains(entry.first); });
}

Isolation::Count Isolation::count(Duration now) const {
  Count count;
  for (const auto& [name, host] : hosts_) {
    if (host.is_told || is_this_machine(name)) continue;
    ++count.hosts;
    if (host.is_unreachable && now - host.at <= window_) ++count.unreachable;
    if (!host.is_unreachable && check_ && host.at < check_->begun) ++count.unasked;
  }
  return count;
}

void Isolation::note(const std::string& host, bool unreachable, Duration now) {
  auto& known = hosts_[host];
  known.at = now;
  known.is_unreachable = unreachable;
  if (unreachable) return;
  known.is_told = false;
  // Few hosts: any that answers. Many: when most of them do again.
  if (since_ && !is_this_machine(host) && !count(now).is_most()) end(now);
}

void Isolation::note_accepted(Duration now) {
  accepted_ = now;
  if (since_) end(now);
}

void Isolation::end(Duration now) {
  since_.reset();
  check_.reset();
  ended_ = now;
}

void Isolation::note_told(const std::string& host) {
  hosts_[host].is_told = true;
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
  const Count known = count(now);
  if (since_ || known.is_most()) return hold(now);
  if (known.hosts < kHostsToCompare) {
    if (!has_network) return Answer::Wait;
    return *has_network ? Answer::Tell : hold(now);
  }
  if (!check_ || now - check_->begun > window_) {
    check_ = Check{.begun = now, .until = now + timeout};
    return Answer::Check;
  }
  return now < check_->until && known.unasked > 0 ? Answer::Wait : Answer::Tell;
}

std::vector<std::string> Isolation::to_check() const {
  std::vector<std::string> hosts;
  for (const auto& [name, host] : hosts_) {
    if (!host.is_told && !host.is_unreachable && !is_this_machine(name)) hosts.push_back(name);
  }
  return hosts;
}

}  // namespace modelvane
