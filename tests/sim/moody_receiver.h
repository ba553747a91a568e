// A model of a receiver and its own opinion of how it is treated: outages of several kinds, limits,
// events that it always chokes on, answers that get lost. It takes the time of each request.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/world.h"

namespace modelvane::sim {

enum class Mood {
  Works,
  Silent,         // connections hang
  Refusing,       // nobody listens
  Broken,         // 500 to everything
  Resting,        // 503 that says for how long
  Misconfigured,  // 404 to everything: the URL is wrong
};

// What it takes at most while it works; the rest is refused with 429.
struct Limit {
  double per_second = 10;
  bool says_when = false;  // by Retry-After
};

class MoodyReceiver {
 public:
  MoodyReceiver(World& world, const std::string& webhook);

  Mood mood = Mood::Works;
  std::optional<Limit> limit;
  double loses_answers = 0;  // of events that it has taken
  double stumbles = 0;       // a 500 for once

  // It always answers this event with 500 (a bug of its own), or with 400 (it is a bad event).
  static bool chokes_on(const std::string& id);
  static bool rejects(const std::string& id);

  // A mood begins: requests are counted anew.
  void become(Mood next);
  bool has(const std::string& id) const { return receiver().body_by_id.contains(id); }
  const Receiver& receiver() const { return world_.outside.receivers.at(webhook_); }

  // Of the present mood.
  std::size_t requests() const { return requests_; }
  std::size_t limited() const { return limited_; }
  // Events that it always chokes on and that came before any that it took: each leaves open whether
  // the receiver works.
  int asked_in_vain() const { return asked_in_vain_; }
  // The longest time without a request, also up to now.
  Duration longest_silence() const;
  // Requests of events that it always chokes on, while it worked.
  const std::map<std::string, std::vector<Time>>& choked() const { return choked_; }

 private:
  std::optional<HttpResult> refusal(const std::string& id, const std::string& body);
  std::optional<HttpResult> refusal_of_mood() const;
  std::optional<HttpResult> refusal_of_limit();

  World& world_;
  std::string webhook_;
  Time last_request_{};
  Duration longest_silence_{0};
  std::size_t requests_ = 0;
  std::size_t limited_ = 0;
  int asked_in_vain_ = 0;
  bool has_taken_ = false;
  double tokens_ = 0;
  Time tokens_at_{};
  std::map<std::string, std::vector<Time>> choked_;
};

}  // namespace modelvane::sim
