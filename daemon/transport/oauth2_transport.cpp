#include "daemon/transport/oauth2_transport.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "daemon/catalog/json_path.h"
#include "daemon/text/ascii.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

// The callers' tickets count from 1.
constexpr std::uint64_t kFetchBit = std::uint64_t{1} << 63U;
constexpr Duration kFetchTimeout = 10s;
constexpr std::size_t kReplyBytesMax = 64 * 1024;
// Headers of more are refused by most servers.
constexpr std::size_t kTokenBytesMax = 16 * 1024;
// A token is renewed so long before its end, or a tenth of its life when that is less: it must
// still be good when the request that carries it arrives.
constexpr Duration kRenewBefore = 60s;
constexpr int kRenewPart = 10;
// Of a token whose server names no end, and the longest that one is believed.
constexpr Duration kUnknownLife = 1h;
constexpr Duration kLongestLife = 24h;
// A refused token that is younger was not refused for its age. Where none was ever taken, another
// one would be refused, too; where one was, the server has ended it.
constexpr Duration kYoung = 60s;
// Thousands of endpoints share a client: its server is not asked by each of them when it fails.
constexpr Duration kFailureKept = 5s;
constexpr std::size_t kAccountsMax = 20'000;  // two for each endpoint that a daemon may have
constexpr std::size_t kTakersMax = 20'000;
constexpr int kUnauthorized = 401;

std::string account_of(const HttpRequest& request) {
  const auto& grant = *request.oauth2;
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", grant.token_url, grant.client_id,
                     fmt::join(grant.scopes, " "), grant.secret_identity, request.tls.ca_file,
                     request.proxy.url);
}

JsonValue value_at(const HttpReply& reply, std::string_view pointer, std::string& storage) {
  return pick(reply.body, steps_of(pointer), storage);
}

// A machine's word such as invalid_client, or "".
std::string error_in(const HttpReply& reply) {
  constexpr std::size_t kErrorBytesMax = 40;
  std::string storage;
  const auto value = value_at(reply, "/error", storage);
  const bool is_word =
      value.is_text() && value.text.size() <= kErrorBytesMax &&
      std::ranges::all_of(value.text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  return is_word ? value.text : "";
}

Reason reason_of(int status) {
  if (status == 429) return Reason::RateLimited;
  if (status >= 500) return Reason::Http5xx;
  return status >= 400 ? Reason::Auth : Reason::Other;
}

HttpFailure failure_of(const HttpReply& reply) {
  const auto word = error_in(reply);
  return {.reason = reason_of(reply.status),
          .sentence = fmt::format("the token server of oauth2 answered with status {}{}",
                                  reply.status, word.empty() ? "" : fmt::format(" ({})", word))};
}

HttpFailure no_token(std::string_view why) {
  return {.reason = Reason::Other, .sentence = fmt::format("no token for oauth2: {}", why)};
}

// A number, or a text with one: Azure's older servers say "3599".
Duration life_in(const HttpReply& reply) {
  std::string storage;
  const auto value = value_at(reply, "/expires_in", storage);
  double seconds = 0;
  if (value.is_text() || value.kind == JsonValue::Kind::Number)
    std::from_chars(value.text.data(), value.text.data() + value.text.size(), seconds);
  if (!(seconds > 0)) return kUnknownLife;
  if (seconds > to_seconds(kLongestLife)) return kLongestLife;
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

bool is_fit(std::string_view token) {
  return !token.empty() && token.size() <= kTokenBytesMax &&
         std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7F; });
}

HttpRequest token_request(const HttpRequest& asker, const std::string& secret, bool is_in_body) {
  const auto& grant = *asker.oauth2;
  HttpRequest request;
  request.method = "POST";
  request.url = grant.token_url;
  request.timeout = kFetchTimeout;
  request.body_limit = kReplyBytesMax;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"Accept", "application/json"}};
  request.body = "grant_type=client_credentials";
  if (!grant.scopes.empty())
    request.body += "&scope=" + percent_encode(fmt::format("{}", fmt::join(grant.scopes, " ")));
  if (is_in_body) {
    request.body += fmt::format("&client_id={}&client_secret={}", percent_encode(grant.client_id),
                                percent_encode(secret));
  } else {
    request.basic_username = percent_encode(grant.client_id);
    request.basic_password = percent_encode(secret);
  }
  // Whom to trust and the way out are those of the house; the rest of TLS is between the asker and
  // its own server.
  request.tls.ca_file = asker.tls.ca_file;
  request.tls.min_version = asker.tls.min_version;
  request.proxy = asker.proxy;
  return request;
}

}  // namespace

OAuth2Transport::OAuth2Transport(Transport& network, SteadyNow now)
    : network_(network), now_(std::move(now)) {}

void OAuth2Transport::start(std::uint64_t ticket, HttpRequest request) {
  cancel(ticket);
  if (!request.oauth2) return network_.start(ticket, std::move(request));
  auto key = account_of(request);
  const auto deadline = now_() + request.timeout;
  carried_.insert_or_assign(
      ticket,
      Carried{.request = std::move(request), .deadline = deadline, .account = std::move(key)});
  carry(ticket);
}

// Goes out with the token that there is, or waits for one.
void OAuth2Transport::carry(std::uint64_t ticket) {
  auto& carried = carried_.at(ticket);
  forget_idle_accounts();
  auto& account = accounts_[carried.account];
  const auto now = now_();
  if (account.token && now < account.token->renew_at) return send(ticket, carried, *account.token);
  if (account.failure && now - account.failed_at < kFailureKept) {
    done_.push_back({ticket, std::unexpected(*account.failure)});
    carried_.erase(ticket);
    return;
  }
  carried.is_waiting = true;
  account.waiting.push_back(ticket);
  deadlines_.emplace(carried.deadline, ticket);
  if (account.fetch != 0) return;
  account.asker = carried.request;
  fetch(account, std::string{carried.account});
}

void OAuth2Transport::send(std::uint64_t ticket, Carried& carried, const Token& token) {
  carried.token = token;
  HttpRequest request = carried.request;
  request.oauth2.reset();
  request.set_header("Authorization", "Bearer " + token.value);
  request.timeout = std::chrono::duration_cast<Duration>(carried.deadline - now_());
  network_.start(ticket, std::move(request));
}

void OAuth2Transport::fetch(Account& account, const std::string& key) {
  const auto secret = account.asker.oauth2->client_secret();
  if (!secret) return fail_all(account, no_token(secret.error()));
  account.fetch = kFetchBit | ++fetches_made_;
  fetches_.emplace(account.fetch, key);
  network_.start(account.fetch, token_request(account.asker, *secret, account.puts_secret_in_body));
}

void OAuth2Transport::take_token(std::uint64_t fetch_ticket, HttpResult result) {
  const auto key = fetches_.extract(fetch_ticket).mapped();
  auto& account = accounts_.at(key);
  account.fetch = 0;
  if (!result) {
    // Not the failure of the receiver or provider itself: nothing is known of that.
    auto failure = no_token(result.error().sentence);
    failure.shortage = result.error().shortage;
    return fail_all(account, std::move(failure));
  }
  const bool may_want_it_in_body = result->status == kUnauthorized || result->status == 400;
  if (may_want_it_in_body && !account.puts_secret_in_body) {
    account.puts_secret_in_body = true;
    return fetch(account, key);
  }
  if (result->status != 200) {
    account.puts_secret_in_body = false;  // the next fetch begins anew
    return fail_all(account, failure_of(*result));
  }
  std::string storage;
  auto token = value_at(*result, "/access_token", storage);
  if (!token.is_text() || !is_fit(token.text))
    return fail_all(account, no_token("the token server's answer has no usable access_token"));
  std::string type_storage;
  const auto type = value_at(*result, "/token_type", type_storage);
  if (type.is_text() && !equals_ignoring_case(type.text, "bearer"))
    return fail_all(account, no_token("the token server gives tokens of another type than Bearer"));
  const auto life = life_in(*result);
  const auto now = now_();
  account.failure.reset();
  account.token = Token{.value = std::move(token.text),
                        .fetched = now,
                        .renew_at = now + life - std::min(kRenewBefore, life / kRenewPart)};
  release(account);
}

void OAuth2Transport::fail_all(Account& account, HttpFailure failure) {
  account.failure = failure;
  account.failed_at = now_();
  for (const auto ticket : std::exchange(account.waiting, {})) {
    const auto carried = carried_.extract(ticket);
    deadlines_.erase({carried.mapped().deadline, ticket});
    done_.push_back({ticket, std::unexpected(failure)});
  }
}

void OAuth2Transport::release(Account& account) {
  for (const auto ticket : std::exchange(account.waiting, {})) {
    auto& carried = carried_.at(ticket);
    carried.is_waiting = false;
    deadlines_.erase({carried.deadline, ticket});
    send(ticket, carried, *account.token);
  }
}

bool OAuth2Transport::wants_new_token(const Carried& carried, const HttpResult& result) const {
  if (carried.is_repeated || !result || result->status != kUnauthorized) return false;
  const auto& account = accounts_.at(carried.account);
  const bool is_replaced = account.token && account.token->value != carried.token.value;
  const auto now = now_();
  const bool may_be_ended =
      now - carried.token.fetched >= kYoung || account.takers.contains(carried.request.url);
  return (is_replaced || may_be_ended) && now < carried.deadline;
}

void OAuth2Transport::note_taken(Account& account, const std::string& url, int status) {
  if (status == kUnauthorized) {
    account.takers.erase(url);
  } else if (account.takers.size() < kTakersMax) {
    account.takers.insert(url);
  }
}

void OAuth2Transport::settle(Completion completion) {
  const auto found = carried_.find(completion.ticket);
  if (found == carried_.end()) return done_.push_back(std::move(completion));
  auto& carried = found->second;
  auto& account = accounts_.at(carried.account);
  if (wants_new_token(carried, completion.result)) {
    carried.is_repeated = true;
    if (account.token && account.token->value == carried.token.value) account.token.reset();
    return carry(completion.ticket);
  }
  if (completion.result) {
    note_taken(account, carried.request.url, completion.result->status);
    completion.result->bearer = carried.token.value;
  }
  carried_.erase(found);
  done_.push_back(std::move(completion));
}

void OAuth2Transport::cancel(std::uint64_t ticket) {
  network_.cancel(ticket);
  if (auto carried = carried_.extract(ticket); !carried.empty() && carried.mapped().is_waiting) {
    std::erase(accounts_.at(carried.mapped().account).waiting, ticket);
    deadlines_.erase({carried.mapped().deadline, ticket});
  }
  std::erase_if(done_, [&](const Completion& completion) { return completion.ticket == ticket; });
}

std::size_t OAuth2Transport::in_flight() const {
  return network_.in_flight() + deadlines_.size() + done_.size();
}

Duration OAuth2Transport::time_to_next(Duration timeout) const {
  if (!done_.empty()) return Duration{0};
  if (deadlines_.empty()) return timeout;
  const auto left = std::chrono::ceil<Duration>(deadlines_.begin()->first - now_());
  return std::clamp(left, Duration{0}, timeout);
}

void OAuth2Transport::end_overdue() {
  const auto now = now_();
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const auto ticket = deadlines_.begin()->second;
    cancel(ticket);
    done_.push_back({ticket, std::unexpected(no_token("the token server did not answer in time"))});
  }
}

void OAuth2Transport::wait(Duration timeout, std::vector<Completion>& completed) {
  std::vector<Completion> arrived;
  network_.wait(time_to_next(timeout), arrived);
  for (auto& completion : arrived) {
    if (fetches_.contains(completion.ticket)) {
      take_token(completion.ticket, std::move(completion.result));
    } else {
      settle(std::move(completion));
    }
  }
  end_overdue();
  std::ranges::move(done_, std::back_inserter(completed));
  done_.clear();
}

// Those of configurations that are no more.
void OAuth2Transport::forget_idle_accounts() {
  if (accounts_.size() < kAccountsMax) return;
  std::set<std::string_view> used;
  for (const auto& [ticket, carried] : carried_) used.insert(carried.account);
  std::erase_if(accounts_, [&](const auto& entry) {
    return entry.second.fetch == 0 && !used.contains(entry.first);
  });
}

}  // namespace modelvane
