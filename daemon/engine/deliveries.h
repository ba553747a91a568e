// Deliveries under way: what the outbox says is due becomes a request, and its answer a verdict for
// the outbox. The engine's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "daemon/engine/clock.h"
#include "daemon/engine/outbox.h"
#include "daemon/engine/tickets.h"
#include "daemon/notify/mask.h"
#include "daemon/notify/notify.h"
#include "daemon/transport/transport.h"

namespace modelvane {

class Deliveries {
 public:
  // All are borrowed.
  Deliveries(Clock& clock, Transport& transport, Tickets& tickets, Outbox& outbox)
      : clock_(clock), transport_(transport), tickets_(tickets), outbox_(outbox) {}

  // All that is due. Of `context` the links and the instance.
  void start(NotifyContext context);
  // What an answer says besides its verdict. None: it answers nothing that is under way here.
  struct Ended {
    bool was_accepted_in_public = false;  // by a receiver outside our own network
  };
  std::optional<Ended> complete(const Completion& completion);
  // Broken off by us, as if they had not been made.
  void give_back(const std::function<bool(const std::string& webhook)>& concerns);
  bool empty() const { return under_way_.empty(); }

 private:
  struct Attempt {
    std::uint64_t key = 0;                         // the outbox's
    std::shared_ptr<const WebhookConfig> webhook;  // made by it and judged by it: a reload may
                                                   // change it meanwhile
    Mask mask;                                     // of the secrets that the request carries
    Duration started{0};
  };

  Outbox::Now now() const { return {clock_.steady(), clock_.wall()}; }

  Clock& clock_;
  Transport& transport_;
  Tickets& tickets_;
  Outbox& outbox_;
  std::unordered_map<std::uint64_t, Attempt> under_way_;  // by ticket
};

}  // namespace modelvane
