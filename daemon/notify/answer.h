// What receivers say in the bodies of their answers: words and codes, each with its class, as data.
// Whoever answers "no" with status 200 is read here. Pure.
#pragma once

#include <span>
#include <string_view>

#include "daemon/notify/rendering.h"

namespace modelvane {

struct AnswerWord {
  std::string_view word;  // found anywhere in the body
  VerdictClass kind;
};

struct AnswerCode {
  long code;
  VerdictClass kind;
  std::string_view meaning;  // for people
};

// A success must have exactly the body `ok` (white space around it does not count). Another body,
// and any failure, is classed by the first word that it has; a success with an unknown word is for
// an operator to mend, an unknown failure is left to its status.
Ruling rule_by_word(const HttpReply& reply, std::string_view ok, std::span<const AnswerWord> words);

// A success must be JSON with `field` = 0. A missing field is no success: such answers come from a
// gateway on the way. An unknown code is tried again on schedule.
Ruling rule_by_code(const HttpReply& reply, std::string_view field,
                    std::span<const AnswerCode> codes);

// The start of a body, fit for a log: one line, no control characters, what may be a secret masked.
std::string quotable(std::string_view body);

}  // namespace modelvane
