#include "daemon/catalog/refusal.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

using Json = nlohmann::json;

enum class About { Else, Key, Limit };

struct Word {
  std::string_view text;
  About about = About::Else;
};

// The most telling first: a body often has several (Gemini: 400, INVALID_ARGUMENT and
// API_KEY_INVALID).
constexpr std::array kWords{
    Word{"API_KEY_INVALID", About::Key},
    Word{"invalid_api_key", About::Key},
    Word{"invalid_authentication_error", About::Key},
    Word{"authentication_error", About::Key},
    Word{"auth_error", About::Key},
    Word{"UNAUTHENTICATED", About::Key},
    Word{"Unauthorized", About::Key},
    Word{"permission_error", About::Key},
    Word{"permission_denied", About::Key},
    Word{"PERMISSION_DENIED", About::Key},
    Word{"insufficient_quota"},
    Word{"exceeded_current_quota_error"},
    Word{"rate_limit_error", About::Limit},
    Word{"rate_limit_exceeded", About::Limit},
    Word{"rate_limit_reached_error", About::Limit},
    Word{"RESOURCE_EXHAUSTED", About::Limit},
    Word{"overloaded_error"},
    Word{"engine_overloaded_error"},
    Word{"UNAVAILABLE"},
    Word{"timeout_error"},
    Word{"api_error"},
    Word{"server_error"},
    Word{"internal_server_error"},
    Word{"INTERNAL"},
    Word{"not_found_error"},
    Word{"model_not_found"},
    Word{"invalid_model"},
    Word{"NOT_FOUND"},
    Word{"FAILED_PRECONDITION"},
    Word{"INVALID_ARGUMENT"},
    Word{"invalid_request_error"},
};

// Some say only in prose that the key is wrong: xAI with status 400, gateways with 200 and no list.
constexpr std::array kKeyPhrases{std::string_view{"incorrect api key"},
                                 std::string_view{"invalid api key"},
                                 std::string_view{"api key not valid"},
                                 std::string_view{"api key is invalid"},
                                 std::string_view{"no api key"},
                                 std::string_view{"missing api key"},
                                 std::string_view{"authentication failed"},
                                 std::string_view{"invalid token"},
                                 std::string_view{"token is invalid"},
                                 std::string_view{"token expired"},
                                 std::string_view{"token has expired"},
                                 std::string_view{"unauthorized"},
                                 std::string_view{"access token"},
                                 std::string_view{"鉴权失败"},
                                 std::string_view{"令牌"}};
// And that there were too many requests.
constexpr std::array kLimitPhrases{std::string_view{"rate limit"},
                                   std::string_view{"too many requests"},
                                   std::string_view{"请求过于频繁"}};

bool is_one_of(std::string_view key, std::initializer_list<std::string_view> keys) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

// Error bodies differ in how they nest, but hardly in the names of what counts: so the nesting is
// not looked at.
class RefusalReader {
 public:
  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool binary(Json::binary_t&) { return true; }
  bool start_object(std::size_t) { return true; }
  bool end_object() { return true; }
  bool start_array(std::size_t) { return true; }
  bool end_array() { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) {
    return false;
  }
  bool key(std::string& name) {
    key_ = name;
    return true;
  }
  bool string(std::string& text) {
    if (is_one_of(key_, {"type", "code", "status", "reason", "error"})) note_word(text);
    if (is_one_of(key_, {"error", "message", "detail", "msg", "error_msg", "error_description"}))
      note_prose(text);
    if (key_ == "retryDelay") body_.retry_after = parse_go_duration(text);
    return true;
  }

  RefusalBody take() {
    if (best_ < kWords.size()) body_.word = kWords[best_].text;
    return std::move(body_);
  }

 private:
  void note_word(const std::string& text) {
    const auto found = std::find_if(kWords.begin(), kWords.end(),
                                    [&](const Word& word) { return word.text == text; });
    if (found == kWords.end()) return;
    best_ = std::min(best_, static_cast<std::size_t>(found - kWords.begin()));
    body_.speaks_of_key = body_.speaks_of_key || found->about == About::Key;
    body_.speaks_of_limit = body_.speaks_of_limit || found->about == About::Limit;
  }
  void note_prose(const std::string& text) {
    const std::string lower = to_lower(text);
    const auto appears = [&](std::string_view phrase) {
      return lower.find(phrase) != std::string::npos;
    };
    body_.speaks_of_key = body_.speaks_of_key || std::ranges::any_of(kKeyPhrases, appears);
    body_.speaks_of_limit = body_.speaks_of_limit || std::ranges::any_of(kLimitPhrases, appears);
  }

  std::string key_;
  std::size_t best_ = kWords.size();
  RefusalBody body_;
};

struct Unit {
  std::string_view name;
  double microseconds;
};
// "ms" before "m": the first name that fits is taken.
constexpr std::array kUnits{Unit{"ns", 1e-3},  Unit{"us", 1},   Unit{"µs", 1}, Unit{"ms", 1e3},
                            Unit{"h", 3600e6}, Unit{"m", 60e6}, Unit{"s", 1e6}};
// Nobody asks to wait for longer; beyond it the sum would not fit.
constexpr double kLongest = 366.0 * 86'400e6;

}  // namespace

RefusalBody read_refusal(std::string_view body) {
  if (body.size() > kRefusalBytesMax) return {};
  RefusalReader reader;
  Json::sax_parse(body, &reader);
  return reader.take();
}

Reason reason_of_refusal(int status, const RefusalBody& body) {
  // 498 is Cohere's "invalid token".
  if (status == 401 || status == 403 || status == 407 || status == 498) return Reason::Auth;
  if (status == 429) return Reason::RateLimited;
  if (status == 400 && body.speaks_of_key) return Reason::Auth;
  if (status >= 300 && status < 400) return Reason::Redirect;
  if (status >= 400 && status < 500) return Reason::Http4xx;
  if (status >= 500 && status < 600) return Reason::Http5xx;
  return Reason::Other;
}

std::optional<Duration> parse_go_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double sum = 0;
  while (!text.empty()) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || !(number >= 0)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto unit = std::find_if(kUnits.begin(), kUnits.end(),
                                   [&](const Unit& one) { return text.starts_with(one.name); });
    if (unit == kUnits.end()) return std::nullopt;
    text.remove_prefix(unit->name.size());
    sum += number * unit->microseconds;
    if (!(sum <= kLongest)) return std::nullopt;
  }
  return Duration{static_cast<Duration::rep>(sum)};
}

}  // namespace modelvane
