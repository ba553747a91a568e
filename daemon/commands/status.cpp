// How a running daemon does: itself, its endpoints and its webhooks. Exit code 1 when something is
// wrong with the daemon itself, or nobody answers.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/commands/api_client.h"
#include "daemon/commands/api_source.h"
#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"
#include "daemon/commands/table.h"
#include "daemon/notify/plain_text.h"
#include "daemon/text/time.h"

namespace modelvane {
namespace {

using Json = ApiClient::Json;

constexpr std::size_t kStatusTextCharactersMax = 200;

std::string shown_text_at(const Json& row, const char* key) {
  const auto found = row.find(key);
  return found != row.end() && found->is_string()
             ? plain_text(found->get<std::string>(), kStatusTextCharactersMax)
             : std::string{};
}

bool is_ok(const Json& status, const char* part) {
  const auto found = status.find(part);
  return found == status.end() || !found->is_object() || found->value("ok", true);
}

std::string state_of(const Json& status, const char* part) {
  return is_ok(status, part) ? "ok" : shown_text_at(status[part], "error");
}

struct Counts {
  std::size_t up = 0;
  std::vector<std::string> others;  // "name (down)"
};

std::expected<Counts, std::string> count_endpoints(ApiClient& client) {
  Counts counts;
  ApiClient::Query query{{"cursor", ""}};
  do {
    const auto page = client.get("/api/v1/endpoints", query);
    if (!page) return std::unexpected(page.error());
    for (const auto& row : page->value("endpoints", Json::array())) {
      const auto state = shown_text_at(row, "availability");
      if (state == "up") {
        ++counts.up;
      } else {
        counts.others.push_back(fmt::format("{} ({})", shown_text_at(row, "name"), state));
      }
    }
    query.front().second = page->value("next", Json()).is_string()
                               ? (*page)["next"].get<std::string>()
                               : std::string{};
  } while (!query.front().second.empty());
  return counts;
}

void print(const Json& status, const Counts& counts) {
  std::vector<TableRow> table{
      {"modelvane", shown_text_at(status, "version")},
      {"instance", shown_text_at(status, "instance")},
      {"started", shown_text_at(status, "started")},
      {"store", state_of(status, "store")},
      {"configuration", state_of(status, "reload")},
      {"endpoints", fmt::format("{} up, {} not", counts.up, counts.others.size())}};
  for (const auto& other : counts.others) table.push_back({"", other});
  for (const auto& webhook : status.value("webhooks", Json::array())) {
    const auto error = shown_text_at(webhook, "last_error");
    table.push_back({fmt::format("webhook {}", shown_text_at(webhook, "name")),
                     fmt::format("{}, {} waiting, {} dead{}", shown_text_at(webhook, "state"),
                                 webhook.value("pending", 0), webhook.value("dead_letters", 0),
                                 error.empty() ? "" : "; " + error)});
  }
  print_table(table);
}

}  // namespace

int show_status(const StatusOptions& options) {
  if (const auto problem = output_problem(options.output)) return fail(kUsageError, *problem);
  auto client = ApiClient::open(options.url.empty() ? std::string{kUsualUrl} : options.url,
                                options.client_config);
  if (!client) return fail(kUsageError, client.error());
  const auto status = client->get("/api/v1/status");
  if (!status) return fail(kFailed, status.error());
  if (options.output == "json") {
    fmt::print("{}\n", status->dump(2, ' ', false, Json::error_handler_t::replace));
  } else {
    const auto counts = count_endpoints(*client);
    if (!counts) return fail(kFailed, counts.error());
    print(*status, *counts);
  }
  return is_ok(*status, "store") && is_ok(*status, "reload") ? 0 : kFailed;
}

}  // namespace modelvane
