// Host names to addresses, without ever blocking the loop: a few threads call getaddrinfo, one
// lookup per host at a time, and good answers are kept for a while. Used by the transport's thread
// only; the threads share nothing but a guarded mailbox. What surprises: getaddrinfo cannot be
// interrupted (a dead name server holds it for 10 s and more), so the threads are detached and own
// the mailbox together with the resolver. Destroying the resolver waits for nobody: an idle thread
// ends at once, a stuck one when its lookup returns. Threads that are stuck get replacements up to
// a cap, and hosts known to be slow may occupy only a part of them, so that dead names do not
// starve the living.
#pragma once

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "daemon/transport/shortage.h"

namespace modelvane {

using SteadyTime = std::chrono::steady_clock::time_point;
using Addresses = std::vector<std::string>;  // numeric, IPv4 and IPv6, in the order of preference
struct LookupError {
  // Implicit: most errors are a sentence alone.
  // NOLINTNEXTLINE(google-explicit-constructor)
  LookupError(std::string why, std::optional<Shortage> lacked = std::nullopt)
      : sentence(std::move(why)), shortage(lacked) {}
  std::string sentence;  // for people
  std::optional<Shortage> shortage;
};
using LookupResult = std::expected<Addresses, LookupError>;
using NameLookup = std::function<LookupResult(const std::string&)>;  // may block; called from
                                                                     // several threads at once

struct ResolverOptions {
  std::size_t threads = 4;  // lookups are short when the name server lives
  // The ceiling with replacements for stuck threads. A stuck thread costs about 100 kB, and 32 dead
  // names at once are rare.
  std::size_t max_threads = 32;
  std::chrono::milliseconds stuck_after{
      500};           // a lookup that takes longer is no longer counted as working
  NameLookup lookup;  // empty = the system's getaddrinfo
};

struct Answer {
  std::string host;
  LookupResult result;
};

class Resolver {
 public:
  explicit Resolver(ResolverOptions options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Readable when answers wait to be taken.
  int ready_fd() const;
  // A good answer that is not older than `max_age`; failures are never kept.
  const Addresses* known(const std::string& host, SteadyTime now,
                         std::chrono::milliseconds max_age) const;
  // Starts a lookup unless one is under way. Its end shows up in take().
  void ask(const std::string& host, SteadyTime now);
  // Nobody waits for this host any more: a lookup that has not begun is dropped.
  void abandon(const std::string& host);
  std::vector<Answer> take(SteadyTime now);
  // Replaces stuck threads while lookups queue. Returns when to call it again; nullopt = no need.
  std::optional<SteadyTime> tend(SteadyTime now);

 private:
  struct Shared;
  struct Entry {
    Addresses addresses;
    SteadyTime learnt{};
    bool slow = false;  // its last lookup outlasted `stuck_after`
  };

  static void work(std::shared_ptr<Shared> shared);
  void spawn();
  void forget_old(SteadyTime now);

  ResolverOptions options_;
  std::shared_ptr<Shared> shared_;
  std::unordered_map<std::string, Entry> entries_;
};

// The system's resolver: both address families, in the order of RFC 6724. Blocks.
LookupResult look_up(const std::string& host);
// Addresses that need no lookup: literals (without brackets), and the loopback names of RFC 6761.
// nullopt for other hosts.
std::optional<Addresses> addresses_without_lookup(std::string_view host);

}  // namespace modelvane
