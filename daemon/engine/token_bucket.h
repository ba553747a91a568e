// So many requests at once, then so many per second: what keeps a vendor from blocking us. A value;
// times are the engine's steady ones.
#pragma once

#include "daemon/events/webhook_format.h"
#include "daemon/text/time.h"

namespace modelvane {

class TokenBucket {
 public:
  TokenBucket() = default;
  TokenBucket(RateLimit limit, Duration now) : limit_(limit), tokens_(burst()), at_(now) {}

  const RateLimit& limit() const { return limit_; }
  // The moment from which on a request may leave.
  Duration ready() const {
    if (limit_.is_unlimited() || tokens_ >= 1) return Duration{0};
    // Rounded up: a moment too early would find no token.
    return at_ + Duration{1 + static_cast<Duration::rep>((1 - tokens_) / limit_.per_second * 1e6)};
  }
  void take(Duration now) {
    if (limit_.is_unlimited()) return;
    tokens_ = std::min(burst(), tokens_ + to_seconds(now - at_) * limit_.per_second) - 1;
    at_ = now;
  }

 private:
  double burst() const { return std::max(1.0, limit_.burst); }

  RateLimit limit_;
  double tokens_ = 0;
  Duration at_{0};
};

}  // namespace modelvane
