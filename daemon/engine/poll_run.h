// One poll as a state machine: all pages of the list and the second documents under one deadline,
// then what others say of models' ends, then what the traffic says, then questions about single
// aliases. A value without I/O: next() makes a request, take() gets its result, until next() has
// none; the daemon and probe drive it alike. What surprises: a list counts only whole (a missing
// page fails the poll, `partial`), while a question that fails leaves its alias `unasked` and the
// poll good.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "daemon/catalog/read_catalog.h"
#include "daemon/catalog/served.h"
#include "daemon/config/config.h"
#include "daemon/detect/observation.h"
#include "daemon/engine/questions.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// Completions take longer than lists; all of one poll together get so long beyond its deadline.
inline constexpr Duration kEchoTime = std::chrono::seconds{30};

// After so many answers "not modified" a list is read whole again, also before
// EndpointConfig::reread has passed: half an hour of one poll a minute, half a minute of one a
// second.
inline constexpr int kUnchangedInRowMax = 30;

// The request for `url` as the endpoint's access says, with secrets as they are now. The error is a
// sentence: a secret that cannot be read.
std::expected<HttpRequest, std::string> poll_request(const EndpointConfig& endpoint,
                                                     std::string url);

// The same for the same secrets, as they are now: keys, passwords, and the files of TLS. Reads
// them.
std::uint64_t key_identity(const EndpointConfig& endpoint);

// A catalog with what others said of it, and what it was made of: where a poll hears nothing new it
// is shared, and recognised by advance().
struct JoinMemo {
  std::shared_ptr<const Catalog> from;
  std::shared_ptr<const void> word{};
  std::vector<std::string> said{};
  std::shared_ptr<const Catalog> whole{};
};

// What others than the list said: most endpoints hear nobody else.
struct OthersWord {
  // What the second list of models' ends said last; null = it has not answered yet.
  std::shared_ptr<const std::vector<Lifecycle>> endings;
  Time endings_again{};
  std::string endings_problem;  // a sentence; "" = all of its last answer was good
  ServedBook traffic;
  std::optional<Time> traffic_asked;
  std::optional<Time> traffic_heard;  // the last answer
  std::string traffic_problem;        // what the last answer, or the lack of one, was; "" = good
  JoinMemo with_endings;
  JoinMemo with_silent_traffic;  // in polls that did not ask about the traffic
  JoinMemo with_open_questions;  // in polls that asked none
};

// What an endpoint remembers between polls. A changed configuration starts with an empty one.
struct PollMemory {
  std::shared_ptr<const Catalog> list;  // the last good one, before what others said of it
  std::string own_end;          // what its answer says of the end of its own URL; "" = nothing
  std::uint64_t body_hash = 0;  // of its only page; 0 = it has several
  std::string etag;             // of that page
  std::string last_modified;
  Duration read_whole_at{0};   // steady time of the request that this list is from
  int unchanged_in_row = 0;    // answers 304 since then
  std::size_t body_bytes = 0;  // of the last answer that was a list, or its first page
  QuestionMemory questions;
  std::unique_ptr<OthersWord> others;  // null = nobody was asked
};

struct PollResult {
  std::expected<std::shared_ptr<const Catalog>, PollFailure> catalog =
      std::unexpected(PollFailure{});
  std::string request_id;
  int status = 0;              // of the last request for the list
  std::size_t body_bytes = 0;  // of all of them, as received and decompressed
  int requests = 0;            // for the list
  Phases phases;               // of the first one
  Duration total{0};           // of all of them
  std::optional<Time> certificate_expiry;
  std::optional<EchoSpending> echo;  // when this poll spent something
  bool left_pending = false;         // see Questions
  std::vector<FirstToken> first_tokens;
  std::shared_ptr<const std::vector<ServedView>> served;  // when the traffic was asked about
  std::optional<Shortage> shortage;                       // this machine's: the poll was not made
};

class PollRun {
 public:
  // Borrowed: `endpoint` and `memory`.
  PollRun(const EndpointConfig& endpoint, PollMemory& memory, QuestionScope scope, Duration steady);

  std::optional<HttpRequest> next(Time wall, Duration steady);
  void take(const HttpResult& result, Time wall);
  // Once, when next() had nothing more.
  PollResult finish();

 private:
  enum class Stage { Pages, Documents, Endings, Traffic, Questions, Done };

  std::optional<HttpRequest> request_list(const std::string& url, Duration steady);
  std::optional<HttpRequest> request_answer(const Questions::Question& question, Duration steady);
  void note_figures(const HttpResult& result);
  void take_page(const HttpReply& reply, Time wall);
  void take_only_page(const HttpReply& reply, Time wall);
  void take_document(const HttpReply& reply);
  void find_document();
  void keep_list(Catalog list);
  void list_is_complete(std::shared_ptr<const Catalog> list);
  std::optional<HttpRequest> request_endings(Time wall);
  void take_endings(const HttpResult& result, Time wall);
  void join_endings();
  Catalog with_endings(Catalog catalog);
  std::optional<HttpRequest> request_traffic(Time wall);
  void take_traffic(const HttpResult& result, Time wall);
  void join_traffic(bool was_asked);
  void begin_asking();
  void begin_questions(Duration steady);
  void end_questions();
  void fail(PollFailure failure);
  OthersWord& others();
  // One page and nothing beside its body: it can be asked for by validators, and recognised by its
  // hash.
  bool is_single() const;
  bool may_ask_for_changes(Duration steady) const;

  const EndpointConfig& endpoint_;
  PollMemory& memory_;
  QuestionScope scope_;
  Duration deadline_;
  Duration echo_deadline_{0};
  Duration asked_at_{0};  // steady time of the last request for the list
  Stage stage_ = Stage::Pages;
  std::string url_;                   // of the next page
  std::vector<std::string> fetched_;  // pages, in order
  const AliasRule* served_;           // the rule about traffic; nullptr: there is none
  std::size_t document_ = 0;          // index of the rule whose document is next
  std::optional<CatalogReader> reader_;
  std::optional<Questions> questions_;
  PollResult result_;
};

}  // namespace modelvane
