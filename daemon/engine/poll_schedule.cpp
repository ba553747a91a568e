#include "daemon/engine/poll_schedule.h"

#include "daemon/text/ascii.h"

namespace modelvane {

std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  return to_lower(std::string_view{url}.substr(begin, url.find_first_of("/?#", begin) - begin));
}

std::string name_of_host(const std::string& host) {
  const auto port = host.rfind(':');
  const auto bracket = host.rfind(']');
  const bool has_port = port != host.npos && (bracket == host.npos || bracket < port);
  return has_port ? host.substr(0, port) : host;
}

void PollSchedule::clear() {
  due_.clear();
  places_.clear();
  for (auto& [name, host] : hosts_) {
    host.waiting.clear();
    host.failing_waiting.clear();
  }
  std::erase_if(hosts_, [](const auto& entry) { return entry.second.under_way == 0; });
}

void PollSchedule::add(std::size_t endpoint, Duration due, const std::string& host,
                       Standing standing) {
  if (places_.size() <= endpoint) places_.resize(endpoint + 1);
  places_[endpoint] = {&hosts_[host], standing};
  due_.emplace(due, endpoint);
}

void PollSchedule::hurry(std::size_t endpoint, Duration due, Duration now) {
  if (due_.erase({due, endpoint}) > 0) due_.emplace(now, endpoint);
}

std::optional<PollSchedule::Due> PollSchedule::take(Duration now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto [due, endpoint] = *due_.begin();
    due_.erase(due_.begin());
    const auto [host, standing] = places_[endpoint];
    const bool is_failing = standing == Standing::Failing;
    if (host->has_room(standing)) {
      ++host->under_way;
      if (is_failing) ++host->failing_under_way;
      return Due{endpoint, due};
    }
    (is_failing ? host->failing_waiting : host->waiting).emplace_back(due, endpoint);
  }
  return std::nullopt;
}

// Whoever has waited longest of those that there is room for.
void PollSchedule::Host::wake_next(std::set<std::pair<Duration, std::size_t>>& due) {
  const bool may_good = !waiting.empty() && has_room(Standing::Good);
  const bool may_failing = !failing_waiting.empty() && has_room(Standing::Failing);
  if (!may_good && !may_failing) return;
  const bool is_good =
      may_good && (!may_failing || waiting.front().first <= failing_waiting.front().first);
  auto& queue = is_good ? waiting : failing_waiting;
  due.insert(queue.front());
  queue.pop_front();
}

void PollSchedule::release(const std::string& host, Standing standing) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return;
  Host& freed = found->second;
  --freed.under_way;
  if (standing == Standing::Failing) --freed.failing_under_way;
  freed.wake_next(due_);
}

std::optional<Duration> PollSchedule::next_due() const {
  return due_.empty() ? std::nullopt : std::optional{due_.begin()->first};
}

}  // namespace modelvane
