#include "daemon/commands/replica_watch.h"

#include <chrono>
#include <utility>

#include "daemon/commands/stops_within.h"
#include "daemon/web/view_text.h"

namespace modelvane {
namespace {

// What is shown of others is at most twice as old: once here, once there.
constexpr std::chrono::seconds kSharedEvery{5};
// As many as one daemon watches by itself. In a larger cluster each replica shows these of the
// others; every endpoint's owner shows it in any case.
constexpr std::size_t kShownMax = 10'000;

}  // namespace

ReplicaWatch::ReplicaWatch(PostgresPlace place, const std::string& replica,
                           std::function<Snapshot()> snapshot)
    : snapshot_(std::move(snapshot)),
      views_(std::move(place), replica),
      others_(std::make_shared<const std::vector<RemoteEndpoint>>()),
      thread_([this](const std::stop_token& stop) {
        do {
          look();
        } while (!stops_within(stop, kSharedEvery));
      }) {}

std::shared_ptr<const std::vector<RemoteEndpoint>> ReplicaWatch::view() const {
  const std::scoped_lock lock{mutex_};
  return others_;
}

void ReplicaWatch::look() {
  tell(snapshot_());
  listen();
}

void ReplicaWatch::tell(const Snapshot& snapshot) {
  const auto& cluster = snapshot.daemon.cluster;
  if (!cluster || cluster->shards == 0) return;
  std::map<std::string, std::shared_ptr<const EndpointView>> own;
  std::vector<std::string> names;
  std::vector<std::pair<std::string, std::string>> texts;
  for (const auto& view : snapshot.endpoints) {
    if (!view) continue;
    own.emplace(view->name, view);
    names.push_back(view->name);
    const auto before = told_.find(view->name);
    if (before == told_.end() || before->second != view)
      texts.emplace_back(view->name, to_view_text(*view));
  }
  const bool has_lost =
      std::ranges::any_of(told_, [&](const auto& entry) { return !own.contains(entry.first); });
  if (!texts.empty() && !views_.put(texts, static_cast<ShardCount>(cluster->shards))) return;
  told_ = std::move(own);
  if (has_lost) is_tidy_ = false;
  if (!is_tidy_) is_tidy_ = views_.keep_only(names).has_value();
}

void ReplicaWatch::listen() {
  const auto rows = views_.rows(kShownMax);
  if (!rows) return;
  std::map<std::string_view, const RemoteEndpoint*> known;
  const auto before = view();
  for (const auto& other : *before) known.emplace(other.view->name, &other);
  std::vector<std::string> news;
  for (const auto& row : *rows) {
    const auto found = known.find(row.endpoint);
    if (found == known.end() || found->second->at != row.at) news.push_back(row.endpoint);
  }
  const auto texts = views_.texts(news);
  if (!texts) return;
  std::map<std::string_view, std::string_view> text_of;
  for (const auto& [endpoint, text] : *texts) text_of.emplace(endpoint, text);
  auto others = std::make_shared<std::vector<RemoteEndpoint>>();
  for (const auto& row : *rows) {
    RemoteEndpoint other{
        .view = nullptr, .replica = row.replica, .address = row.address, .at = row.at};
    if (const auto text = text_of.find(row.endpoint); text != text_of.end()) {
      if (auto read = read_view_text(text->second))
        other.view = std::make_shared<const EndpointView>(std::move(*read));
    } else if (const auto found = known.find(row.endpoint); found != known.end()) {
      other.view = found->second->view;
    }
    if (other.view) others->push_back(std::move(other));
  }
  const std::scoped_lock lock{mutex_};
  others_ = std::move(others);
}

}  // namespace modelvane
