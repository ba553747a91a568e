// Two queues feed the threads: hosts that answer swiftly, and hosts whose last lookup outlasted
// `stuck_after`. A thread takes from the first queue whenever it can, and from the second only
// while fewer than a quarter of the ceiling work on slow hosts. So when a share of all names is
// dead, the first round may fill every thread for one time-out of the system's resolver, and from
// then on the dead names queue among themselves.
#include "daemon/transport/resolver.h"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_set>
#include <utility>

#include "daemon/text/address_range.h"
#include "daemon/text/ascii.h"
#include "daemon/transport/shortage.h"

namespace modelvane {
namespace {

constexpr std::size_t kSlowShare = 4;  // slow hosts may occupy max_threads / kSlowShare threads
constexpr std::size_t kEntriesMax =
    20'000;  // twice the endpoints of one process: hosts of old configurations go
constexpr std::chrono::minutes kEntryLife{10};  // far beyond any cache age that is asked for
constexpr std::chrono::milliseconds kTendEvery{
    100};  // how soon a stuck thread is noticed while lookups queue

struct Running {
  std::string host;
  SteadyTime since;
  bool slow = false;   // taken from the queue of slow hosts
  bool stuck = false;  // outlasted stuck_after
};

}  // namespace

struct Resolver::Shared {
  explicit Shared(ResolverOptions chosen)
      : options(std::move(chosen)), ready_fd(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~Shared() {
    if (ready_fd >= 0) close(ready_fd);
  }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  std::size_t slow_limit() const {
    return std::max<std::size_t>(1, options.max_threads / kSlowShare);
  }
  bool has_work() const {
    return !queue.empty() || (!slow_queue.empty() && slow_running < slow_limit());
  }
  std::string next_host(bool& slow) {
    slow = queue.empty();
    auto& source = slow ? slow_queue : queue;
    std::string host = std::move(source.front());
    source.pop_front();
    if (slow) ++slow_running;
    return host;
  }

  // Constant after construction.
  const ResolverOptions options;
  const int ready_fd;

  // Guarded by mutex.
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> queue;
  std::deque<std::string> slow_queue;
  std::unordered_set<std::string> under_way;     // queued, running, or answered and not yet taken
  std::vector<std::pair<Answer, bool>> answers;  // with: was it slow
  std::vector<Running*> running;
  std::size_t threads = 0;
  std::size_t idle = 0;
  std::size_t slow_running = 0;
  bool stopping = false;
};

Resolver::Resolver(ResolverOptions options) : options_(std::move(options)) {
  if (!options_.lookup) options_.lookup = look_up;
  options_.threads = std::max<std::size_t>(1, options_.threads);
  options_.max_threads = std::max(options_.threads, options_.max_threads);
  shared_ = std::make_shared<Shared>(options_);
}

Resolver::~Resolver() {
  const std::lock_guard lock{shared_->mutex};
  shared_->stopping = true;
  shared_->queue.clear();
  shared_->slow_queue.clear();
  shared_->changed.notify_all();
}

int Resolver::ready_fd() const {
  return shared_->ready_fd;
}

const Addresses* Resolver::known(const std::string& host, SteadyTime now,
                                 std::chrono::milliseconds max_age) const {
  const auto found = entries_.find(host);
  if (found == entries_.end() || found->second.addresses.empty()) return nullptr;
  return now - found->second.learnt <= max_age ? &found->second.addresses : nullptr;
}

void Resolver::ask(const std::string& host, SteadyTime now) {
  const auto entry = entries_.find(host);
  const bool slow = entry != entries_.end() && entry->second.slow;
  {
    const std::lock_guard lock{shared_->mutex};
    if (!shared_->under_way.insert(host).second) return;
    (slow ? shared_->slow_queue : shared_->queue).push_back(host);
    shared_->changed.notify_one();
  }
  tend(now);
}

void Resolver::abandon(const std::string& host) {
  const std::lock_guard lock{shared_->mutex};
  for (auto* queue : {&shared_->queue, &shared_->slow_queue}) {
    if (std::erase(*queue, host) > 0) shared_->under_way.erase(host);
  }
}

std::vector<Answer> Resolver::take(SteadyTime now) {
  std::vector<std::pair<Answer, bool>> arrived;
  {
    const std::lock_guard lock{shared_->mutex};
    eventfd_t ignored = 0;
    eventfd_read(shared_->ready_fd, &ignored);
    arrived.swap(shared_->answers);
    for (const auto& [answer, slow] : arrived) shared_->under_way.erase(answer.host);
  }
  std::vector<Answer> answers;
  answers.reserve(arrived.size());
  for (auto& [answer, slow] : arrived) {
    Entry& entry = entries_[answer.host];
    entry.addresses = answer.result.value_or(Addresses{});
    entry.learnt = now;
    entry.slow = slow;
    answers.push_back(std::move(answer));
  }
  if (entries_.size() > kEntriesMax) forget_old(now);
  return answers;
}

std::optional<SteadyTime> Resolver::tend(SteadyTime now) {
  const std::lock_guard lock{shared_->mutex};
  std::size_t stuck = 0;
  for (Running* running : shared_->running) {
    running->stuck = running->stuck || now - running->since >= options_.stuck_after;
    if (running->stuck) ++stuck;
  }
  const std::size_t allowed = std::min(options_.max_threads, options_.threads + stuck);
  const std::size_t waiting =
      shared_->queue.size() + std::min(shared_->slow_queue.size(), shared_->slow_limit());
  std::size_t missing = waiting > shared_->idle ? waiting - shared_->idle : 0;
  for (; shared_->threads < allowed && missing > 0 && shared_->has_work(); --missing) spawn();
  if (shared_->queue.empty() && shared_->slow_queue.empty()) return std::nullopt;
  return now + kTendEvery;
}

// Called with the mutex held. A machine that is out of threads leaves the lookup in its queue:
// tend() tries again.
void Resolver::spawn() {
  ++shared_->threads;
  try {
    std::thread{work, shared_}.detach();
  } catch (const std::system_error&) {
    --shared_->threads;
  }
}

void Resolver::work(std::shared_ptr<Shared> shared) {
  std::unique_lock lock{shared->mutex};
  while (true) {
    // A thread beyond the usual number exists because others were stuck; it leaves when the queue
    // is empty.
    if (!shared->has_work() && shared->threads > shared->options.threads) break;
    ++shared->idle;
    shared->changed.wait(lock, [&] { return shared->stopping || shared->has_work(); });
    --shared->idle;
    if (shared->stopping) break;
    Running running;
    running.host = shared->next_host(running.slow);
    running.since = std::chrono::steady_clock::now();
    shared->running.push_back(&running);
    lock.unlock();
    auto result = shared->options.lookup(running.host);
    lock.lock();
    std::erase(shared->running, &running);
    if (running.slow) --shared->slow_running;
    const bool slow =
        std::chrono::steady_clock::now() - running.since >= shared->options.stuck_after;
    shared->answers.emplace_back(Answer{std::move(running.host), std::move(result)}, slow);
    eventfd_write(shared->ready_fd, 1);
    if (slow) shared->changed.notify_one();  // a place for slow hosts is free
  }
  --shared->threads;
}

void Resolver::forget_old(SteadyTime now) {
  std::erase_if(entries_, [&](const auto& item) { return now - item.second.learnt > kEntryLife; });
  if (entries_.size() > kEntriesMax)
    entries_.clear();  // a cache: losing it costs lookups, never truth
}

// How long the system's resolver waits for an answer before it asks again. Of its own it waits
// 5 s; a name server that answers A and never AAAA (some firewalls) would use up half of a poll's
// time, for an address that is there. An answer that comes later still counts.
constexpr int kAskAgainSeconds = 2;

LookupResult look_up(const std::string& host) {
  // For this thread, and read anew: once its settings were touched the system's resolver no longer
  // follows changes of resolv.conf.
  if (res_init() == 0) _res.retrans = std::min(_res.retrans, kAskAgainSeconds);
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  // A machine without IPv6 asks for no AAAA: some name servers and firewalls never answer that.
  hints.ai_flags = AI_ADDRCONFIG;
  addrinfo* found = nullptr;
  errno = 0;
  int code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  // A name that has only addresses of the other kind, such as ::1 in /etc/hosts.
  if (code == EAI_NONAME || code == EAI_NODATA || code == EAI_ADDRFAMILY) {
    hints.ai_flags = 0;
    code = getaddrinfo(host.c_str(), nullptr, &hints, &found);
  }
  if (code != 0) {
    // Without descriptors the system's resolver says "try again", as if the name server had.
    const auto shortage = code == EAI_MEMORY ? Shortage::Memory : shortage_of(errno);
    return std::unexpected(LookupError{gai_strerror(code), shortage});
  }
  Addresses addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    char text[NI_MAXHOST];
    if (getnameinfo(each->ai_addr, each->ai_addrlen, text, sizeof text, nullptr, 0,
                    NI_NUMERICHOST) != 0)
      continue;
    // A link-local address with its zone cannot be passed on to libcurl as a prepared answer.
    if (std::string_view{text}.find('%') == std::string_view::npos) addresses.emplace_back(text);
  }
  freeaddrinfo(found);
  if (addresses.empty()) return std::unexpected(std::string{"the name has no usable address"});
  return addresses;
}

std::optional<Addresses> addresses_without_lookup(std::string_view host) {
  const std::string text{host};
  if (parse_address(text)) return Addresses{text};
  auto name = to_lower(text);
  if (name.ends_with('.')) name.pop_back();
  if (is_localhost(name)) return Addresses{"127.0.0.1", "::1"};
  return std::nullopt;
}

}  // namespace modelvane
