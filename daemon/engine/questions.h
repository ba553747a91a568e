// The part of a poll that asks about one alias at a time (rules lookup and echo): which question
// comes next, what its answer means, and when to ask again. A value without I/O: next() names a
// question, take() gets what came of it. A question that is not asked, or fails, says nothing: what
// is known of its alias stands.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/config/config.h"
#include "daemon/detect/advance.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// In one poll; the others come next time. Accounts show about ten aliases that have to be asked
// for.
inline constexpr int kQuestionsPerPoll = 20;
// A question that failed otherwise than by a refusal (status 4xx) is asked again after this time,
// or its rule's interval.
inline constexpr Duration kQuestionRetry = std::chrono::minutes{5};

// What an endpoint remembers of its questions between polls.
struct QuestionMemory {
  struct Asked {
    Time again{};  // not before, unless the alias is pending
    bool disclosed = false;
    bool failed = false;       // then not before in any case
    bool refuses_all = false;  // each form, one after another
  };
  std::map<std::pair<std::string, std::size_t>, Asked> asked;  // by alias and index of the rule
  Time rest_until{};                                           // the server asked for air
};

// The questions of an earlier life of the process whose answers were made durable: they are not due
// again yet. A clock that was set back in between postpones none.
QuestionMemory asked_before(const EndpointState& state, const Reading& reading, Time now);

// What the engine knows and the questions depend on.
struct QuestionScope {
  std::vector<std::string> pending;  // sorted: aliases whose difference waits for confirmation
  EchoSpending echo;
  bool may_echo = false;  // false while the spending is not known
  // Aliases that are known from traffic, with their targets; "" = not confirmed yet.
  std::map<std::string, std::string> served;
  bool is_served_pending = false;  // what the traffic said last waits for confirmation
};

// How long the first event of a streamed answer took, from when its question was sent.
struct FirstToken {
  std::string alias;
  Duration after{0};
};

class Questions {
 public:
  // Borrowed: `endpoint` and `memory`. `aliases`: those to ask about.
  Questions(const EndpointConfig& endpoint, QuestionMemory& memory, QuestionScope scope,
            std::vector<std::string> aliases);

  struct Question {
    const AliasRule* rule;
    const std::string* alias;
    const std::string* body;  // echo
  };
  // Which kinds still have time.
  struct TimeLeft {
    bool lookup = false;
    bool echo = false;
  };
  // Counts as asked from here on. nullopt: that was all.
  std::optional<Question> next(TimeLeft time, Time now);
  // Of the question that next() named.
  void take(const HttpResult& result, Time now);
  // The request could not be made.
  void give_up();

  Catalog join(Catalog list) const;
  bool asked_nothing() const { return asked_ == 0; }
  int echoes() const { return echoes_; }
  const EchoSpending& echo() const { return scope_.echo; }
  const std::vector<FirstToken>& first_tokens() const { return first_tokens_; }
  // A pending alias could not be asked: polling again soon would confirm nothing.
  bool left_pending() const { return left_pending_; }

 private:
  enum class Standing { Ask, Pass, Leave };
  Standing standing(TimeLeft time, Time now) const;
  bool may_spend(const AliasRule& rule, bool is_pending) const;
  bool is_pending() const;
  const AliasRule& rule() const { return endpoint_.reading->rules[rule_]; }
  std::size_t form() const;
  const std::string& body() const {
    return form() == 0 ? rule().body : rule().other_bodies[form() - 1];
  }
  QuestionMemory::Asked& entry() { return memory_.asked[{aliases_[alias_], rule_}]; }
  void disclose(std::string target, const HttpReply& reply);
  void note_first_token(const HttpReply& reply);
  void note_ending(const std::string& id, const HttpReply& reply);
  void fail(const HttpResult& result, Time now);
  void try_next_form(Time now);
  void next_alias();

  const EndpointConfig& endpoint_;
  QuestionMemory& memory_;
  QuestionScope scope_;
  std::vector<std::string> aliases_;  // pending ones first
  std::size_t alias_ = 0;
  std::size_t rule_ = 0;
  bool answered_ = false;  // some rule was asked about the present alias, and answered
  bool is_gone_ = false;   // and the answer was that there is no such model
  int asked_ = 0;
  int echoes_ = 0;  // of these
  std::vector<FirstToken> first_tokens_;
  std::vector<std::string> answered_ids_;  // whose answers' headers were read
  std::vector<Lifecycle> endings_;
  bool left_pending_ = false;
  std::vector<AliasRow> disclosed_;
  std::vector<std::string> undisclosed_;
  std::vector<std::string> gone_;
  std::vector<std::string> unasked_;
};

// Does any rule ask about single aliases?
bool asks_questions(const Reading& reading);

}  // namespace modelvane
