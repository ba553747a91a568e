#include "daemon/notify/answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "daemon/notify/plain_text.h"
#include "daemon/text/token.h"

namespace modelvane {
namespace {

// Enough for an error's text, too little for a page.
constexpr std::size_t kQuotedCharactersMax = 200;
// Only the beginning of a reply is looked at: what is masked and blank can make 200 characters of
// it shorter.
constexpr std::size_t kReadBytesMax = 4096;
// Words so long that have a digit, or a slash, in them may be what a proxy's error page repeats of
// a secret URL or key.
constexpr std::size_t kTokenBytesMin = 16;
constexpr std::size_t kPathBytesMin = 8;

bool is_border(char c) {
  return static_cast<unsigned char>(c) <= ' ' ||
         std::string_view{"\"'<>(),;={}[]"}.find(c) != std::string_view::npos;
}

bool may_be_secret(std::string_view word) {
  const bool has_digit = std::any_of(word.begin(), word.end(), [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
  const bool has_slash = word.find('/') != std::string_view::npos;
  return (has_digit && word.size() >= kTokenBytesMin) ||
         (has_slash && word.size() >= kPathBytesMin);
}

std::string said_in(const HttpReply& reply, std::string_view field) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  if (json.is_string()) return json.get<std::string>();
  const auto value = json.is_object() ? json.find(field) : json.end();
  if (json.is_object())
    return value != json.end() && value->is_string() ? value->get<std::string>() : "";
  return std::string{trimmed(reply.body, " \t\r\n")};
}

// "invalid_blocks: missing text", but not "invalid_blocks_format".
bool begins_with(std::string_view said, std::string_view word) {
  if (!said.starts_with(word)) return false;
  const auto next = said.substr(word.size()).substr(0, 1);
  return next.empty() ||
         (std::isalnum(static_cast<unsigned char>(next.front())) == 0 && next != "_");
}

Verdict refusal_of(VerdictClass kind, std::string sentence, const HttpReply& reply) {
  if (const auto quote = quotable(reply.body); !quote.empty()) sentence += ": " + quote;
  return {.kind = kind, .sentence = std::move(sentence), .retry_after = std::nullopt};
}

std::optional<long> code_in(const HttpReply& reply, std::string_view field) {
  const auto json = nlohmann::json::parse(reply.body, nullptr, false);
  const auto value = json.is_object() ? json.find(field) : json.end();
  if (!json.is_object() || value == json.end() || !value->is_number_integer()) return std::nullopt;
  return value->get<long>();
}

Verdict refusal_of(const AnswerCode& known, const HttpReply& reply, std::string_view field) {
  auto verdict = refusal_of(
      known.kind,
      fmt::format("the receiver answered with {} {} ({})", field, known.code, known.meaning),
      reply);
  verdict.throttled = known.kind == VerdictClass::Busy;
  return verdict;
}

}  // namespace

bool is_success(const HttpReply& reply) {
  return reply.status >= 200 && reply.status < 300;
}

// A limiter or a gateway speaks here, often with a page of its own; its words are not the
// receiver's.
bool is_decided_by_status(const HttpReply& reply) {
  return reply.status == 429 || reply.status == 503;
}

Verdict refusal(VerdictClass kind, const HttpReply& reply, std::string_view meaning) {
  return refusal_of(
      kind, fmt::format("the receiver answered with status {} ({})", reply.status, meaning), reply);
}

Verdict refusal(const AnswerWord& said, const HttpReply& reply) {
  auto verdict = refusal_of(
      said.kind,
      fmt::format("the receiver answered with status {} and {}", reply.status, said.word), reply);
  verdict.is_limit = verdict.throttled = said.is_limit;
  return verdict;
}

std::string quotable(std::string_view body) {
  body = body.substr(0, kReadBytesMax);
  std::string masked;
  while (!body.empty()) {
    const auto end =
        static_cast<std::size_t>(std::find_if(body.begin(), body.end(), is_border) - body.begin());
    const auto word = body.substr(0, end);
    masked += may_be_secret(word) ? "[...]" : std::string{word};
    if (end < body.size()) masked += body[end];
    body.remove_prefix(std::min(end + 1, body.size()));
  }
  return plain_text(masked, kQuotedCharactersMax);
}

Ruling rule_by_word(const HttpReply& reply, std::string_view field,
                    std::span<const AnswerWord> words) {
  if (is_decided_by_status(reply)) return std::nullopt;
  const auto said = said_in(reply, field);
  const auto found = std::ranges::find_if(words, [&](const AnswerWord& word) {
    return is_success(reply) ? said == word.word : begins_with(said, word.word);
  });
  if (found == words.end()) return std::nullopt;
  return refusal(*found, reply);
}

Ruling rule_by_code(const HttpReply& reply, std::string_view field,
                    std::span<const AnswerCode> codes) {
  if (is_decided_by_status(reply)) return std::nullopt;
  const auto code = code_in(reply, field);
  if (!code) return std::nullopt;
  const bool is_yes = *code == 0 || (*code >= 200 && *code < 300);
  if (is_yes) return is_success(reply) ? Ruling{Verdict{}} : std::nullopt;
  const auto found = std::ranges::find(codes, *code, &AnswerCode::code);
  if (found != codes.end()) return refusal_of(*found, reply, field);
  return refusal_of(VerdictClass::Busy,
                    fmt::format("the receiver answered with {} {}", field, *code), reply);
}

Ruling rule_by_known_code(const HttpReply& reply, std::string_view field,
                          std::span<const AnswerCode> codes) {
  if (is_decided_by_status(reply) || is_success(reply)) return std::nullopt;
  const auto code = code_in(reply, field);
  const auto found = code ? std::ranges::find(codes, *code, &AnswerCode::code) : codes.end();
  return found == codes.end() ? std::nullopt : Ruling{refusal_of(*found, reply, field)};
}

}  // namespace modelvane
