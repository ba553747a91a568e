// Whether it is our own network that is gone: then an endpoint that cannot be reached is not told
// as down. Most hosts do not fail in the same minute for reasons of their own. So before a down is
// told, the other hosts' last results are looked at, and where these are older than the trouble,
// one endpoint of each is polled at once. Pure; times are steady. The engine's thread only.
//
// Hosts are names as configured, without ports. Those whose trouble was told already say nothing
// about ours and do not count.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "daemon/catalog/reason.h"
#include "daemon/text/time.h"

namespace modelvane {

// With fewer hosts "most of them" means nothing; then the kernel is asked for a network.
inline constexpr std::size_t kHostsToCompare = 3;
// Longer than this nobody is kept from hearing of what may be real.
inline constexpr Duration kIsolationMax = std::chrono::minutes{15};
// A public receiver that took an event so shortly ago shows that there is a network.
inline constexpr Duration kAcceptanceCounts = std::chrono::seconds{30};

// The failures that a network of ours that is gone looks like.
bool is_unreachable(Reason reason);
// A host of this machine itself, which no network of ours can take away.
bool is_this_machine(const std::string& host);

class Isolation {
 public:
  enum class Answer {
    Tell,          // it is the endpoint's own trouble, as far as anybody can know
    TellIsolated,  // it may be ours, but that has lasted for too long
    Check,         // poll one endpoint of each of to_check(), and ask again
    Wait,          // ask again at the next poll
  };

  // The longest of the endpoints' intervals with its timeout: how long a result counts.
  // Hosts that are polled no more are forgotten.
  void configure(Duration window, const std::set<std::string>& hosts);
  // A poll of one of the host's endpoints has ended.
  void note(const std::string& host, bool unreachable, Duration now);
  // The host's trouble was told.
  void note_told(const std::string& host);
  // A receiver beyond this machine took an event.
  void note_accepted(Duration now);

  // An endpoint of `host`, which answers within `timeout` or not at all, is about to be told down.
  // `has_network` is what kernel and connectivity targets say; none: not known yet.
  Answer ask(const std::string& host, Duration timeout, std::optional<bool> has_network,
             Duration now);
  // There are too few hosts to compare: it depends on `has_network`.
  bool needs_network() const { return counted_ < kHostsToCompare; }
  // After Answer::Check: hosts that nothing newer is known of.
  std::vector<std::string> to_check() const;

  bool is_isolated() const { return since_.has_value(); }

 private:
  struct Host {
    Duration at{0};
    bool is_unreachable = false;
    bool is_told = false;
    bool is_beyond = true;  // this machine

    bool counts() const { return is_beyond && !is_told; }
  };

  Host& host_of(const std::string& name);
  bool is_unasked(const Host& host) const;
  // Around each change of a host: the counts are kept, since with 10,000 hosts that fail at once
  // each of them asks.
  void leave_counts(const Host& host);
  void enter_counts(const Host& host);
  bool is_most(Duration now);
  void begin_check(Duration now, Duration timeout);
  Answer hold(Duration now);
  void end(Duration now);

  Duration window_{0};
  std::map<std::string, Host> hosts_;
  // Of those that count:
  std::size_t counted_ = 0;
  std::size_t unasked_ = 0;  // with a good result from before the check
  std::set<std::pair<Duration, const Host*>> unreachable_;  // within the window, oldest first
  std::optional<Duration> accepted_;
  std::optional<Duration> since_;  // isolated
  std::optional<Duration> ended_;  // when it was last over
  struct Check {
    Duration begun;
    Duration until;
  };
  std::optional<Check> check_;
};

}  // namespace modelvane
