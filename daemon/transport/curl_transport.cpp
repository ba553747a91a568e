// The way of an exchange: start() checks the request and either hands it to libcurl at once
// (literal address, known host) or lets it wait for the resolver. Every turn of the loop then feeds
// sockets and timers to libcurl, takes addresses from the resolver, collects what libcurl has
// finished, and ends what has reached its deadline. Whatever happens, an exchange ends in finish().
#include "daemon/transport/curl_transport.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <expected>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "daemon/io/poller.h"
#include "daemon/transport/exchange.h"
#include "daemon/transport/kept_sockets.h"
#include "daemon/transport/multi_shards.h"
#include "daemon/transport/outcome.h"
#include "daemon/transport/shortage.h"
#include "daemon/transport/trust_store.h"

namespace modelvane {
namespace {

using Clock = std::chrono::steady_clock;

// Idle handles kept for the next requests; each may hold buffers of 32 kB.
constexpr std::size_t kIdleHandlesMax = 64;
// libcurl ends a transfer at its deadline by itself; ours follows so much later, when it does not.
constexpr std::chrono::milliseconds kGrace{50};
constexpr std::size_t kAbodesMax = 20'000;  // as many hosts as the resolver remembers
// libcurl's cache of addresses is swept by every so many-th transfer (see exchange.cpp).
constexpr std::uint64_t kSweepEvery = 500;

// As OpenSSL's own programs: each variable replaces its half, and $SSL_CERT_DIR may name several
// folders.
SystemAuthorities system_authorities(const std::string& chosen) {
  if (!chosen.empty()) return {.bundle = chosen, .folders = {}};
  SystemAuthorities system;
  if (const char* file = std::getenv("SSL_CERT_FILE"); file != nullptr && *file != '\0') {
    system.bundle = file;
  } else {
    const curl_version_info_data* info = curl_version_info(CURLVERSION_NOW);
    system.bundle = info->cainfo == nullptr ? "/etc/ssl/certs/ca-certificates.crt" : info->cainfo;
  }
  const char* folders = std::getenv("SSL_CERT_DIR");
  for (std::string_view rest = folders == nullptr ? "" : folders; !rest.empty();) {
    const auto end = std::min(rest.find(':'), rest.size());
    if (end > 0) system.folders.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return system;
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

// Of the addresses of a name those that may be contacted, at least one; a literal address stays
// what it is.
std::expected<Addresses, std::string> permitted_addresses(const EgressRules& rules,
                                                          const Exchange& exchange,
                                                          const Addresses& found) {
  if (found.empty()) {
    for (const auto& address : exchange.literal_addresses()) {
      if (auto refused = refusal(rules, address)) return std::unexpected(std::move(*refused));
    }
    return found;
  }
  Addresses permitted;
  std::string why;
  for (const auto& address : found) {
    if (auto refused = refusal(rules, address)) {
      why = std::move(*refused);
    } else {
      permitted.push_back(address);
    }
  }
  if (permitted.empty()) return std::unexpected(std::move(why));
  return permitted;
}

// A mail has one connection at a time (exchange_mail.h).
std::vector<Addresses> rounds_of(const Addresses& addresses, bool is_mail) {
  std::vector<Addresses> rounds;
  if (is_mail) {
    for (const auto& address : addresses) rounds.push_back({address});
    return rounds;
  }
  std::size_t seen[2] = {0, 0};
  for (const auto& address : addresses) {
    const std::size_t place = seen[address.contains(':') ? 1 : 0]++;
    if (place == rounds.size()) rounds.emplace_back();
    rounds[place].push_back(address);
  }
  return rounds;
}

}  // namespace

class CurlTransport::Loop {
 public:
  explicit Loop(CurlTransportOptions options);
  ~Loop();

  void start(std::uint64_t ticket, HttpRequest request);
  void set_egress(EgressRules rules) { egress_ = std::move(rules); }
  void cancel(std::uint64_t ticket);
  std::size_t in_flight() const { return exchanges_.size() + done_.size(); }
  void wait(Duration timeout, std::vector<Completion>& completed);
  void wake() { poller_.wake(); }

 private:
  using Exchanges = std::unordered_map<std::uint64_t, std::unique_ptr<Exchange>>;

  void await_address(Exchange& exchange, const std::string& host, SteadyTime now);
  void stop_awaiting(const Exchange& exchange);
  void launch(Exchange& exchange, const Addresses& found, SteadyTime now);
  void connect(Exchange& exchange, Easy easy);
  void connect_again(Exchange& exchange);
  void note_socket(const Exchange& exchange);
  void finish(Exchange& exchange, HttpResult result);
  void detach(Exchange& exchange);
  std::chrono::nanoseconds connection_age_max(const Exchange& exchange, const Addresses& found,
                                              SteadyTime now);
  bool turn(SteadyTime until);
  SteadyTime next_moment(SteadyTime until);
  void take_addresses(SteadyTime now);
  void collect();
  void end_overdue(SteadyTime now);

  CurlTransportOptions options_;
  EgressRules egress_;
  TrustStore trust_;
  TargetCache targets_;
  Poller poller_;
  Resolver resolver_;
  KeptSockets kept_;
  MultiShards shards_;  // closing it closes the kept connections, which are watched by the poller
  Exchanges exchanges_;
  std::unordered_map<std::string, std::vector<Exchange*>> awaiting_;  // by host
  std::set<std::pair<SteadyTime, Exchange*>> deadlines_;
  struct Abode {
    Addresses addresses;  // when it was last looked up
    SteadyTime since{};   // since when none of those before is among them
  };
  std::unordered_map<std::string, Abode> abodes_;  // of hosts with kept connections
  std::vector<Easy> idle_;
  std::vector<Completion> done_;  // until the next wait() hands them out
  std::optional<SteadyTime> tend_at_;
  std::uint64_t launched_ = 0;
};

CurlTransport::Loop::Loop(CurlTransportOptions options)
    : options_(std::move(options)),
      trust_(system_authorities(options_.system_ca_file)),
      resolver_(options_.resolver),
      shards_(poller_) {
  poller_.watch(resolver_.ready_fd(), EPOLLIN, true);
}

CurlTransport::Loop::~Loop() {
  for (auto& [ticket, exchange] : exchanges_) detach(*exchange);
  exchanges_.clear();
  idle_.clear();
}

void CurlTransport::Loop::start(std::uint64_t ticket, HttpRequest request) {
  cancel(ticket);
  const SteadyTime now = Clock::now();
  auto& owned = exchanges_[ticket] = std::make_unique<Exchange>(ticket, std::move(request), now);
  Exchange& exchange = *owned;
  deadlines_.emplace(exchange.deadline + kGrace, &exchange);
  if (exchange.request.timeout <= Duration{0}) {
    finish(exchange, std::unexpected(not_started(exchange, Reason::Timeout,
                                                 "there was no time left to begin", now)));
    return;
  }
  if (auto refusal = exchange.prepare(targets_)) {
    finish(exchange,
           std::unexpected(not_started(exchange, Reason::Other, std::move(*refusal), now)));
    return;
  }
  const std::string host = exchange.host_to_resolve();
  if (host.empty()) {
    launch(exchange, {}, now);
    return;
  }
  const auto life =
      exchange.request.reuse_connection ? options_.address_life : options_.fresh_address_life;
  if (const Addresses* addresses = resolver_.known(host, now, life)) {
    launch(exchange, *addresses, now);
  } else {
    await_address(exchange, host, now);
  }
}

void CurlTransport::Loop::await_address(Exchange& exchange, const std::string& host,
                                        SteadyTime now) {
  // Nothing else watches over a lookup, so here the deadline is exact.
  deadlines_.erase({exchange.deadline + kGrace, &exchange});
  deadlines_.emplace(exchange.deadline, &exchange);
  awaiting_[host].push_back(&exchange);
  resolver_.ask(host, now);
  tend_at_ = resolver_.tend(now);
}

void CurlTransport::Loop::stop_awaiting(const Exchange& exchange) {
  if (exchange.easy != nullptr || awaiting_.empty()) return;
  const auto found = awaiting_.find(exchange.host_to_resolve());
  if (found == awaiting_.end() || std::erase(found->second, &exchange) == 0 ||
      !found->second.empty())
    return;
  resolver_.abandon(found->first);
  awaiting_.erase(found);
}

// `found` is empty for hosts that need no lookup.
void CurlTransport::Loop::launch(Exchange& exchange, const Addresses& found, SteadyTime now) {
  exchange.resolved = now;
  const auto permitted = permitted_addresses(egress_, exchange, found);
  if (!permitted) {
    finish(exchange,
           std::unexpected(not_started(exchange, Reason::Connect, permitted.error(), now)));
    return;
  }
  const Addresses& addresses = *permitted;
  exchange.system = &trust_.system();
  if (exchange.needs_authorities()) {
    auto authorities = trust_.authorities(exchange.request.tls.ca_file);
    if (!authorities) {
      auto failure =
          not_started(exchange, Reason::Tls, std::move(authorities.error().sentence), now);
      failure.shortage = shortage_of(authorities.error().error);
      finish(exchange, std::unexpected(std::move(failure)));
      return;
    }
    exchange.trust = std::move(*authorities);
  }
  Easy easy;
  if (idle_.empty()) {
    easy.reset(curl_easy_init());
  } else {
    easy = std::move(idle_.back());
    idle_.pop_back();
  }
  if (!easy) {
    auto failure = not_started(exchange, Reason::Other, "libcurl is out of memory", now);
    failure.shortage = Shortage::Memory;
    finish(exchange, std::unexpected(std::move(failure)));
    return;
  }
  exchange.connection_age_max = connection_age_max(exchange, found, now);
  exchange.kept = &kept_;
  exchange.rounds = rounds_of(addresses, exchange.request.mail.has_value());
  connect(exchange, std::move(easy));
}

void CurlTransport::Loop::connect(Exchange& exchange, Easy easy) {
  const SteadyTime now = Clock::now();
  exchange.configure(easy.get(), now, ++launched_ % kSweepEvery == 0);
  if (auto sentence = shards_.add(exchange.target.host, easy.release())) {
    finish(exchange,
           std::unexpected(not_started(exchange, Reason::Other, std::move(*sentence), now)));
  }
}

// Nothing was sent yet.
void CurlTransport::Loop::connect_again(Exchange& exchange) {
  shards_.remove(exchange.target.host, exchange.easy);
  Easy easy{exchange.release()};
  curl_easy_reset(easy.get());
  exchange.error_text = {};
  exchange.tls_started.reset();
  exchange.note.reset();
  connect(exchange, std::move(easy));
}

// `found` is what the host was resolved to just now, or a moment ago.
std::chrono::nanoseconds CurlTransport::Loop::connection_age_max(const Exchange& exchange,
                                                                 const Addresses& found,
                                                                 SteadyTime now) {
  const std::chrono::nanoseconds longest{exchange.request.connection_age_max};
  if (found.empty() || !exchange.request.reuse_connection) return longest;
  if (abodes_.size() > kAbodesMax) abodes_.clear();  // costs new connections, never truth
  auto& abode = abodes_[exchange.host_to_resolve()];
  const bool has_moved =
      !abode.addresses.empty() && std::ranges::find_first_of(found, abode.addresses) == found.end();
  if (has_moved) abode.since = now;
  abode.addresses = found;
  return abode.since == SteadyTime{}
             ? longest
             : std::min<std::chrono::nanoseconds>(longest, now - abode.since);
}

void CurlTransport::Loop::detach(Exchange& exchange) {
  stop_awaiting(exchange);
  deadlines_.erase({exchange.deadline, &exchange});
  deadlines_.erase({exchange.deadline + kGrace, &exchange});
  if (exchange.easy == nullptr) return;
  shards_.remove(exchange.target.host, exchange.easy);
  Easy easy{exchange.release()};
  if (idle_.size() >= kIdleHandlesMax) return;
  curl_easy_reset(easy.get());
  idle_.push_back(std::move(easy));
}

void CurlTransport::Loop::finish(Exchange& exchange, HttpResult result) {
  const std::uint64_t ticket = exchange.ticket;
  detach(exchange);
  done_.push_back(Completion{ticket, std::move(result)});
  exchanges_.erase(ticket);
}

void CurlTransport::Loop::cancel(std::uint64_t ticket) {
  if (const auto found = exchanges_.find(ticket); found != exchanges_.end()) {
    detach(*found->second);
    exchanges_.erase(found);
  }
  std::erase_if(done_, [&](const Completion& completion) { return completion.ticket == ticket; });
}

void CurlTransport::Loop::wait(Duration timeout, std::vector<Completion>& completed) {
  const SteadyTime now = Clock::now();
  constexpr std::chrono::hours kLongest{24};  // keeps the sum below the clock's end
  const SteadyTime until = now + std::min<std::chrono::nanoseconds>(timeout, kLongest);
  bool woken = false;
  do {
    woken = turn(done_.empty() ? until : now);
  } while (done_.empty() && !woken && Clock::now() < until);
  std::ranges::move(done_, std::back_inserter(completed));
  done_.clear();
}

// One turn; true when somebody called wake().
bool CurlTransport::Loop::turn(SteadyTime until) {
  bool woken = false;
  shards_.run_timers(Clock::now());
  collect();  // what ended just now raises no event to wake up for
  const auto events =
      poller_.wait(done_.empty() ? next_moment(until) - Clock::now() : std::chrono::nanoseconds{0});
  for (const epoll_event& event : events) {
    const int fd = event.data.fd;
    if (poller_.take_wake(fd)) {
      woken = true;
    } else if (fd == resolver_.ready_fd()) {
      take_addresses(Clock::now());
    } else {
      shards_.act(event);
    }
  }
  const SteadyTime now = Clock::now();
  if (tend_at_ && *tend_at_ <= now) tend_at_ = resolver_.tend(now);
  collect();
  end_overdue(now);
  return woken;
}

SteadyTime CurlTransport::Loop::next_moment(SteadyTime until) {
  SteadyTime next = until;
  if (const auto timer = shards_.next_timer()) next = std::min(next, *timer);
  if (tend_at_) next = std::min(next, *tend_at_);
  if (!deadlines_.empty()) next = std::min(next, deadlines_.begin()->first);
  return next;
}

void CurlTransport::Loop::take_addresses(SteadyTime now) {
  for (Answer& answer : resolver_.take(now)) {
    const auto waiting = awaiting_.extract(answer.host);
    if (waiting.empty()) continue;
    for (Exchange* exchange : waiting.mapped()) {
      // Back to the later timer: libcurl ends it at the deadline itself, and with better knowledge
      // of how far it came.
      deadlines_.erase({exchange->deadline, exchange});
      deadlines_.emplace(exchange->deadline + kGrace, exchange);
      if (answer.result) {
        launch(*exchange, *answer.result, now);
      } else {
        const auto& [why, shortage] = answer.result.error();
        auto failure =
            not_started(*exchange, Reason::Dns,
                        shortage ? std::string{remedy(*shortage)}
                                 : fmt::format("no address for host {}: {}", answer.host, why),
                        now);
        failure.shortage = shortage;
        finish(*exchange, std::unexpected(std::move(failure)));
      }
    }
  }
}

void CurlTransport::Loop::collect() {
  while (const auto ended = shards_.take_ended()) {
    char* user = nullptr;
    curl_easy_getinfo(ended->easy, CURLINFO_PRIVATE, &user);
    auto& exchange = *reinterpret_cast<Exchange*>(user);
    const bool is_in_time = exchange.deadline > Clock::now();
    if (std::exchange(exchange.is_spoilt, false) && is_in_time) {
      exchange.must_connect = true;
      connect_again(exchange);
      continue;
    }
    if (exchange.has_next_round() && is_in_time && was_not_connected(exchange, ended->code)) {
      ++exchange.round;
      connect_again(exchange);
      continue;
    }
    note_socket(exchange);
    finish(exchange, conclude(exchange, ended->code, Clock::now()));
  }
}

void CurlTransport::Loop::note_socket(const Exchange& exchange) {
  if (!exchange.request.reuse_connection) return;
  curl_socket_t fd = CURL_SOCKET_BAD;
  long port = 0;
  curl_easy_getinfo(exchange.easy, CURLINFO_ACTIVESOCKET, &fd);
  curl_easy_getinfo(exchange.easy, CURLINFO_LOCAL_PORT, &port);
  kept_.note(static_cast<int>(port), fd);
}

void CurlTransport::Loop::end_overdue(SteadyTime now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    Exchange& exchange = *deadlines_.begin()->second;
    finish(exchange, conclude(exchange, CURLE_OPERATION_TIMEDOUT, now));
  }
}

CurlTransport::CurlTransport(CurlTransportOptions options)
    : loop_(std::make_unique<Loop>(std::move(options))) {}
CurlTransport::~CurlTransport() = default;

void CurlTransport::start(std::uint64_t ticket, HttpRequest request) {
  loop_->start(ticket, std::move(request));
}
void CurlTransport::set_egress(EgressRules rules) {
  loop_->set_egress(std::move(rules));
}
void CurlTransport::cancel(std::uint64_t ticket) {
  loop_->cancel(ticket);
}
std::size_t CurlTransport::in_flight() const {
  return loop_->in_flight();
}
void CurlTransport::wait(Duration timeout, std::vector<Completion>& completed) {
  loop_->wait(timeout, completed);
}
void CurlTransport::wake() {
  loop_->wake();
}

}  // namespace modelvane
