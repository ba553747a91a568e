#include "tests/sim/moody_receiver.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

namespace modelvane::sim {

using namespace std::chrono_literals;

namespace {

// Of a hundred events so many.
constexpr std::size_t kChokedPercent = 2;
constexpr std::size_t kRejectedPercent = 1;

std::size_t lot_of(const std::string& id) {
  return std::hash<std::string>{}(id) % 100;
}

}  // namespace

MoodyReceiver::MoodyReceiver(World& world, const std::string& webhook)
    : world_(world), webhook_(webhook) {
  world.outside.receivers.at(webhook).refuses =
      [this](const std::string& id, const std::string& body) { return refusal(id, body); };
  become(Mood::Works);
}

bool MoodyReceiver::chokes_on(const std::string& id) {
  return lot_of(id) < kChokedPercent;
}

bool MoodyReceiver::rejects(const std::string& id) {
  return !chokes_on(id) && lot_of(id) < kChokedPercent + kRejectedPercent;
}

void MoodyReceiver::become(Mood next) {
  mood = next;
  last_request_ = world_.clock.now;
  longest_silence_ = 0s;
  requests_ = limited_ = 0;
  asked_in_vain_ = 0;
  has_taken_ = false;
}

Duration MoodyReceiver::longest_silence() const {
  return std::max(longest_silence_, world_.clock.now - last_request_);
}

std::optional<HttpResult> MoodyReceiver::refusal_of_mood() const {
  switch (mood) {
    case Mood::Works: return std::nullopt;
    case Mood::Silent:
      return std::unexpected(
          HttpFailure{.reason = Reason::Timeout, .sentence = "no complete answer"});
    case Mood::Refusing:
      return std::unexpected(
          HttpFailure{.reason = Reason::Connect, .sentence = "connection refused"});
    case Mood::Broken: return HttpReply{.status = 500};
    case Mood::Resting:
      return HttpReply{.status = 503, .body = "", .headers = {{"retry-after", "20"}}};
    case Mood::Misconfigured: return HttpReply{.status = 404};
  }
  return std::nullopt;
}

// A bucket that holds a second's worth.
std::optional<HttpResult> MoodyReceiver::refusal_of_limit() {
  if (!limit) return std::nullopt;
  const double burst = std::max(1.0, limit->per_second);
  tokens_ =
      std::min(burst, tokens_ + to_seconds(world_.clock.now - tokens_at_) * limit->per_second);
  tokens_at_ = world_.clock.now;
  if (tokens_ >= 1) {
    --tokens_;
    return std::nullopt;
  }
  ++limited_;
  HttpReply reply{.status = 429};
  if (limit->says_when) {
    const auto seconds = static_cast<int>((1 - tokens_) / limit->per_second) + 1;
    reply.headers.emplace_back("retry-after", fmt::format("{}", seconds));
  }
  return reply;
}

std::optional<HttpResult> MoodyReceiver::refusal(const std::string& id, const std::string& body) {
  ++requests_;
  longest_silence_ = longest_silence();
  last_request_ = world_.clock.now;
  if (auto refusal = refusal_of_mood()) return refusal;
  if (auto refusal = refusal_of_limit()) return refusal;
  if (chokes_on(id)) {
    choked_[id].push_back(world_.clock.now);
    asked_in_vain_ += has_taken_ ? 0 : 1;
    return HttpReply{.status = 500};
  }
  if (rejects(id)) return HttpReply{.status = 400};
  if (chance(world_.random, stumbles)) return HttpReply{.status = 500};
  has_taken_ = true;
  if (!chance(world_.random, loses_answers)) return std::nullopt;
  world_.outside.receivers.at(webhook_).accept(id, body);
  return std::unexpected(HttpFailure{.reason = Reason::Other, .sentence = "connection reset"});
}

}  // namespace modelvane::sim
