#include "daemon/engine/polls.h"

#include <utility>

namespace modelvane {

void Polls::start(Watch& watch, HttpRequest request) {
  watch.ticket = tickets_.next();
  under_way_.emplace(watch.ticket, &watch);
  transport_.start(watch.ticket, std::move(request));
}

Watch* Polls::complete(std::uint64_t ticket) {
  const auto ended = under_way_.extract(ticket);
  return ended ? ended.mapped() : nullptr;
}

void Polls::end(Watch& watch) {
  watch.ticket = 0;
  --count_;
}

void Polls::cancel(Watch& watch) {
  transport_.cancel(watch.ticket);
  under_way_.erase(watch.ticket);
  watch.endpoint.abandon_poll();
  end(watch);
}

void Polls::cancel_all() {
  while (!under_way_.empty()) cancel(*under_way_.begin()->second);
}

}  // namespace modelvane
