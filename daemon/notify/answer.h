// What receivers say in the bodies of their answers: words and codes, each with its class, as data.
// Whoever answers "no" with status 200 is read here. Pure.
#pragma once

#include <span>
#include <string_view>

#include "daemon/notify/rendering.h"

namespace modelvane {

inline constexpr int kTooManyRequests = 429;

struct AnswerWord {
  std::string_view word;
  VerdictClass kind;
  bool is_limit = false;  // it takes fewer a second
};

struct AnswerCode {
  long code;
  VerdictClass kind;
  std::string_view meaning;  // for people
};

// An answer is classed by the first word that it says: that is its whole body, or the text of
// `field` in its JSON. A refusal may go on behind the word. Without one its status decides: a
// success of another shape comes from a receiver that took the message and speaks its own way
// (Rocket.Chat for Slack), and to repeat what was taken helps nobody.
Ruling rule_by_word(const HttpReply& reply, std::string_view field,
                    std::span<const AnswerWord> words);

// A success that is JSON with another number in `field` than 0, or than a status of success, is a
// refusal; an unknown code is tried again on schedule. Without the field the status decides.
Ruling rule_by_code(const HttpReply& reply, std::string_view field,
                    std::span<const AnswerCode> codes);

// The same for receivers that answer with a status of their own beside their codes: a code that is
// not listed says no more than its status.
Ruling rule_by_known_code(const HttpReply& reply, std::string_view field,
                          std::span<const AnswerCode> codes);

bool is_success(const HttpReply& reply);
// A page on the way says 429 or 503 as well as the receiver: then nothing else counts.
bool is_decided_by_status(const HttpReply& reply);

// "the receiver answered with status 400 (look at the flow): ..."
Verdict refusal(VerdictClass kind, const HttpReply& reply, std::string_view meaning);
// "the receiver answered with status 400 and invalid_token: ..."
Verdict refusal(const AnswerWord& said, const HttpReply& reply);

// The start of a body, fit for a log: one line, no control characters, what may be a secret masked.
std::string quotable(std::string_view body);

}  // namespace modelvane
