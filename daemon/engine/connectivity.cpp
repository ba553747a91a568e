#include "daemon/engine/connectivity.h"

#include <algorithm>
#include <utility>

#include "daemon/engine/isolation.h"

namespace modelvane {
namespace {

// A target is a machine of one's own network or a well-known address: it answers at once.
constexpr Duration kTargetTimeout = std::chrono::seconds{3};
// What the targets said counts for so long, or until a poll that begins then has run into its
// timeout.
constexpr Duration kTargetsCount = std::chrono::seconds{30};
constexpr std::size_t kTargetAnswerMax = 4096;
// So long the kernel is not asked again: thousands of endpoints may fail in a second.
constexpr Duration kKernelCounts = std::chrono::seconds{1};

}  // namespace

std::optional<bool> Connectivity::is_there(Duration timeout) {
  const Duration now = clock_.steady();
  if (!kernel_asked_ || now - *kernel_asked_ > kKernelCounts) {
    kernel_asked_ = now;
    has_kernel_network_ = !has_network_ || has_network_();
  }
  if (!has_kernel_network_) return false;
  if (targets_.empty()) return true;
  if (!under_way_.empty()) return std::nullopt;
  if (known_at_ && now - *known_at_ <= std::max(kTargetsCount, 2 * timeout)) return is_any_reached_;
  start();
  return std::nullopt;
}

// Any answer will do, also one that is no HTTP: somebody was there.
void Connectivity::start() {
  is_any_reached_ = false;
  for (const auto& target : targets_) {
    HttpRequest request;
    request.url = "http://" + target + "/";
    request.timeout = kTargetTimeout;
    request.body_limit = kTargetAnswerMax;
    request.status_suffices = true;
    const auto ticket = tickets_.next();
    under_way_.insert(ticket);
    transport_.start(ticket, std::move(request));
  }
}

bool Connectivity::complete(const Completion& completion) {
  if (under_way_.erase(completion.ticket) == 0) return false;
  known_at_ = clock_.steady();
  const auto& result = completion.result;
  if (result || !is_unreachable(result.error().reason)) is_any_reached_ = true;
  return under_way_.empty();
}

void Connectivity::cancel() {
  for (const auto ticket : under_way_) transport_.cancel(ticket);
  under_way_.clear();
}

}  // namespace modelvane
