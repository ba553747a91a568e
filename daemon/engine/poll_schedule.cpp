#include "daemon/engine/poll_schedule.h"

#include "daemon/text/ascii.h"

namespace modelvane {

std::string host_of(const std::string& url) {
  const auto scheme = url.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  return to_lower(std::string_view{url}.substr(begin, url.find_first_of("/?#", begin) - begin));
}

void PollSchedule::clear() {
  due_.clear();
  host_by_endpoint_.clear();
  for (auto& [name, host] : hosts_) host.waiting.clear();
  std::erase_if(hosts_, [](const auto& entry) { return entry.second.under_way == 0; });
}

void PollSchedule::add(std::size_t endpoint, Duration due, const std::string& host) {
  if (host_by_endpoint_.size() <= endpoint) host_by_endpoint_.resize(endpoint + 1);
  host_by_endpoint_[endpoint] = &hosts_[host];
  due_.emplace(due, endpoint);
}

std::optional<PollSchedule::Due> PollSchedule::take(Duration now) {
  while (!due_.empty() && due_.begin()->first <= now) {
    const auto [due, endpoint] = *due_.begin();
    due_.erase(due_.begin());
    Host& host = *host_by_endpoint_[endpoint];
    if (host.under_way < kPollsAtOncePerHost) {
      ++host.under_way;
      return Due{endpoint, due};
    }
    host.waiting.emplace_back(due, endpoint);
  }
  return std::nullopt;
}

void PollSchedule::release(const std::string& host) {
  const auto found = hosts_.find(host);
  if (found == hosts_.end()) return;
  Host& freed = found->second;
  --freed.under_way;
  if (freed.waiting.empty()) return;
  due_.insert(freed.waiting.front());
  freed.waiting.pop_front();
}

std::optional<Duration> PollSchedule::next_due() const {
  return due_.empty() ? std::nullopt : std::optional{due_.begin()->first};
}

}  // namespace modelvane
