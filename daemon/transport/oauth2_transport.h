// OAuth 2.0 client credentials (RFC 6749, 4.4) in front of a Transport: requests that name a grant
// get its token, all others pass. A token is fetched when the first request needs it, shared by all
// requests of the same grant, kept until shortly before its end, and fetched once more when a
// request is answered with 401. Fetching is an exchange like any other: nothing waits for it but
// the requests that need the token, each within its own deadline.
//
// How a server wants the client's secret is not told anywhere: first by HTTP Basic, which every
// server must take, and where that is refused in the body, as some are set to.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "daemon/transport/resolver.h"
#include "daemon/transport/transport.h"

namespace modelvane {

class OAuth2Transport final : public Transport {
 public:
  using SteadyNow = std::function<SteadyTime()>;

  explicit OAuth2Transport(Transport& network, SteadyNow now = std::chrono::steady_clock::now);

  void start(std::uint64_t ticket, HttpRequest request) override;
  void set_egress(EgressRules rules) override { network_.set_egress(std::move(rules)); }
  void cancel(std::uint64_t ticket) override;
  std::size_t in_flight() const override;
  void wait(Duration timeout, std::vector<Completion>& completed) override;
  void wake() override { network_.wake(); }

 private:
  struct Token {
    std::string value;
    SteadyTime fetched{};
    SteadyTime renew_at{};
  };
  // What is known of one client at one token server.
  struct Account {
    std::optional<Token> token;
    std::optional<HttpFailure> failure;  // of the last fetch
    SteadyTime failed_at{};
    bool puts_secret_in_body = false;
    std::uint64_t fetch = 0;  // ticket of the one under way
    HttpRequest asker;        // of which that one has grant, authorities and proxy
    std::vector<std::uint64_t> waiting;
    std::unordered_set<std::string> takers;  // URLs whose servers took its tokens when last asked
  };
  struct Carried {
    HttpRequest request;  // kept: it may have to be sent a second time
    SteadyTime deadline{};
    std::string account;
    Token token;  // that it went with last
    bool is_waiting = false;
    bool is_repeated = false;
  };

  void carry(std::uint64_t ticket);
  void send(std::uint64_t ticket, Carried& carried, const Token& token);
  void fetch(Account& account, const std::string& key);
  void take_token(std::uint64_t fetch, HttpResult result);
  void fail_all(Account& account, HttpFailure failure);
  void release(Account& account);
  void settle(Completion completion);
  static void note_taken(Account& account, const std::string& url, int status);
  bool wants_new_token(const Carried& carried, const HttpResult& result) const;
  void end_overdue();
  Duration time_to_next(Duration timeout) const;
  void forget_idle_accounts();

  Transport& network_;
  SteadyNow now_;
  std::map<std::string, Account> accounts_;
  std::unordered_map<std::uint64_t, std::string> fetches_;  // account of each
  std::unordered_map<std::uint64_t, Carried> carried_;
  std::set<std::pair<SteadyTime, std::uint64_t>> deadlines_;  // of those that wait
  std::vector<Completion> done_;
  std::uint64_t fetches_made_ = 0;
};

}  // namespace modelvane
