#include "daemon/engine/questions.h"

#include <algorithm>

#include "daemon/catalog/disclosure.h"
#include "daemon/catalog/endings.h"
#include "daemon/catalog/event_stream.h"
#include "daemon/catalog/list_bounds.h"
#include "daemon/catalog/list_scan.h"
#include "daemon/engine/observe.h"

namespace modelvane {
namespace {

std::int64_t day_of(Time time) {
  return std::chrono::floor<std::chrono::days>(time).time_since_epoch().count();
}

bool is_client_error(const HttpResult& result) {
  return result && result->status >= 400 && result->status < 500 && result->status != 429;
}

// The server understood the question, and did not like its form; a key that it does not like is
// another thing.
bool is_refused_form(const HttpResult& result, Reason reason) {
  return result && (result->status == 400 || result->status == 422) && reason == Reason::Http4xx;
}

// "No such model": an answer, and no failure.
bool says_gone(const AliasRule& rule, const HttpResult& result) {
  return rule.kind == Rule::Lookup && result && (result->status == 404 || result->status == 410);
}

}  // namespace

bool asks_questions(const Reading& reading) {
  return std::ranges::any_of(reading.rules, is_asked, &AliasRule::kind);
}

QuestionMemory asked_before(const EndpointState& state, const Reading& reading, Time now) {
  QuestionMemory memory;
  for (const auto& [id, alias] : state.aliases) {
    if (alias.status() != AliasStatus::Resolved || !alias.last_seen) continue;
    for (std::size_t i = 0; i < reading.rules.size(); ++i) {
      const auto& rule = reading.rules[i];
      if (rule.kind != alias.rule || !is_asked(rule.kind)) continue;
      memory.asked[{id, i}] = {.again = std::min(*alias.last_seen, now) + rule.interval,
                               .disclosed = true,
                               .failed = false};
    }
  }
  return memory;
}

Questions::Questions(const EndpointConfig& endpoint, QuestionMemory& memory, QuestionScope scope,
                     std::vector<std::string> aliases)
    : endpoint_(endpoint), memory_(memory), scope_(std::move(scope)), aliases_(std::move(aliases)) {
  std::erase_if(memory_.asked, [&](const auto& entry) {
    return !std::binary_search(aliases_.begin(), aliases_.end(), entry.first.first);
  });
  std::erase_if(scope_.echo.forms, [&](const auto& known) {
    return !std::binary_search(aliases_.begin(), aliases_.end(), known.first);
  });
  std::stable_partition(aliases_.begin(), aliases_.end(), [&](const std::string& alias) {
    return std::binary_search(scope_.pending.begin(), scope_.pending.end(), alias);
  });
}

bool Questions::is_pending() const {
  return std::binary_search(scope_.pending.begin(), scope_.pending.end(), aliases_[alias_]);
}

// Some of the budget is kept to confirm what may be found with the rest.
bool Questions::may_spend(const AliasRule& rule, bool is_pending) const {
  const int reserve =
      is_pending ? 0 : std::min(endpoint_.policy.moved.polls, rule.daily_budget) - 1;
  return scope_.may_echo && scope_.echo.asked < rule.daily_budget - reserve;
}

Questions::Standing Questions::standing(TimeLeft time, Time now) const {
  const auto found = memory_.asked.find({aliases_[alias_], rule_});
  if (found != memory_.asked.end()) {
    const auto& last = found->second;
    const bool hurries = is_pending() && !last.failed;
    if (!hurries && now < last.again)
      return last.disclosed || last.failed ? Standing::Leave : Standing::Pass;
  }
  if (asked_ >= kQuestionsPerPoll || now < memory_.rest_until) return Standing::Leave;
  const bool is_echo = rule().kind == Rule::Echo;
  if (!(is_echo ? time.echo : time.lookup)) return Standing::Leave;
  return !is_echo || may_spend(rule(), is_pending()) ? Standing::Ask : Standing::Leave;
}

std::optional<Questions::Question> Questions::next(TimeLeft time, Time now) {
  if (scope_.echo.day != day_of(now)) {
    scope_.echo.day = day_of(now);
    scope_.echo.asked = 0;
  }
  while (alias_ < aliases_.size()) {
    if (rule_ == endpoint_.reading->rules.size()) {
      (is_gone_ ? gone_ : answered_ ? undisclosed_ : unasked_).push_back(aliases_[alias_]);
      next_alias();
      continue;
    }
    const auto now_what = is_asked(rule().kind) ? standing(time, now) : Standing::Pass;
    if (now_what == Standing::Ask) {
      ++asked_;
      if (rule().kind == Rule::Echo) {
        ++echoes_;
        ++scope_.echo.asked;
      }
      return Question{&rule(), &aliases_[alias_], &body()};
    }
    if (now_what == Standing::Pass) {
      ++rule_;
    } else {
      give_up();
    }
  }
  return std::nullopt;
}

void Questions::take(const HttpResult& result, Time now) {
  const auto reply = successful_reply(result, now);
  if (says_gone(rule(), result)) {
    entry() = {.again = now + rule().interval};
    answered_ = is_gone_ = true;
    ++rule_;
    return;
  }
  if (!reply) return fail(result, now);
  note_first_token(**reply);
  const auto event =
      rule().is_streamed ? telling_event(rule(), (*reply)->body) : std::optional<std::string>{};
  const auto target =
      read_disclosure(rule(), endpoint_.reading->shape.strip_prefix, aliases_[alias_],
                      event ? std::string_view{*event} : (*reply)->body, headers_of(**reply));
  if (!target) return fail(result, now);
  entry() = {.again = now + rule().interval, .disclosed = target->has_value()};
  answered_ = true;
  is_gone_ = false;
  note_ending(target->value_or(aliases_[alias_]), **reply);
  if (*target) {
    disclose(**target, **reply);
  } else {
    ++rule_;
  }
}

// What the connection cost is told by a poll's own phases.
void Questions::note_first_token(const HttpReply& reply) {
  if (!reply.is_broken_off) return;
  const auto& phases = reply.phases;
  first_tokens_.push_back(
      {aliases_[alias_], reply.total - phases.resolve - phases.connect - phases.tls});
}

// A URL that all models share says nothing of one of them.
void Questions::note_ending(const std::string& id, const HttpReply& reply) {
  if (rule().url.find("{id}") == std::string::npos) return;
  answered_ids_.push_back(id);
  if (auto ending = ending_in_headers(id, headers_of(reply)))
    endings_.push_back(std::move(*ending));
}

void Questions::disclose(std::string target, const HttpReply& reply) {
  AliasRow row{.id = aliases_[alias_], .target = std::move(target), .rule = rule().kind};
  // An echo's answer holds a completion: text that nobody asked to keep.
  if (rule().kind == Rule::Lookup && reply.body.size() <= kEvidenceBytesMax &&
      depth_of(reply.body) <= kDepthMax)
    row.evidence = reply.body;
  disclosed_.push_back(std::move(row));
  next_alias();
}

void Questions::fail(const HttpResult& result, Time now) {
  const auto reply = successful_reply(result, now);
  const auto wish = reply ? std::nullopt : reply.error().retry_after;
  if (wish || (result && result->status == 429))
    memory_.rest_until = now + std::min(wish.value_or(kQuestionRetry), kRetryAfterMax);
  if (!reply && is_refused_form(result, reply.error().reason) && !rule().other_bodies.empty())
    return try_next_form(now);
  const Duration pause =
      is_client_error(result) ? rule().interval : std::min(rule().interval, kQuestionRetry);
  entry() = {.again = now + pause, .failed = true, .refuses_all = entry().refuses_all};
  give_up();
}

// The configuration may have had more forms when this one was learnt.
std::size_t Questions::form() const {
  const auto known = scope_.echo.forms.find(aliases_[alias_]);
  return known == scope_.echo.forms.end() ? 0 : std::min(known->second, rule().other_bodies.size());
}

// Models differ in the limits that they take: what refused one form is asked in the next, within
// the same budget, and the form that it takes is kept. One that has refused all of them is asked in
// one form in an interval.
void Questions::try_next_form(Time now) {
  const auto next = form() == rule().other_bodies.size() ? 0 : form() + 1;
  if (next == 0) {
    scope_.echo.forms.erase(aliases_[alias_]);
  } else {
    scope_.echo.forms[aliases_[alias_]] = next;
  }
  const bool refuses_all = entry().refuses_all || next == 0;
  entry() = {.again = refuses_all ? now + rule().interval : now,
             .failed = true,
             .refuses_all = refuses_all};
  give_up();
}

void Questions::give_up() {
  left_pending_ = left_pending_ || is_pending();
  unasked_.push_back(aliases_[alias_]);
  next_alias();
}

void Questions::next_alias() {
  ++alias_;
  rule_ = 0;
  answered_ = is_gone_ = false;
}

Catalog Questions::join(Catalog list) const {
  auto undisclosed = undisclosed_;
  for (const auto& id : gone_) {
    if (list.has(id)) undisclosed.push_back(id);
  }
  add_endings(list, endings_);
  list.answered = answered_ids_;
  std::ranges::sort(list.answered);
  return with_disclosures(std::move(list), disclosed_, undisclosed, unasked_);
}

}  // namespace modelvane
