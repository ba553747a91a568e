#include <nlohmann/json.hpp>

#include "daemon/web/api.h"
#include "daemon/web/list_reply.h"
#include "daemon/web/shown.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kPinList = 'p';
constexpr PageLimits kPinPages{.usual = 100, .max = 1000};

std::string to_text(const EndpointView& endpoint, const AliasView& alias) {
  const bool is_resolved = alias.status == AliasStatus::Resolved && !alias.target.empty();
  const Json json{{"endpoint", endpoint.name},
                  {"alias", alias.alias},
                  {"approved", alias.pin->approved},
                  {"target", is_resolved ? Json(alias.target) : Json(nullptr)},
                  {"state", !is_resolved    ? "unknown"
                            : alias.pin->ok ? "kept"
                                            : "broken"}};
  return without_markup(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

}  // namespace

Reply pins_api(const Snapshot& snapshot, const Query& query) {
  Parameters parameters{query};
  const auto endpoint_name = parameters.text("endpoint");
  const auto page = parameters.page(kPinList, 2, kPinPages);
  if (auto refusal = parameters.refusal()) return *refusal;
  ListReply reply{"pins", kPinList, page.limit};
  bool is_behind = page.after.empty();
  std::vector<std::string> last;
  for (const auto& [endpoint, remote] : shown_endpoints(snapshot)) {
    if (!endpoint->known) continue;
    for (const auto& alias : endpoint->known->aliases) {
      if (!alias.pin || (!endpoint_name.empty() && endpoint->name != endpoint_name)) continue;
      if (!is_behind) {
        is_behind = std::vector{endpoint->name, alias.alias} == page.after;
        continue;
      }
      if (reply.is_full()) {
        reply.continue_after(last);
        return reply.finish();
      }
      reply.add(to_text(*endpoint, alias));
      last = {endpoint->name, alias.alias};
    }
  }
  return reply.finish();
}

}  // namespace modelvane
