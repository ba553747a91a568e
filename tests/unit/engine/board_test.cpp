// What the engine publishes and everybody else reads.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "daemon/engine/snapshot.h"

using namespace modelvane;

namespace {

std::shared_ptr<const WebhookView> webhook(const std::string& name, WebhookStatus status,
                                           std::uint64_t pending = 0) {
  auto view = std::make_shared<WebhookView>();
  view->name = name;
  view->status = status;
  view->pending = pending;
  return view;
}

std::vector<std::string> webhooks(const Board& board) {
  std::vector<std::string> names;
  for (const auto& view : board.read(Time{}).webhooks) names.push_back(view->name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a removed webhook stands last while something of it waits") {
  Board board;
  board.reset({}, {webhook("a", WebhookStatus::Ok), webhook("b", WebhookStatus::Ok)});
  board.publish_webhook(webhook("old", WebhookStatus::Removed));
  CHECK(webhooks(board) == Names{"a", "b"});
  board.publish_webhook(webhook("old", WebhookStatus::Removed, 2));
  board.publish_webhook(webhook("a", WebhookStatus::Failing, 1));
  CHECK(webhooks(board) == Names{"a", "b", "old"});
  CHECK(board.read(Time{}).webhooks[0]->status == WebhookStatus::Failing);
  const auto version = board.pulse(Time{}).version;
  board.publish_webhook(webhook("old", WebhookStatus::Removed));
  CHECK(webhooks(board) == Names{"a", "b"});
  CHECK(board.pulse(Time{}).version != version);
}
