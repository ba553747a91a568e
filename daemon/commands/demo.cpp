// `modelvane demo`: a scripted models API, a receiver that checks and prints what it is sent, and
// the real daemon between them, in one process and one terminal. Nothing is simplified for it: the
// store is durable, the webhooks are signed and go over HTTP. Only the intervals are short, and
// everything is gone when it ends.

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <limits>
#include <mutex>
#include <system_error>

#include "daemon/commands/commands.h"
#include "daemon/commands/daemon.h"
#include "daemon/commands/process.h"
#include "daemon/config/load_config.h"
#include "daemon/log/log.h"
#include "daemon/simulate/interrupt.h"
#include "daemon/simulate/models_api.h"
#include "daemon/simulate/receiver.h"

namespace modelvane {

namespace {

using simulated::ModelsApi;
using simulated::ReceivedEvent;
using simulated::Receiver;

// Known to everyone who reads this: it protects nothing but the demo's own loopback.
constexpr std::string_view kSecret = "whsec_bW9kZWx2YW5lIGRlbW8gc2VjcmV0LCBub3QgYSByZWFsIG9uZQ==";
// No wait is longer than this, so that --seconds is kept even when the script has nothing to tell.
constexpr Duration kLongestWait = std::chrono::seconds{1};

Time wall_now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

// One poll per second. `down` needs four failed polls, so that the script's three seconds of an
// empty list stay what they are in real life, a bad answer that is not believed, while its ten
// seconds of 503 are an outage.
std::string config_text(const ModelsApi& api, const Receiver& receiver) {
  return fmt::format(R"(instance: demo
defaults:
  interval: 1s
  timeout: 950ms
  recheck: 1s
  confirm:
    moved: {{polls: 2}}
    down: {{polls: 4}}
    up: {{polls: 2}}
  shrink_guard: {{ratio: 0.25, hold: 30s}}
endpoints:
  - name: internlm
    provider: internlm
    url: {}
    authorization: {{credentials: demo}}
    pins: {{internlm3-latest: [internlm3-8b-instruct]}}
    labels: {{team: search}}
webhooks:
  - name: demo
    url: {}
    signing: {{secrets: ["{}"]}}
)",
                     api.url(), receiver.url(), kSecret);
}

// A folder that is gone when the demo ends.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code error;
    const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
    std::string pattern =
        (error ? std::filesystem::path("/tmp") : parent) / "modelvane-demo-XXXXXX";
    if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  // "" when it could not be made.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Lines come from the main thread and the receiver's: one at a time, each with its local time.
class Lines {
 public:
  void write(Time at, std::string_view mark, std::string_view text) {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(at);
    const int tenths = static_cast<int>(
        std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count() %
        1000 / 100);
    const std::scoped_lock lock(mutex_);
    say(fmt::format("{:%H:%M:%S}.{} {:<9} {}\n", fmt::localtime(seconds), tenths, mark, text));
  }

 private:
  std::mutex mutex_;
};

// True when nobody listens on "host:port" yet. When in doubt true: the daemon then says what is
// wrong.
bool is_free(const std::string& host, const std::string& port) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.empty() ? nullptr : host.c_str(), port.c_str(), &hints, &found) != 0)
    return true;
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  if (socket >= 0) ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  // Without a descriptor nothing can be tried: the server will say what is wrong.
  const bool is_taken =
      socket >= 0 && ::bind(socket, found->ai_addr, found->ai_addrlen) != 0 && errno == EADDRINUSE;
  if (socket >= 0) ::close(socket);
  ::freeaddrinfo(found);
  return !is_taken;
}

// The address asked for, or the same host with a port that the kernel chooses when that one is
// taken.
std::string usable_address(const std::string& wanted) {
  const std::size_t colon = wanted.rfind(':');
  if (colon == std::string::npos) return wanted;
  std::string host = wanted.substr(0, colon);
  std::string kernel_chosen = host + ":0";
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (is_free(host, wanted.substr(colon + 1))) return wanted;
  say(fmt::format("{} is in use by another program: taking a free port instead.\n", wanted));
  return kernel_chosen;
}

void print_header(const std::string& address) {
  say(
      fmt::format("modelvane demo: everything runs in this process, on this machine only.\n"
                  "\n"
                  "  api       a simulated models API; its story takes a minute and repeats. What "
                  "it does is told when it does it.\n"
                  "  event     what modelvane found out, as a webhook receiver got it: signed, "
                  "checked, taken once.\n"
                  "\n"
                  "  page      http://{0}/\n"
                  "  metrics   http://{0}/metrics\n"
                  "  stop      Ctrl-C\n"
                  "\n",
                  address));
}

// The demo in motion: tells what the API does until a signal comes or the time is over.
void run(const simulated::Script& script, const ModelsApi& api, simulated::Interrupt& interrupt,
         Lines& lines, double seconds) {
  const Duration forever = Duration::max() / 2;
  // A span beyond the clock's range means the same as none.
  const bool has_end = seconds > 0 && seconds < to_seconds(forever);
  const Duration end =
      has_end ? std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds))
              : forever;
  Duration told{0};
  while (told < end) {
    Duration until = std::min(end, told + kLongestWait);
    if (const auto next = next_turn(script, told)) until = std::min(until, *next);
    if (interrupt.wait(until - api.elapsed())) return;
    const Duration now = api.elapsed();
    for (const simulated::Turn& turn : turns_between(script, told, now))
      lines.write(wall_now(), "api", turn.says);
    if (std::ferror(stdout) != 0) return;  // nobody reads any more
    told = now;
  }
}

int fail_demo(std::string_view sentence) {
  fmt::print(stderr, "modelvane demo: {}\n", sentence);
  return kFailed;
}

void print_event(Lines& lines, const ReceivedEvent& event) {
  const auto delay =
      std::chrono::duration_cast<std::chrono::milliseconds>(event.received - event.time);
  lines.write(event.received, "  event",
              fmt::format("{:<20} {}  [{}, {} ms]", event.type, event.summary,
                          event.is_signed ? "signature ok" : "not signed", delay.count()));
}

}  // namespace

int demo(const DemoOptions& options) {
  log::set_up(log::Level::Warn, false);
  simulated::Interrupt interrupt;
  const TemporaryFolder storage;
  if (storage.path().empty())
    return fail_demo("cannot make a temporary folder: set TMPDIR to one that can be written");

  Lines lines;
  const simulated::Script script = simulated::built_in_script();
  Receiver receiver({.secrets = {std::string(kSecret)},
                     .on_event = [&](const ReceivedEvent& event) { print_event(lines, event); }});
  if (const auto started = receiver.start(); !started) return fail_demo(started.error());
  ModelsApi api({.script = script});
  if (const auto started = api.start(); !started) return fail_demo(started.error());

  auto config = parse_config(config_text(api, receiver), "demo.yml");
  if (!config) return fail_demo(to_text(config.error().front()));
  Daemon daemon({.config_file = "",
                 .storage_path = storage.path(),
                 .listen_addresses = {usable_address(options.listen_address)},
                 .external_url = ""});
  if (const auto started = daemon.start(std::move(*config)); !started)
    return fail_demo(started.error());
  const std::vector<std::string> addresses = daemon.addresses();
  print_header(addresses.empty() ? options.listen_address : addresses.front());

  run(script, api, interrupt, lines, options.seconds);

  daemon.stop();
  api.stop();
  receiver.stop();
  const Receiver::Counts counts = receiver.counts();
  say(fmt::format(
      "\nEnded: {} polls answered, {} events delivered, {} refused. Nothing is left on disk.\n",
      api.requests(), counts.taken, counts.refused));
  return 0;
}

}  // namespace modelvane
