#include "daemon/commands/target_watch.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <system_error>
#include <utility>

#include "daemon/config/access.h"
#include "daemon/config/discovery.h"
#include "daemon/config/include.h"
#include "daemon/config/spelling.h"
#include "daemon/engine/clock.h"
#include "daemon/log/log.h"
#include "daemon/text/hmac.h"
#include "daemon/transport/curl_transport.h"
#include "daemon/transport/oauth2_transport.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::ordered_json;

// Files are looked at this often; a change counts when it is seen twice.
constexpr Duration kFilesEvery = 1s;
// A source that has not given any list yet is asked again soon: nothing of it is watched meanwhile.
constexpr Duration kFirstListPause = 5s;
// 10,000 targets with labels have a few megabytes.
constexpr std::size_t kListBytesMax = std::size_t{16} * 1024 * 1024;
constexpr const char* kKeptName = "service_discovery.json";

// The same place under another name or template is the same source. Hashed, because a URL may hold
// a key.
std::string key_of(const DiscoverySource& source) {
  return to_hex(sha256(fmt::format("{}\n{}", source.url, fmt::join(source.files, "\n"))));
}

std::map<std::string, std::optional<FileStamp>> stamps_of(const DiscoverySource& source) {
  std::map<std::string, std::optional<FileStamp>> stamps;
  for (const auto& glob : source.files) {
    if (!is_glob(glob)) stamps[glob] = stamp_of(glob);
  }
  for (const auto& file : files_matching(source.files)) stamps[file] = stamp_of(file);
  return stamps;
}

std::expected<HttpRequest, std::string> request_for(const DiscoverySource& source) {
  HttpRequest request{.url = source.url,
                      .headers = {{"User-Agent", kUserAgent}, {"Accept", "application/json"}},
                      .timeout = source.timeout,
                      .body_limit = kListBytesMax};
  if (auto applied = apply(source.access, request); !applied)
    return std::unexpected(std::move(applied.error()));
  return request;
}

std::expected<TargetGroups, std::string> groups_in(const DiscoverySource& source,
                                                   const HttpResult& result) {
  if (!result) return std::unexpected(result.error().sentence);
  if (result->status != 200)
    return std::unexpected(fmt::format("the answer has status {}, not 200", result->status));
  auto groups = parse_target_groups(result->body, fmt::format("source {}", source.name));
  if (!groups) return std::unexpected(joined(groups.error(), "; "));
  return std::move(*groups);
}

Json to_json(const TargetGroups& groups) {
  auto all = Json::array();
  for (const auto& group : groups)
    all.push_back({{"targets", group.targets}, {"labels", group.labels}});
  return all;
}

}  // namespace

struct TargetWatch::Source {
  DiscoverySource config;
  std::string key;
  TargetGroups groups;  // the last good list
  Endpoints endpoints;  // made of it
  bool has_list = false;
  DiscoveryView view;
  std::string last_error;
  // Files: what was last looked at, and what was seen the last time.
  Stamps in_force;
  Stamps seen;
  // URL: when to ask next, and the request under way (0 = none).
  Duration due{0};
  std::uint64_t ticket = 0;
  bool was_empty = false;  // the answer before had no target, though the list has
};

// What came of a look at a source.
struct TargetWatch::Look {
  std::string key;
  std::shared_ptr<const EndpointTemplate> endpoint;  // that it was made with
  TargetGroups groups;
  std::expected<Endpoints, std::string> endpoints;
  Stamps stamps;
};

struct TargetWatch::Job {
  std::uint64_t ticket = 0;
  DiscoverySource source;
};

TargetWatch::TargetWatch(std::string storage_path, std::function<void()> changed)
    : kept_file_((std::filesystem::path{storage_path} / kKeptName).string()),
      changed_(std::move(changed)) {}

TargetWatch::~TargetWatch() {
  stop();
}

void TargetWatch::start() {
  const std::scoped_lock lock{mutex_};
  if (sources_.empty() || thread_.joinable()) return;
  network_ = std::make_unique<CurlTransport>(CurlTransportOptions{});
  transport_ = std::make_unique<OAuth2Transport>(*network_);
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

void TargetWatch::stop() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  transport_->wake();
  thread_.join();
}

TargetWatch::Look TargetWatch::judge(const DiscoverySource& source,
                                     std::expected<TargetGroups, std::string> groups) {
  Look look{.key = key_of(source),
            .endpoint = source.endpoint,
            .groups = {},
            .endpoints = {},
            .stamps = {}};
  if (!groups) {
    look.endpoints = std::unexpected(std::move(groups.error()));
    return look;
  }
  look.groups = std::move(*groups);
  auto endpoints = endpoints_of(*source.endpoint, look.groups);
  if (endpoints) {
    look.endpoints = std::move(*endpoints);
  } else {
    look.endpoints = std::unexpected(joined(endpoints.error(), "; "));
  }
  return look;
}

TargetWatch::Look TargetWatch::look_at(const DiscoverySource& source) {
  auto stamps = stamps_of(source);
  auto groups = read_target_files(source);
  auto look = judge(source, groups ? std::expected<TargetGroups, std::string>{std::move(*groups)}
                                   : std::unexpected{joined(groups.error(), "; ")});
  look.stamps = std::move(stamps);
  return look;
}

std::expected<void, std::string> TargetWatch::adopt(const Config& config, When when) {
  if (when == When::AtStart) load_kept();
  // Files are read without holding up who asks for figures.
  std::map<std::string, Look> looks;
  for (const auto& source : config.discovery) {
    if (!source.files.empty()) looks.insert_or_assign(key_of(source), look_at(source));
  }
  const std::scoped_lock lock{mutex_};
  std::vector<Source> sources;
  Config whole{.endpoints = config.endpoints};
  std::optional<std::string> problem;
  for (const auto& wanted : config.discovery) {
    Source source{.config = wanted, .key = key_of(wanted)};
    const auto before = std::ranges::find(sources_, source.key, &Source::key);
    const auto kept = kept_.find(source.key);
    if (before != sources_.end()) {
      source = *before;
      source.config = wanted;
      source.ticket = 0;
      source.due = Duration{0};
    } else if (kept != kept_.end()) {
      source.groups = kept->second;
      source.has_list = true;
    }
    source.view.name = wanted.name;
    source.endpoints.clear();
    const auto look = looks.find(source.key);
    if (look != looks.end()) source.in_force = source.seen = look->second.stamps;
    if (look != looks.end() && look->second.endpoints) {
      count(source, look->second);
    } else if (look != looks.end()) {
      fail(source, look->second.endpoints.error());
    }
    if (source.has_list && source.endpoints.empty()) {
      auto made = judge(wanted, source.groups);
      if (made.endpoints) {
        source.endpoints = std::move(*made.endpoints);
      } else {
        problem = made.endpoints.error();
      }
    }
    if (const auto added = add_endpoints(whole, source.endpoints); !added) {
      problem = fmt::format("service_discovery {}: {}", wanted.name, added.error());
      source.endpoints.clear();
    }
    if (problem && when == When::AtReload) return std::unexpected(std::move(*problem));
    if (problem) fail(source, *std::exchange(problem, std::nullopt));
    source.view.endpoints = source.endpoints.size();
    sources.push_back(std::move(source));
  }
  sources_ = std::move(sources);
  own_names_.clear();
  endpoints_max_ = config.endpoints_max();
  for (const auto& endpoint : config.endpoints) own_names_.insert(endpoint->name);
  egress_ = config.egress;
  return {};
}

Config TargetWatch::complete(Config config) const {
  const std::scoped_lock lock{mutex_};
  for (const auto& source : sources_)
    config.endpoints.insert(config.endpoints.end(), source.endpoints.begin(),
                            source.endpoints.end());
  return config;
}

std::vector<DiscoveryView> TargetWatch::view() const {
  const std::scoped_lock lock{mutex_};
  std::vector<DiscoveryView> views;
  for (const auto& source : sources_) views.push_back(source.view);
  return views;
}

void TargetWatch::fail(Source& source, const std::string& sentence) {
  ++source.view.failures;
  source.view.is_ok = false;
  if (sentence != source.last_error) {
    log::error(source.has_list ? "service discovery: the last good list counts"
                               : "service discovery: there is no list yet",
               {{"source", source.config.name}, {"error", sentence}});
  }
  source.last_error = sentence;
}

void TargetWatch::count(Source& source, const Look& look) {
  if (!source.last_error.empty())
    log::info("service discovery: the source gives a list again", {{"source", source.config.name}});
  source.last_error.clear();
  source.view.is_ok = true;
  source.view.last_success = SystemClock{}.wall();
  is_unkept_ = is_unkept_ || !source.has_list || source.groups != look.groups;
  source.has_list = true;
  source.was_empty = false;
  source.groups = look.groups;
  source.endpoints = *look.endpoints;
  source.view.endpoints = source.endpoints.size();
}

// Whether the endpoints go with those of the configuration and of the other sources.
std::optional<std::string> TargetWatch::clash(const Source& source,
                                              const Endpoints& endpoints) const {
  std::unordered_set<std::string_view> taken{own_names_.begin(), own_names_.end()};
  for (const auto& other : sources_) {
    if (&other == &source) continue;
    for (const auto& endpoint : other.endpoints) taken.insert(endpoint->name);
  }
  return clash_of(endpoints, taken, endpoints_max_, "this list");
}

// True when the endpoints are others than before.
bool TargetWatch::take(const Look& look) {
  const std::scoped_lock lock{mutex_};
  const auto found = std::ranges::find(sources_, look.key, &Source::key);
  // A reload came meanwhile: it has looked itself.
  if (found == sources_.end() || found->config.endpoint != look.endpoint) return false;
  Source& source = *found;
  source.ticket = 0;
  const auto pause = source.has_list || look.endpoints
                         ? source.config.refresh
                         : std::min(source.config.refresh, kFirstListPause);
  source.due = SystemClock{}.steady() + pause;
  if (!source.config.files.empty()) source.in_force = look.stamps;
  if (!look.endpoints) {
    fail(source, look.endpoints.error());
    return false;
  }
  // A server that has just started may not know its targets yet.
  const bool is_doubted = !source.config.url.empty() && look.endpoints->empty() &&
                          !source.endpoints.empty() && !source.was_empty;
  if (is_doubted) {
    source.was_empty = true;
    fail(source, "the list is empty; that counts when the next one is empty, too");
    return false;
  }
  if (const auto problem = clash(source, *look.endpoints)) {
    fail(source, *problem);
    return false;
  }
  const bool is_new = source.endpoints != *look.endpoints;
  count(source, look);
  if (is_new)
    log::info(
        "service discovery: another list counts",
        {{"source", source.config.name}, {"endpoints", std::to_string(source.endpoints.size())}});
  return is_new;
}

bool TargetWatch::look_at_files() {
  std::vector<std::pair<DiscoverySource, Stamps>> sources;
  {
    const std::scoped_lock lock{mutex_};
    for (const auto& source : sources_) {
      if (!source.config.files.empty()) sources.emplace_back(source.config, source.in_force);
    }
  }
  bool is_changed = false;
  for (const auto& [source, in_force] : sources) {
    auto now = stamps_of(source);
    bool is_settled = false;
    {
      const std::scoped_lock lock{mutex_};
      const auto found = std::ranges::find(sources_, key_of(source), &Source::key);
      if (found == sources_.end()) continue;
      // What is still being written is left alone.
      is_settled = std::exchange(found->seen, now) == now;
    }
    if (is_settled && now != in_force) is_changed = take(look_at(source)) || is_changed;
  }
  return is_changed;
}

std::vector<TargetWatch::Job> TargetWatch::due_jobs(Duration now) {
  const std::scoped_lock lock{mutex_};
  std::vector<Job> jobs;
  for (auto& source : sources_) {
    if (source.config.url.empty() || source.ticket != 0 || source.due > now) continue;
    source.ticket = ++last_ticket_;
    jobs.push_back({source.ticket, source.config});
  }
  if (egress_) transport_->set_egress(*std::exchange(egress_, std::nullopt));
  return jobs;
}

// Also the pause between two looks.
bool TargetWatch::ask_urls() {
  bool is_changed = false;
  for (auto& job : due_jobs(SystemClock{}.steady())) {
    if (auto request = request_for(job.source)) {
      transport_->start(job.ticket, std::move(*request));
    } else {
      is_changed = take(judge(job.source, std::unexpected(request.error()))) || is_changed;
    }
  }
  std::vector<Completion> completed;
  transport_->wait(kFilesEvery, completed);
  for (const auto& each : completed) {
    std::optional<DiscoverySource> source;
    {
      const std::scoped_lock lock{mutex_};
      const auto found = std::ranges::find(sources_, each.ticket, &Source::ticket);
      if (found != sources_.end()) source = found->config;
    }
    if (source) is_changed = take(judge(*source, groups_in(*source, each.result))) || is_changed;
  }
  return is_changed;
}

void TargetWatch::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const bool files = look_at_files();
    const bool urls = ask_urls();
    if (files || urls) changed_();
    keep();
  }
}

void TargetWatch::load_kept() {
  std::ifstream file{kept_file_, std::ios::binary};
  if (!file) return;
  const auto json = Json::parse(file, nullptr, false);
  if (!json.is_object()) return;
  for (const auto& [key, groups] : json.items()) {
    auto read = parse_target_groups(groups.dump(), kept_file_);
    if (read) kept_[key] = std::move(*read);
  }
}

// Best effort: without the file a restart while a source is away begins without its targets.
void TargetWatch::keep() {
  auto json = Json::object();
  {
    const std::scoped_lock lock{mutex_};
    if (!std::exchange(is_unkept_, false)) return;
    for (const auto& source : sources_) {
      if (source.has_list) json[source.key] = to_json(source.groups);
    }
  }
  const auto text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  const auto beside = kept_file_ + ".new";
  const int fd =
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
  const bool is_written =
      fd >= 0 && ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
      ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (is_written && std::rename(beside.c_str(), kept_file_.c_str()) == 0) return;
  log::warn("service discovery: the lists are not kept for the next start",
            {{"file", kept_file_}, {"error", std::generic_category().message(error)}});
}

}  // namespace modelvane
