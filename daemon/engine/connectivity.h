// Whether this machine has a network: what the kernel says of it, and, where targets are
// configured, whether any of them can be reached. They are asked when somebody wants to know. The
// engine's thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "daemon/engine/clock.h"
#include "daemon/engine/tickets.h"
#include "daemon/transport/transport.h"

namespace modelvane {

class Connectivity {
 public:
  // Borrowed, but for `has_network`: what the kernel says; none: there is one.
  Connectivity(Clock& clock, Transport& transport, Tickets& tickets,
               std::function<bool()> has_network)
      : clock_(clock),
        transport_(transport),
        tickets_(tickets),
        has_network_(std::move(has_network)) {}

  // "host:port" of each target.
  void configure(std::vector<std::string> targets) { targets_ = std::move(targets); }
  // For an endpoint whose polls take at most `timeout`. None: the targets are being asked.
  std::optional<bool> is_there(Duration timeout);
  // True with the last answer of those asked: whoever was told to wait may ask again.
  bool complete(const Completion& completion);
  void cancel();
  bool empty() const { return under_way_.empty(); }

 private:
  void start();

  Clock& clock_;
  Transport& transport_;
  Tickets& tickets_;
  const std::function<bool()> has_network_;
  std::optional<Duration> kernel_asked_;
  bool has_kernel_network_ = true;
  std::vector<std::string> targets_;
  std::set<std::uint64_t> under_way_;  // tickets
  bool is_any_reached_ = false;
  std::optional<Duration> known_at_;
};

}  // namespace modelvane
