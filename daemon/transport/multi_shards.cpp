#include "daemon/transport/multi_shards.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <chrono>
#include <functional>
#include <stdexcept>

namespace modelvane {
namespace {

using Clock = std::chrono::steady_clock;

// One kept connection for each of the 10,000 endpoints of a process, and some for webhooks, should
// one shard get them all.
constexpr long kKeptConnectionsMax = 12'000;

// Once per process and never undone: other threads might still use the library at exit.
void initialise_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    throw std::runtime_error(fmt::format("libcurl did not start: {}", curl_easy_strerror(code)));
}

struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

}  // namespace

struct MultiShards::Shard {
  explicit Shard(MultiShards& all);

  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* user, void* socket_user);
  static int on_timer(CURLM* multi, long milliseconds, void* user);
  void watch(int fd, int what, bool is_new);
  void act(int fd, int events);

  MultiShards& shards;
  std::optional<SteadyTime> timer;
  std::unique_ptr<CURLM, MultiDeleter> multi{
      curl_multi_init()};  // last: closing it calls on_socket
};

MultiShards::Shard::Shard(MultiShards& all) : shards(all) {
  if (!multi) throw std::runtime_error("libcurl did not start: out of memory");
  curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &Shard::on_socket);
  curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &Shard::on_timer);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kKeptConnectionsMax);
  curl_multi_setopt(multi.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
}

int MultiShards::Shard::on_socket(CURL*, curl_socket_t socket, int what, void* user,
                                  void* socket_user) {
  auto& shard = *static_cast<Shard*>(user);
  const bool is_new = socket_user == nullptr;
  if (what == CURL_POLL_REMOVE) {
    shard.shards.poller_.forget(socket);
    shard.shards.by_descriptor_[static_cast<std::size_t>(socket)] = nullptr;
    return 0;
  }
  if (is_new) curl_multi_assign(shard.multi.get(), socket, &shard);  // non-null = watched
  shard.watch(socket, what, is_new);
  return 0;
}

void MultiShards::Shard::watch(int fd, int what, bool is_new) {
  std::uint32_t events = 0;
  if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= EPOLLIN;
  if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= EPOLLOUT;
  auto& owners = shards.by_descriptor_;
  const auto index = static_cast<std::size_t>(fd);
  if (index >= owners.size()) owners.resize(index + 1);
  owners[index] = this;
  shards.poller_.watch(fd, events, is_new);
}

int MultiShards::Shard::on_timer(CURLM*, long milliseconds, void* user) {
  auto& shard = *static_cast<Shard*>(user);
  shard.timer.reset();
  if (milliseconds >= 0) shard.timer = Clock::now() + std::chrono::milliseconds{milliseconds};
  return 0;
}

void MultiShards::Shard::act(int fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi.get(), fd, events, &running);
  shards.acted_.push_back(this);
}

MultiShards::MultiShards(Poller& poller) : poller_(poller) {
  initialise_curl();
  for (auto& shard : shards_) shard = std::make_unique<Shard>(*this);
}

MultiShards::~MultiShards() = default;

MultiShards::Shard& MultiShards::shard_of(std::string_view host) const {
  return *shards_[std::hash<std::string_view>{}(host) % kShards];
}

std::optional<std::string> MultiShards::add(std::string_view host, void* easy) {
  const CURLMcode code = curl_multi_add_handle(shard_of(host).multi.get(), easy);
  if (code == CURLM_OK) return std::nullopt;
  return fmt::format("libcurl refused the exchange: {}", curl_multi_strerror(code));
}

void MultiShards::remove(std::string_view host, void* easy) {
  curl_multi_remove_handle(shard_of(host).multi.get(), easy);
}

void MultiShards::act(const epoll_event& event) {
  const auto fd = static_cast<std::size_t>(event.data.fd);
  Shard* shard = fd < by_descriptor_.size() ? by_descriptor_[fd] : nullptr;
  if (shard == nullptr) return;
  int what = 0;
  if ((event.events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
  if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
  if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
  shard->act(event.data.fd, what);
}

void MultiShards::run_timers(SteadyTime now) {
  for (const auto& shard : shards_) {
    if (!shard->timer || *shard->timer > now) continue;
    shard->timer.reset();
    shard->act(CURL_SOCKET_TIMEOUT, 0);
  }
}

std::optional<SteadyTime> MultiShards::next_timer() const {
  std::optional<SteadyTime> next;
  for (const auto& shard : shards_) {
    if (shard->timer && (!next || *shard->timer < *next)) next = shard->timer;
  }
  return next;
}

std::optional<MultiShards::Ended> MultiShards::take_ended() {
  while (!acted_.empty()) {
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(acted_.back()->multi.get(), &left);
    if (message == nullptr) {
      acted_.pop_back();
    } else if (message->msg == CURLMSG_DONE) {
      return Ended{message->easy_handle, message->data.result};
    }
  }
  return std::nullopt;
}

}  // namespace modelvane
