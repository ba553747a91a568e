#include <nlohmann/json.hpp>

#include "daemon/simulate/script.h"

namespace modelvane::simulated {

namespace {

using Json = nlohmann::ordered_json;  // keeps the key order that the real API shows

// One value for every row, as at InternLM: `created` says nothing about a model there, and must not
// be read as a change.
constexpr std::int64_t kCreated = 1722424576;

Json row(const std::string& id, const std::string& target) {
  Json json{{"id", id}, {"object", "model"}};
  if (!target.empty()) json["ref_model"] = target;
  json["created"] = kCreated;
  json["owned_by"] = "SH-AILab";
  return json;
}

Json all_rows(const Answer& answer) {
  Json rows = Json::array();
  for (const auto& [alias, target] : answer.aliases) {
    if (target) rows.push_back(row(alias, *target));
  }
  for (const std::string& model : answer.models) rows.push_back(row(model, ""));
  return rows;
}

Json shaped(Json rows, ListKind kind) {
  switch (kind) {
    case ListKind::Empty: return Json::array();
    case ListKind::Short: {
      Json first = Json::array();
      const std::size_t kept = (rows.size() + 2) / 3;
      for (std::size_t i = 0; i < kept; ++i) first.push_back(rows[i]);
      return first;
    }
    case ListKind::Duplicate: {
      Json twice = Json::array();
      for (const Json& one : rows) {
        twice.push_back(one);
        twice.push_back(one);
      }
      return twice;
    }
    case ListKind::Normal:
    case ListKind::Html: break;
  }
  return rows;
}

std::string error_text(int status) {
  const Json error{
      {"error", {{"message", "simulated trouble"}, {"type", "simulated"}, {"code", status}}}};
  return error.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

Body render(const Answer& answer) {
  if (answer.status < 200 || answer.status > 299)
    return {"application/json", error_text(answer.status)};
  if (answer.list == ListKind::Html) {
    return {"text/html; charset=utf-8",
            "<!doctype html><title>Sign in</title><p>Please sign in to continue.</p>\n"};
  }
  const Json list{{"object", "list"}, {"data", shaped(all_rows(answer), answer.list)}};
  return {"application/json", list.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace modelvane::simulated
