#include "daemon/store/postgres_keeper.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "daemon/store/postgres_admin.h"
#include "daemon/store/postgres_schema.h"

namespace modelvane {
namespace {

// A renewal each fifth of a lease: four may fail before anybody takes over.
constexpr Duration::rep kRenewalsPerLease = 5;
// What our clock and the server's may differ in the length of a lease, and what an answer needs to
// be believed: a tenth.
constexpr Duration::rep kTrustMargin = 10;
// Who could not renew its own session for half a lease has not seen the others do it, either: their
// sessions get as long before they are ended, so that a database that was away moves nothing.
constexpr Duration::rep kPatience = 2;
constexpr auto kLookAgainForName = std::chrono::milliseconds{500};

std::string random_nonce() {
  std::random_device random;
  std::array<std::uint32_t, 4> words{};
  for (auto& word : words) word = random();
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:04x}{:08x}", words[0], words[1] >> 16,
                     words[1] & 0xffff, words[2] >> 16, words[2] & 0xffff, words[3]);
}

}  // namespace

std::string application_of(std::uint64_t session) {
  return fmt::format("modelvane/{}", session);
}

PostgresKeeper::PostgresKeeper(PostgresPlace place, ReplicaSettings settings,
                               std::function<std::uint64_t()> heartbeat)
    : place_(std::move(place)),
      settings_(std::move(settings)),
      heartbeat_(std::move(heartbeat)),
      lock_(ReplicaLock::take(fmt::format("{}\n{}", settings_.instance, settings_.name))),
      stop_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

PostgresKeeper::~PostgresKeeper() {
  thread_.request_stop();
  thread_.join();
  ::close(stop_fd_);
  if (session_) end(session_->number);
}

// A live session of our name is a predecessor's on this machine, or another replica that is called
// like this one.
std::optional<StoreError> PostgresKeeper::make_room_for_name() {
  const auto rows = connection_->query(
      "SELECT session, host, extract(epoch FROM expires - clock_timestamp())::int FROM @sessions "
      "WHERE replica = $1 AND expires >= clock_timestamp()",
      std::string_view{settings_.name});
  for (int row = 0; row < rows.count(); ++row) {
    if (!lock_ || rows.text(row, 1) != host_identity()) {
      return StoreError{
          StoreError::Kind::Busy,
          fmt::format("a replica called {} lives on {} (for {} s at least); give each replica a "
                      "name of its own: cluster.replica",
                      settings_.name, host_in(rows.text(row, 1)), rows.integer(row, 2))};
    }
    end(static_cast<std::uint64_t>(rows.integer(row, 0)));
  }
  return std::nullopt;
}

std::expected<PostgresSession, StoreError> PostgresKeeper::begin() {
  std::unique_lock lock{mutex_};
  connect();
  session_.reset();
  trusted_until_ = 0;
  news_ = {};
  owned_.clear();
  PostgresSession begun{.nonce = random_nonce(),
                        .shards = check_schema(*connection_, place_, settings_.instance)};
  // A predecessor that died on another machine still seems to live for a lease.
  const Duration give_up_at = steady_now() + settings_.lease;
  while (connection_->ok()) {
    auto taken = make_room_for_name();
    if (!taken) break;
    if (steady_now() >= give_up_at) return std::unexpected(std::move(*taken));
    changed_.wait_for(lock, kLookAgainForName);
  }
  const Duration asked = steady_now();
  const auto rows = connection_->query(
      "WITH begun AS (INSERT INTO @sessions(nonce, replica, host, address, version, config_hash, "
      "expires) VALUES($1, $2, $3, $4, $5, $6, clock_timestamp() + $7 * interval '1 microsecond') "
      "RETURNING session) INSERT INTO @commits SELECT session, 0 FROM begun RETURNING session",
      std::string_view{begun.nonce}, std::string_view{settings_.name},
      std::string_view{host_identity()}, std::string_view{settings_.address},
      std::string_view{settings_.version}, std::string_view{settings_.config_hash},
      settings_.lease.count());
  if (!connection_->ok() || rows.count() == 0) return std::unexpected(connection_->error());
  begun.number = static_cast<std::uint64_t>(rows.integer(0, 0));
  session_ = begun;
  trust_since(asked);
  be_patient(asked);
  // Their part of the others' shards is handed over to a replica that joins.
  (void)connection_->query("SELECT @tell($1, 'shards')", begun.number);
  end_expired();
  claim();
  return begun;
}

PostgresKeeper::News PostgresKeeper::take() {
  const std::scoped_lock lock{mutex_};
  return std::exchange(news_, {.has_ended = news_.has_ended});
}

void PostgresKeeper::give_back(const std::vector<Shard>& gained) {
  const std::scoped_lock lock{mutex_};
  news_.gained.insert(news_.gained.end(), gained.begin(), gained.end());
}

ClusterView PostgresKeeper::view() const {
  const std::scoped_lock lock{view_mutex_};
  return view_;
}

void PostgresKeeper::when_there_is_news(std::function<void()> wake) {
  const std::scoped_lock lock{mutex_};
  wake_ = std::move(wake);
}

void PostgresKeeper::run(const std::stop_token& stop) {
  const std::stop_callback on_stop{stop, [this] { ::eventfd_write(stop_fd_, 1); }};
  const Duration between = settings_.lease / kRenewalsPerLease;
  std::unique_lock lock{mutex_};
  Duration next = steady_now() + between;
  while (!stop.stop_requested()) {
    wait_until(lock, next);
    if (stop.stop_requested()) return;
    if (steady_now() >= next) {
      if (session_) work();
      next = steady_now() + between;
    }
    if (session_) heed_notices();
  }
}

// Until somebody tells something, or the thread should end.
void PostgresKeeper::wait_until(std::unique_lock<std::mutex>& lock, Duration end) {
  // begin() may close it meanwhile, and another file take its number: that wakes us for nothing.
  const int told = connection_ && session_ ? connection_->socket() : -1;
  lock.unlock();
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - steady_now());
  std::array<::pollfd, 2> wanted{{{stop_fd_, POLLIN, 0}, {told, POLLIN, 0}}};
  ::poll(wanted.data(), wanted.size(), static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
  lock.lock();
}

// With the mutex held: the store's thread waits for at most one deadline.
void PostgresKeeper::work() {
  if (!connection_->ok()) connect();
  if (renew()) {
    end_expired();
    claim();
  }
  if (wake_ && (news_.has_ended || !news_.gained.empty() || !news_.wanted.empty())) wake_();
}

// "42 shards": of session 42 (the function tell of postgres_schema.cpp). Of our own doing we know.
void PostgresKeeper::heed_notices() {
  const auto ours = fmt::format("{} ", session_->number);
  bool is_about_shards = false;
  bool is_any = false;
  for (const auto& notice : connection_->notices()) {
    if (notice.starts_with(ours)) continue;
    is_any = true;
    is_about_shards = is_about_shards || notice.ends_with(" shards");
  }
  if (is_about_shards) claim();
  if (is_any && wake_) wake_();
}

void PostgresKeeper::connect() {
  connection_ = std::make_unique<PostgresConnection>(
      place_, fmt::format("modelvane keeper {}", settings_.name), settings_.lease / 2);
  (void)connection_->run("LISTEN modelvane");
}

// The renewal was asked for then: the server cannot have counted from an earlier moment.
void PostgresKeeper::trust_since(Duration asked) {
  trusted_until_ = (asked + settings_.lease - settings_.lease / kTrustMargin).count();
}

bool PostgresKeeper::renew() {
  const auto heartbeat = heartbeat_();
  if (std::exchange(last_heartbeat_, heartbeat) == heartbeat) return false;
  const Duration asked = steady_now();
  const auto rows = connection_->query(
      "UPDATE @sessions SET expires = clock_timestamp() + $3 * interval '1 microsecond' "
      "WHERE session = $1 AND nonce = $2",
      session_->number, std::string_view{session_->nonce}, settings_.lease.count());
  if (!connection_->ok()) return false;
  if (rows.changed() == 0) {
    session_.reset();
    trusted_until_ = 0;
    news_ = {.has_ended = true};
    const std::scoped_lock lock{view_mutex_};
    ++view_.fenced;
    view_.owned = 0;
    return false;
  }
  trust_since(asked);
  be_patient(asked);
  return true;
}

// With each renewal. At the beginning we have seen nobody, either.
void PostgresKeeper::be_patient(Duration renewed) {
  const Duration span = settings_.lease / kPatience;
  if (renewed - std::exchange(last_renewed_, renewed) > span) patient_until_ = renewed + span;
}

// A commit of theirs that hangs would make the end of the session wait.
void PostgresKeeper::end_connections(std::uint64_t session) {
  (void)connection_->query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user AND "
      "application_name = $1",
      std::string_view{application_of(session)});
}

void PostgresKeeper::end(std::uint64_t session) {
  end_connections(session);
  (void)connection_->query(
      "WITH gone AS (DELETE FROM @sessions WHERE session = $1 RETURNING session) "
      "SELECT @tell(0, 'shards') FROM gone",
      session);
}

void PostgresKeeper::end_expired() {
  if (steady_now() < patient_until_) return;
  const auto rows =
      connection_->query("SELECT session FROM @sessions WHERE expires < clock_timestamp()");
  for (int row = 0; row < rows.count(); ++row) {
    const auto session = static_cast<std::uint64_t>(rows.integer(row, 0));
    end_connections(session);
    // It may have been renewed meanwhile.
    const auto ended = connection_->query(
        "WITH gone AS (DELETE FROM @sessions WHERE session = $1 AND expires < clock_timestamp() "
        "RETURNING session) SELECT @tell($2, 'shards') FROM gone",
        session, session_->number);
    if (ended.count() == 0) continue;
    const std::scoped_lock lock{view_mutex_};
    ++view_.takeovers;
  }
}

void PostgresKeeper::claim() {
  const auto rows = connection_->query(
      "SELECT s.shard, coalesce(o.replica, ''), s.session = $1 FROM @shards AS s LEFT JOIN "
      "@sessions AS o ON o.session = s.session ORDER BY s.shard",
      session_->number);
  std::vector<ShardOwner> owners;
  for (int row = 0; row < rows.count(); ++row) {
    const auto shard = static_cast<Shard>(rows.integer(row, 0));
    owners.push_back({shard, rows.text(row, 1)});
    note_owned(shard, rows.text(row, 2) == "t");
  }
  auto replicas = read_replicas(*connection_);
  const bool is_synchronous = waits_for_standby(*connection_);
  if (!connection_->ok()) return;
  std::vector<std::string> live;
  for (const auto& replica : replicas) live.push_back(replica.name);
  auto plan = plan_ownership(settings_.name, owners, live);
  show(std::move(replicas), live, owners, is_synchronous);
  news_.wanted = std::move(plan.release);
  if (plan.claim.empty()) return;
  // The reference to our session keeps a dead replica from claiming.
  const auto claimed = connection_->query(
      "UPDATE @shards SET session = $1, tenure = tenure + 1 WHERE session IS NULL AND "
      "shard = ANY($2::int[]) RETURNING shard",
      session_->number, std::string_view{array_of(plan.claim)});
  for (int row = 0; row < claimed.count(); ++row)
    note_owned(static_cast<Shard>(claimed.integer(row, 0)), true);
}

void PostgresKeeper::show(std::vector<ReplicaView> replicas, const std::vector<std::string>& live,
                          const std::vector<ShardOwner>& owners, bool is_synchronous) {
  const std::scoped_lock lock{view_mutex_};
  view_.replica = settings_.name;
  view_.config_hash = settings_.config_hash;
  view_.config_differs = std::ranges::any_of(
      replicas, [&](const auto& replica) { return replica.config_hash != settings_.config_hash; });
  view_.is_synchronous = is_synchronous;
  view_.shards = owners.size();
  view_.owned = owned_.size();
  view_.unowned = static_cast<std::size_t>(std::ranges::count(owners, "", &ShardOwner::replica));
  view_.wanted = static_cast<std::size_t>(std::ranges::count_if(owners, [&](const auto& owner) {
    return !live.empty() && wanted_owner(owner.shard, live) == settings_.name;
  }));
  view_.replicas = std::move(replicas);
}

// By what the table says, and not by what we asked for: the answer to a claim may have been lost.
void PostgresKeeper::note_owned(Shard shard, bool is_ours) {
  if (!is_ours) {
    if (owned_.erase(shard) > 0) news_.lost.push_back(shard);
  } else if (owned_.insert(shard).second) {
    news_.gained.push_back(shard);
  }
}

}  // namespace modelvane
