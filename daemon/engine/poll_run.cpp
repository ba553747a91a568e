#include "daemon/engine/poll_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <type_traits>
#include <utility>

#include "daemon/catalog/disclosure.h"
#include "daemon/catalog/endings.h"
#include "daemon/catalog/event_stream.h"
#include "daemon/catalog/pagination.h"
#include "daemon/config/access.h"
#include "daemon/config/identity.h"
#include "daemon/engine/observe.h"
#include "daemon/text/hash.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

// A validator goes back to the server as it came; longer ones than this are no validators.
constexpr std::size_t kValidatorBytesMax = 1'024;

std::string validator(const HttpReply& reply, std::string_view name) {
  const auto value = reply.header(name);
  return value.size() <= kValidatorBytesMax ? std::string{value} : std::string{};
}

// Such validators tell seconds apart, and what changed within this time may change again under the
// same ones: a move would stay hidden until the next change (RFC 9110, 8.8.2.2; a minute also
// covers clocks that differ, as its predecessor advised).
constexpr Duration kValidatorSettles = std::chrono::minutes{1};

bool has_settled(const HttpReply& reply, Time wall) {
  const auto modified = parse_http_date(reply.header("last-modified"));
  return !modified ||
         parse_http_date(reply.header("date")).value_or(wall) - *modified >= kValidatorSettles;
}

// What the headers Sunset and Deprecation say of the list's own URL: no word of any model, but one
// for whoever polls there. "" = nothing.
std::string end_of_url(const HttpReply& reply) {
  if (const auto sunset = parse_http_date(reply.header("sunset")))
    return fmt::format("the list's URL itself ends at {} (header Sunset)", to_rfc3339(*sunset));
  if (!reply.header("deprecation").empty())
    return "the list's URL itself is deprecated (header Deprecation)";
  return "";
}

PollFailure to_failure(ReadError error) {
  return {.reason = error.reason, .sentence = std::move(error.sentence)};
}

// What `make` makes of the memo's inputs, which are compared by identity: most polls hear nothing
// new, and share what the last one made.
std::shared_ptr<const Catalog> joined(JoinMemo& memo, JoinMemo inputs, const auto& make) {
  if (memo.whole && memo.from == inputs.from && memo.word == inputs.word &&
      memo.said == inputs.said) {
    return memo.whole;
  }
  inputs.whole = std::make_shared<const Catalog>(make());
  memo = std::move(inputs);
  return memo.whole;
}

std::string says_nothing(const EndingsDocument& document, const std::string& why) {
  return fmt::format("{} says nothing of models' ends: {}", document.source, why);
}

// "" = everything that was asked of it was found.
std::string notes_on(const EndingsDocument& document, const Catalog& read) {
  std::string all;
  for (const auto& note : read.notes)
    all += fmt::format("{} {}", all.empty() ? document.source + ":" : ";", note.sentence);
  return all;
}

// One part of the list is missing, whatever the reason: the list is not whole.
PollFailure partial(const std::string& part, PollFailure failure) {
  failure.reason = Reason::Partial;
  failure.sentence = fmt::format("{} is missing: {}", part, failure.sentence);
  return failure;
}

}  // namespace

namespace {

std::expected<HttpRequest, std::string> request_to(const EndpointConfig& endpoint,
                                                   const Access& access, std::string url) {
  HttpRequest request;
  if (auto socket = unix_url(url)) {
    request.unix_socket = std::move(socket->socket);
    url = std::move(socket->url);
  }
  request.url = std::move(url);
  request.headers = {{"Accept", "application/json"}, {"User-Agent", kUserAgent}};
  request.timeout = endpoint.timeout;
  request.body_limit = endpoint.body_limit;
  request.reuse_connection = endpoint.reuse_connection;
  request.connection_age_max = endpoint.connection_age_max;
  if (auto applied = apply(access, request); !applied)
    return std::unexpected(std::move(applied.error()));
  return request;
}

// What `read` makes of a good reply's body; else why there was none.
template <typename Read>
std::invoke_result_t<Read, std::string_view> read_reply(const HttpResult& result, Time wall,
                                                        Read read) {
  const auto reply = successful_reply(result, wall);
  if (reply) return read((*reply)->body);
  return std::unexpected(ReadError{reply.error().reason, reply.error().sentence});
}

}  // namespace

std::expected<HttpRequest, std::string> poll_request(const EndpointConfig& endpoint,
                                                     std::string url) {
  return request_to(endpoint, *endpoint.access, std::move(url));
}

std::uint64_t key_identity(const EndpointConfig& endpoint) {
  IdentityParts parts;
  parts.add(*endpoint.access);
  return stable_hash(parts.take());
}

PollRun::PollRun(const EndpointConfig& endpoint, PollMemory& memory, QuestionScope scope,
                 Duration steady)
    : endpoint_(endpoint),
      memory_(memory),
      scope_(std::move(scope)),
      deadline_(steady + endpoint.timeout),
      url_(endpoint.url),
      served_(served_rule(*endpoint.reading)) {}

OthersWord& PollRun::others() {
  if (!memory_.others) memory_.others = std::make_unique<OthersWord>();
  return *memory_.others;
}

bool PollRun::is_single() const {
  const auto& reading = *endpoint_.reading;
  return reading.shape.pagination.kind == Pagination::Kind::None && !reading.shape.is_post &&
         std::ranges::none_of(reading.rules, [](const AliasRule& rule) {
           return rule.document.has_value() || reads_list_header(rule);
         });
}

std::optional<HttpRequest> PollRun::next(Time wall, Duration steady) {
  if (stage_ == Stage::Pages) return request_list(url_, steady);
  if (stage_ == Stage::Documents)
    return request_list(endpoint_.reading->rules[document_].document->url, steady);
  if (stage_ == Stage::Endings) {
    if (auto request = request_endings(wall)) return request;
  }
  if (stage_ == Stage::Traffic) {
    if (auto request = request_traffic(wall)) return request;
  }
  while (stage_ == Stage::Questions) {
    if (!questions_) begin_questions(steady);
    const auto question =
        questions_->next({.lookup = steady < deadline_, .echo = steady < echo_deadline_}, wall);
    if (!question) {
      end_questions();
    } else if (auto request = request_answer(*question, steady)) {
      return request;
    } else {
      questions_->give_up();
    }
  }
  return std::nullopt;
}

// A validator is the server's word, and some servers' word is wrong: their ETag stays while the
// file changes. So it is believed for a while only. A Last-Modified alone, which goes back when an
// older file is put in place, is never asked with.
bool PollRun::may_ask_for_changes(Duration steady) const {
  return is_single() && memory_.list && !memory_.etag.empty() &&
         memory_.unchanged_in_row < kUnchangedInRowMax &&
         steady - memory_.read_whole_at < endpoint_.reread;
}

std::optional<HttpRequest> PollRun::request_list(const std::string& url, Duration steady) {
  auto request = poll_request(endpoint_, url);
  if (!request) {
    fail({.reason = Reason::Auth, .sentence = std::move(request.error())});
    return std::nullopt;
  }
  request->timeout = deadline_ - steady;
  // A limit of 0 would mean "none of my own".
  request->body_limit = std::max<std::size_t>(
      endpoint_.body_limit - std::min(endpoint_.body_limit, result_.body_bytes), 1);
  if (stage_ == Stage::Pages && endpoint_.reading->shape.is_post) {
    request->method = "POST";
    request->body = endpoint_.reading->shape.body;
    if (!request->has_header("Content-Type"))
      request->set_header("Content-Type", "application/json");
  }
  if (may_ask_for_changes(steady)) {
    request->set_header("If-None-Match", memory_.etag);
    if (!memory_.last_modified.empty())
      request->set_header("If-Modified-Since", memory_.last_modified);
  }
  if (stage_ == Stage::Pages) request->body_expected = memory_.body_bytes;
  asked_at_ = steady;
  return std::move(*request);
}

std::optional<HttpRequest> PollRun::request_answer(const Questions::Question& question,
                                                   Duration steady) {
  const bool is_echo = question.rule->kind == Rule::Echo;
  auto request =
      poll_request(endpoint_, fill_in(question.rule->url, *question.alias, Escape::Percent));
  if (!request) return std::nullopt;
  request->timeout = (is_echo ? echo_deadline_ : deadline_) - steady;
  request->body_limit = kAnswerBytesMax;
  if (!is_echo) return std::move(*request);
  request->method = "POST";
  request->body = fill_in(*question.body, *question.alias, Escape::Json);
  if (question.rule->is_streamed) {
    request->body = asking_for_stream(request->url, std::move(request->body));
    request->body_limit = kStreamBytesMax;
    request->is_enough = until_named(*question.rule);
  }
  if (!request->has_header("Content-Type")) request->set_header("Content-Type", "application/json");
  return std::move(*request);
}

void PollRun::take(const HttpResult& result, Time wall) {
  if (stage_ == Stage::Endings) return take_endings(result, wall);
  if (stage_ == Stage::Traffic) return take_traffic(result, wall);
  if (stage_ == Stage::Questions) {
    questions_->take(result, wall);
    return;
  }
  note_figures(result);
  const bool is_304 = result && result->status == 304;
  if (is_304 && may_ask_for_changes(asked_at_)) {
    ++memory_.unchanged_in_row;
    result_.request_id = result->header("x-request-id");
    return list_is_complete(memory_.list);
  }
  const auto reply = successful_reply(result, wall);
  if (!result) result_.shortage = result.error().shortage;
  if (!reply) {
    if (stage_ == Stage::Documents)
      return fail(partial("the list's second document", reply.error()));
    if (fetched_.empty()) return fail(reply.error());
    return fail(partial(fmt::format("page {} of the list", fetched_.size() + 1), reply.error()));
  }
  result_.request_id = (*reply)->header("x-request-id");
  if (stage_ == Stage::Pages && fetched_.empty()) memory_.own_end = end_of_url(**reply);
  stage_ == Stage::Pages ? take_page(**reply, wall) : take_document(**reply);
}

// Phases are those of the first request: later ones differ by what the connection already knows.
void PollRun::note_figures(const HttpResult& result) {
  const bool is_first = stage_ == Stage::Pages && fetched_.empty();
  if (is_first) result_.phases = result ? result->phases : result.error().phases;
  ++result_.requests;
  result_.status = result ? result->status : 0;
  result_.body_bytes += result ? result->body.size() : 0;
  result_.total += result ? result->total : result.error().total;
  const auto& expiry = result ? result->certificate_expiry : result.error().certificate_expiry;
  if (expiry) result_.certificate_expiry = expiry;
}

void PollRun::take_page(const HttpReply& reply, Time wall) {
  if (fetched_.empty()) memory_.body_bytes = reply.body.size();
  if (is_single()) return take_only_page(reply, wall);
  if (!reader_) reader_.emplace(*endpoint_.reading);
  const auto end = reader_->add_page(reply.body, headers_of(reply));
  if (!end) return fail(no_list(reply, end.error(), wall));
  fetched_.push_back(url_);
  auto url = next_page(endpoint_.reading->shape.pagination, *end, fetched_);
  if (!url) return fail(to_failure(std::move(url.error())));
  if (*url) {
    url_ = std::move(**url);
  } else {
    stage_ = Stage::Documents;
    find_document();
  }
}

// Most polls of most lists: the same body as last time, which is not parsed again.
void PollRun::take_only_page(const HttpReply& reply, Time wall) {
  const auto hash = std::hash<std::string>{}(reply.body);
  if (!memory_.list || hash != memory_.body_hash) {
    auto list = read_catalog(reply.body, *endpoint_.reading, headers_of(reply));
    if (!list) return fail(no_list(reply, std::move(list.error()), wall));
    keep_list(std::move(*list));
    memory_.body_hash = hash;
  }
  memory_.read_whole_at = asked_at_;
  memory_.unchanged_in_row = 0;
  const bool is_settled = has_settled(reply, wall);
  memory_.etag = is_settled ? validator(reply, "etag") : "";
  memory_.last_modified = is_settled ? validator(reply, "last-modified") : "";
  list_is_complete(memory_.list);
}

void PollRun::take_document(const HttpReply& reply) {
  if (auto added = reader_->add_document(document_, reply.body, headers_of(reply)); !added) {
    return fail(partial("the list's second document", to_failure(std::move(added.error()))));
  }
  ++document_;
  find_document();
}

// The next rule that has a document, or the end of the list.
void PollRun::find_document() {
  const auto& rules = endpoint_.reading->rules;
  while (document_ < rules.size() && !rules[document_].document) ++document_;
  if (document_ < rules.size()) return;
  auto list = reader_->take();
  if (!list) return fail(to_failure(std::move(list.error())));
  keep_list(std::move(*list));
  list_is_complete(memory_.list);
}

// The same catalog stays the same object, by which advance() recognises that nothing is new.
void PollRun::keep_list(Catalog list) {
  if (memory_.list && *memory_.list == list) return;
  memory_.list = std::make_shared<const Catalog>(std::move(list));
}

void PollRun::list_is_complete(std::shared_ptr<const Catalog> list) {
  result_.catalog = std::move(list);
  stage_ = Stage::Endings;
}

std::optional<HttpRequest> PollRun::request_endings(Time wall) {
  const auto& document = endpoint_.reading->endings;
  const bool is_due = document && wall >= others().endings_again;
  auto request = is_due ? request_to(endpoint_, *endpoint_.endings_access, document->url)
                        : std::expected<HttpRequest, std::string>{};
  if (is_due && request) return std::move(*request);
  if (!request) others().endings_problem = says_nothing(*document, request.error());
  join_endings();
  return std::nullopt;
}

// A second list that does not answer says nothing, and the poll stays good.
void PollRun::take_endings(const HttpResult& result, Time wall) {
  const auto& document = *endpoint_.reading->endings;
  auto read = read_reply(result, wall, [&](std::string_view body) {
    return read_endings(document, endpoint_.reading->shape.strip_prefix, body);
  });
  others().endings_problem =
      read ? notes_on(document, *read) : says_nothing(document, read.error().sentence);
  others().endings_again =
      wall + (read ? document.interval : std::min(document.interval, kQuestionRetry));
  if (read)
    others().endings = std::make_shared<const std::vector<Lifecycle>>(std::move(read->lifecycles));
  join_endings();
}

void PollRun::join_endings() {
  stage_ = Stage::Traffic;
  if (!endpoint_.reading->endings && memory_.own_end.empty()) return;
  const auto from = *result_.catalog;
  result_.catalog = joined(
      others().with_endings,
      {.from = from, .word = others().endings, .said = {others().endings_problem, memory_.own_end}},
      [&] { return with_endings(*from); });
}

Catalog PollRun::with_endings(Catalog catalog) {
  if (!memory_.own_end.empty()) catalog.notes.push_back({.rule = "", .sentence = memory_.own_end});
  if (!endpoint_.reading->endings) return catalog;
  const auto& source = endpoint_.reading->endings->source;
  if (others().endings) {
    add_endings(catalog, *others().endings);
  } else {
    catalog.silent_sources.push_back(source);
  }
  if (!others().endings_problem.empty()) {
    catalog.notes.push_back({.rule = "lifecycle document", .sentence = others().endings_problem});
  }
  return catalog;
}

// Asked at the rule's own interval, also while something is pending: its windows overlap, so
// hurrying would only hear the same again.
std::optional<HttpRequest> PollRun::request_traffic(Time wall) {
  if (served_ == nullptr) {
    begin_asking();
    return std::nullopt;
  }
  const auto& asked = others().traffic_asked;
  if (asked && *asked <= wall && wall - *asked < served_->interval) {
    join_traffic(false);
    return std::nullopt;
  }
  for (const auto& [alias, targets] : scope_.served) {
    if (!targets.empty()) others().traffic.know(alias, targets);
  }
  others().traffic_asked = wall;
  auto request = request_to(endpoint_, *endpoint_.served_access, served_url(*served_));
  if (!request) {
    others().traffic_problem = "served: " + request.error();
    others().traffic.fall_silent();
    join_traffic(true);
    return std::nullopt;
  }
  request->body_limit = kServedBytesMax;
  return std::move(*request);
}

// A source that does not answer says nothing of the list, and the poll stays good.
void PollRun::take_traffic(const HttpResult& result, Time wall) {
  auto read = read_reply(result, wall, [&](std::string_view body) {
    return read_served(*served_, endpoint_.reading->shape.strip_prefix, body);
  });
  if (read) {
    const auto& heard = others().traffic_heard;
    others().traffic.add(
        *served_, read->counts,
        heard ? std::optional{std::max(wall - *heard, Duration{0})} : std::nullopt);
    others().traffic_heard = wall;
    others().traffic_problem = std::move(read->problem);
  } else {
    others().traffic.fall_silent();
    others().traffic_problem =
        "served: the source of traffic says nothing: " + read.error().sentence;
  }
  join_traffic(true);
}

void PollRun::join_traffic(bool was_asked) {
  begin_asking();
  std::vector<std::string> known;
  for (const auto& [alias, targets] : scope_.served) known.push_back(alias);
  result_.left_pending = scope_.is_served_pending && !was_asked;
  const auto from = *result_.catalog;
  // Not asked now: what it said last was judged then.
  static const ServedBook kSilent;
  const auto make = [&] {
    auto catalog =
        with_traffic(*from, was_asked ? others().traffic : kSilent, known, *endpoint_.reading);
    if (!others().traffic_problem.empty())
      catalog.notes.push_back({.rule = "served", .sentence = others().traffic_problem});
    return catalog;
  };
  if (was_asked) {
    result_.catalog = std::make_shared<const Catalog>(make());
  } else {
    auto said = known;
    said.push_back(others().traffic_problem);
    result_.catalog =
        joined(others().with_silent_traffic, {.from = from, .said = std::move(said)}, make);
  }
  if (was_asked)
    result_.served = std::make_shared<const std::vector<ServedView>>(others().traffic.views());
}

void PollRun::begin_asking() {
  stage_ = asks_questions(*endpoint_.reading) ? Stage::Questions : Stage::Done;
}

void PollRun::begin_questions(Duration steady) {
  echo_deadline_ = steady + kEchoTime;
  questions_.emplace(endpoint_, memory_.questions, std::move(scope_),
                     to_ask(**result_.catalog, *endpoint_.reading));
}

void PollRun::end_questions() {
  stage_ = Stage::Done;
  if (questions_->echoes() > 0) result_.echo = questions_->echo();
  result_.first_tokens = questions_->first_tokens();
  result_.left_pending = result_.left_pending || questions_->left_pending();
  const auto from = *result_.catalog;
  if (questions_->asked_nothing()) {
    result_.catalog = joined(others().with_open_questions, {.from = from},
                             [&] { return questions_->join(*from); });
  } else {
    result_.catalog = std::make_shared<const Catalog>(questions_->join(*from));
  }
}

void PollRun::fail(PollFailure failure) {
  result_.catalog = std::unexpected(std::move(failure));
  stage_ = Stage::Done;
}

PollResult PollRun::finish() {
  return std::move(result_);
}

}  // namespace modelvane
