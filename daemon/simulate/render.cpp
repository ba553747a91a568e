#include <nlohmann/json.hpp>

#include "daemon/simulate/script.h"

namespace modelvane::simulated {

namespace {

using OrderedJson = nlohmann::ordered_json;  // keeps the key order that the real API shows

// One value for every row, as at InternLM: `created` says nothing about a model there, and must not
// be read as a change.
constexpr std::int64_t kCreated = 1722424576;

OrderedJson row(const std::string& id, const std::string& target) {
  OrderedJson json{{"id", id}, {"object", "model"}};
  if (!target.empty()) json["ref_model"] = target;
  json["created"] = kCreated;
  json["owned_by"] = "SH-AILab";
  return json;
}

OrderedJson all_rows(const Answer& answer) {
  OrderedJson rows = OrderedJson::array();
  for (const auto& [alias, target] : answer.aliases) {
    if (target) rows.push_back(row(alias, *target));
  }
  for (const std::string& model : answer.models) rows.push_back(row(model, ""));
  return rows;
}

OrderedJson shaped(OrderedJson rows, ListKind kind) {
  switch (kind) {
    case ListKind::Empty: return OrderedJson::array();
    case ListKind::Short: {
      OrderedJson first = OrderedJson::array();
      const std::size_t kept = (rows.size() + 2) / 3;
      for (std::size_t i = 0; i < kept; ++i) first.push_back(rows[i]);
      return first;
    }
    case ListKind::Duplicate: {
      OrderedJson twice = OrderedJson::array();
      for (const OrderedJson& one : rows) {
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
  const OrderedJson error{
      {"error", {{"message", "simulated trouble"}, {"type", "simulated"}, {"code", status}}}};
  return error.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace

Body render(const Answer& answer) {
  if (answer.status < 200 || answer.status > 299)
    return {"application/json", error_text(answer.status)};
  if (answer.list == ListKind::Html) {
    return {"text/html; charset=utf-8",
            "<!doctype html><title>Sign in</title><p>Please sign in to continue.</p>\n"};
  }
  const OrderedJson list{{"object", "list"}, {"data", shaped(all_rows(answer), answer.list)}};
  return {"application/json", list.dump(-1, ' ', false, OrderedJson::error_handler_t::replace)};
}

}  // namespace modelvane::simulated
