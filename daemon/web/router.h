// Paths to replies: a table of what is served, and what every reply has in common (entity tags,
// compression, HEAD). answer() may be called from several threads at once; everything else is
// constant after construction.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "daemon/http/places.h"
#include "daemon/web/acts.h"
#include "daemon/web/event_query.h"
#include "daemon/web/front.h"
#include "daemon/web/hooks.h"
#include "daemon/web/metrics_page.h"
#include "daemon/web/query.h"

namespace modelvane {

class Router {
 public:
  Router(const Site& site, WebHooks hooks);
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // Never throws.
  Response answer(const RequestHead& head, const Caller& caller);
  // For streams.
  Streams::Found read_events(const EventFilter& filter) { return events_.events(filter); }

 private:
  using Render = std::function<Reply(const Query&)>;

  Response answer_or_throw(const RequestHead& head, const Caller& caller);
  Response open_stream(const RequestHead& head) const;
  Reply get(const RequestHead& head, const Caller& caller);
  // POST and DELETE.
  Reply act(const RequestHead& head, const Caller& caller);
  Reply operate(OperatorRequest request, const Caller& caller);
  Reply reload();
  Reply poll(const Query& query);
  bool may_act(const Caller& caller) const;

  const Site site_;
  WebHooks hooks_;
  EventQuery events_;
  MetricsPage metrics_;
  std::map<std::string_view, Render> routes_;  // of GET and HEAD
  std::atomic<bool> is_reloading_{false};
  Places operators_;
};

}  // namespace modelvane
