#include "daemon/store/postgres.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "daemon/text/utf8.h"

namespace modelvane {
namespace {

constexpr std::chrono::seconds kConnectWithin{3};
// Much longer than a server takes for a sign of life.
constexpr Duration kSignOfLife = std::chrono::seconds{1};

// Classes of SQLSTATE (PostgreSQL's documentation, appendix A).
StoreError::Kind kind_of(std::string_view code) {
  // Also when an event is there already: whoever wrote it knows more than we do.
  if (code == kSessionEnded || code == kEventExists) return StoreError::Kind::Fenced;
  if (code.starts_with("53")) return StoreError::Kind::Full;     // insufficient resources
  if (code == "25006") return StoreError::Kind::ReadOnly;        // a standby
  if (code.starts_with("XX")) return StoreError::Kind::Damaged;  // internal, data corrupted
  return StoreError::Kind::Unavailable;
}

std::string_view advice(std::string_view code) {
  if (code.starts_with("53")) return "give the database room; what is waiting is written then";
  if (code == "25006")
    return "it is a standby: name all servers in storage.postgres, with "
           "target_session_attrs=read-write";
  if (code == "42501") return "grant its role what `modelvane store migrate --role` grants";
  if (code == "3F000" || code == "42P01" || code == "42883")
    return "run `modelvane store migrate` once, as the owner of the schema";
  if (code.starts_with("28"))
    return "look at the user and password of storage.postgres.url, and at pg_hba.conf";
  return "look at the database; modelvane tries again";
}

// One line, without its end.
std::string first_line(std::string_view text) {
  return std::string{text.substr(0, text.find('\n'))};
}

}  // namespace

PostgresRows::~PostgresRows() {
  PQclear(result_);
}

int PostgresRows::count() const {
  return result_ == nullptr ? 0 : PQntuples(result_);
}

int PostgresRows::changed() const {
  if (result_ == nullptr) return 0;
  const std::string_view text = PQcmdTuples(result_);
  int rows = 0;
  std::from_chars(text.data(), text.data() + text.size(), rows);
  return rows;
}

std::int64_t PostgresRows::integer(int row, int column) const {
  return std::strtoll(PQgetvalue(result_, row, column), nullptr, 10);
}

bool PostgresRows::is_null(int row, int column) const {
  return PQgetisnull(result_, row, column) != 0;
}

std::string PostgresRows::text(int row, int column) const {
  return {PQgetvalue(result_, row, column),
          static_cast<std::size_t>(PQgetlength(result_, row, column))};
}

std::string postgres_text(std::string_view text) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string fit;
  fit.reserve(text.size());
  while (!text.empty()) {
    const auto bytes = first_character(text).bytes;
    const bool is_taken = bytes > 0 && text.front() != '\0';
    fit += is_taken ? text.substr(0, bytes) : kReplacement;
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return fit;
}

PostgresConnection::PostgresConnection(const PostgresPlace& place, std::string application,
                                       Duration deadline)
    : place_(place), application_(std::move(application)), deadline_(deadline) {}

PostgresConnection::~PostgresConnection() {
  PQfinish(handle_);
}

bool PostgresConnection::is_open() {
  if (!ok()) return false;
  if (handle_ == nullptr) return true;
  // Nothing was asked, so what can be read is a notice, or the end.
  ::pollfd wanted{PQsocket(handle_), POLLIN, 0};
  while (::poll(&wanted, 1, 0) > 0) {
    if (PQconsumeInput(handle_) == 0) return false;
  }
  return true;
}

bool PostgresConnection::answers_within(Duration span) {
  return send_until(steady_now() + span, "SELECT 1", {}).count() == 1;
}

PostgresConnection& KeptConnection::open() {
  const Duration now = steady_now();
  const bool was_quiet = now - std::exchange(opened_, now) > kQuiet;
  if (!connection_ || !connection_->is_open() ||
      (was_quiet && !connection_->answers_within(kSignOfLife)))
    connection_ = std::make_unique<PostgresConnection>(place_, application_, deadline_);
  return *connection_;
}

void PostgresConnection::fail(StoreError::Kind kind, std::string sentence) {
  if (!error_) error_ = StoreError{kind, std::move(sentence)};
}

void PostgresConnection::note_failure(const pg_result* result) {
  const char* state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
  if (state != nullptr) code_ = state;
  const char* said = state != nullptr ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY)
                                      : PQerrorMessage(handle_);
  const char* host = handle_ == nullptr ? nullptr : PQhost(handle_);
  fail(kind_of(code_), fmt::format("the database {}: {}; {}", host == nullptr ? "" : host,
                                   first_line(said), advice(code_)));
}

bool PostgresConnection::wait_for(short events, Duration end) {
  while (true) {
    const Duration left = end - steady_now();
    const auto most = std::chrono::ceil<std::chrono::milliseconds>(std::max(left, Duration{0}));
    ::pollfd wanted{PQsocket(handle_), events, 0};
    const int ready = ::poll(&wanted, 1, static_cast<int>(most.count()));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    fail(StoreError::Kind::Unavailable,
         fmt::format("the database {} has not answered within {}; modelvane tries again",
                     PQhost(handle_) == nullptr ? "" : PQhost(handle_), to_text(deadline_)));
    return false;
  }
}

bool PostgresConnection::connect() {
  if (handle_ != nullptr) return true;
  // libpq's own time-out goes for each host in turn: a first one that is cut off does not keep us
  // from the second.
  const auto timeout = std::to_string(kConnectWithin.count());
  const char* const names[] = {"dbname", "application_name", "connect_timeout", nullptr};
  const char* const values[] = {place_.url.c_str(), application_.c_str(), timeout.c_str(), nullptr};
  handle_ = PQconnectdbParams(names, values, 1);
  if (handle_ == nullptr || PQstatus(handle_) != CONNECTION_OK) {
    note_failure(nullptr);
    return false;
  }
  if (PQsetnonblocking(handle_, 1) != 0) note_failure(nullptr);
  // What the server says beside errors is of no use to an operator.
  PQsetNoticeProcessor(handle_, [](void*, const char*) {}, nullptr);
  return ok();
}

bool PostgresConnection::flush(Duration end) {
  while (const int left = PQflush(handle_)) {
    if (left < 0) {
      note_failure(nullptr);
      return false;
    }
    if (!wait_for(POLLIN | POLLOUT, end)) return false;
    if (PQconsumeInput(handle_) == 0) {
      note_failure(nullptr);
      return false;
    }
  }
  return true;
}

// The last result of what was sent; the first error among them counts.
PostgresRows PostgresConnection::receive(Duration end) {
  pg_result* last = nullptr;
  while (true) {
    while (PQisBusy(handle_) != 0) {
      if (!wait_for(POLLIN, end)) {
        PQclear(last);
        return PostgresRows{nullptr};
      }
      if (PQconsumeInput(handle_) == 0) break;
    }
    pg_result* result = PQgetResult(handle_);
    if (result == nullptr) break;
    PQclear(std::exchange(last, result));
    const auto status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) note_failure(result);
  }
  if (last == nullptr) note_failure(nullptr);
  if (ok()) return PostgresRows{last};
  PQclear(last);
  return PostgresRows{nullptr};
}

PostgresRows PostgresConnection::send(const std::string& sql,
                                      const std::vector<std::string>& values) {
  if (!ok() || !connect()) return PostgresRows{nullptr};
  return send_until(steady_now() + deadline_, sql, values);
}

PostgresRows PostgresConnection::send_until(Duration end, const std::string& sql,
                                            const std::vector<std::string>& values) {
  std::vector<const char*> pointers;
  for (const auto& value : values) pointers.push_back(value.c_str());
  if (PQsendQueryParams(handle_, in_schema(sql).c_str(), static_cast<int>(pointers.size()), nullptr,
                        pointers.data(), nullptr, nullptr, 0) == 0) {
    note_failure(nullptr);
    return PostgresRows{nullptr};
  }
  if (!flush(end)) return PostgresRows{nullptr};
  return receive(end);
}

bool PostgresConnection::run(const std::string& sql) {
  if (!ok() || !connect()) return false;
  const Duration end = steady_now() + deadline_;
  if (PQsendQuery(handle_, in_schema(sql).c_str()) == 0) note_failure(nullptr);
  if (!ok() || !flush(end)) return false;
  (void)receive(end);
  return ok();
}

std::vector<std::string> PostgresConnection::notices() {
  std::vector<std::string> said;
  if (!ok() || handle_ == nullptr) return said;
  if (PQconsumeInput(handle_) == 0) note_failure(nullptr);
  while (auto* notice = PQnotifies(handle_)) {
    said.emplace_back(notice->extra);
    PQfreemem(notice);
  }
  return said;
}

int PostgresConnection::socket() const {
  return handle_ == nullptr || !ok() ? -1 : PQsocket(handle_);
}

std::string PostgresConnection::in_schema(std::string_view sql) const {
  const auto prefix = quoted_name(place_.schema) + ".";
  std::string text;
  for (const char c : sql) {
    if (c == '@') {
      text += prefix;
    } else {
      text += c;
    }
  }
  return text;
}

std::string array_of(const std::vector<Shard>& numbers) {
  return fmt::format("{{{}}}", fmt::join(numbers, ","));
}

std::string array_of(const std::vector<std::string>& texts) {
  std::string array = "{";
  for (const auto& text : texts) {
    if (array.size() > 1) array += ',';
    array += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + "}";
}

std::string quoted_name(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += c;
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace modelvane
