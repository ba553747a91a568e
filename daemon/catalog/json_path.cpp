#include "daemon/catalog/json_path.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/catalog/list_bounds.h"

namespace modelvane {
namespace {

using Json = nlohmann::json;  // whose values move: an ordered one copies, level by level
using Kind = JsonValue::Kind;
using Places = std::vector<const Json*>;

std::string unescaped(std::string_view token) {
  constexpr std::string_view kEscaped = "~/*[";
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool is_escape =
        token[i] == '~' && i + 1 < token.size() && token[i + 1] >= '0' && token[i + 1] <= '3';
    text += is_escape ? kEscaped[static_cast<std::size_t>(token[++i] - '0')] : token[i];
  }
  return text;
}

PathStep step_of(std::string_view token) {
  if (token == "*") return {.kind = PathStep::Kind::Every, .name = {}, .value = {}};
  const auto equals = token.find('=');
  if (token.starts_with('[') && token.ends_with(']') && equals != std::string_view::npos) {
    return {.kind = PathStep::Kind::Where,
            .name = unescaped(token.substr(1, equals - 1)),
            .value = unescaped(token.substr(equals + 1, token.size() - equals - 2))};
  }
  return {.kind = PathStep::Kind::Member, .name = unescaped(token), .value = {}};
}

// Texts without quotes, everything else as JSON.
std::string plain(const Json& value) {
  return value.is_string() ? value.get<std::string>()
                           : value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

const Json* member_of(const Json& place, const std::string& name) {
  if (place.is_object()) {
    const auto found = place.find(name);
    return found == place.end() ? nullptr : &*found;
  }
  std::size_t index = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, index);
  const bool is_index = place.is_array() && error == std::errc{} && stop == end;
  return is_index && index < place.size() ? &place[index] : nullptr;
}

bool fits(const Json& item, const PathStep& step) {
  if (!item.is_object()) return false;
  const auto found = item.find(step.name);
  return found != item.end() && plain(*found) == step.value;
}

// Stands where one of several places has nothing, so that sets fit together by position.
const Json& nothing() {
  static const Json kNothing;
  return kNothing;
}

Places follow(const Places& places, const PathStep& step, bool is_set) {
  Places next;
  for (const auto* place : places) {
    if (step.kind == PathStep::Kind::Member) {
      const auto* member = member_of(*place, step.name);
      if (member == nullptr && is_set) member = &nothing();
      if (member != nullptr) next.push_back(member);
      continue;
    }
    if (!place->is_structured()) continue;
    for (const auto& item : *place) {
      const bool is_every = step.kind == PathStep::Kind::Every;
      if (is_every || fits(item, step)) next.push_back(&item);
      if (!is_every && fits(item, step)) break;
    }
  }
  return next;
}

Kind kind_of(const Json& value) {
  if (value.is_null()) return Kind::Null;
  if (value.is_boolean()) return Kind::Boolean;
  if (value.is_number()) return Kind::Number;
  if (value.is_string()) return Kind::Text;
  return value.is_array() ? Kind::Array : Kind::Object;
}

void add_text(const Json& value, std::vector<std::string>& texts) {
  texts.push_back(value.is_string() || value.is_number() ? plain(value) : "");
}

// As text it would exhaust a stack.
bool nests_deeper(const Json& value, std::size_t levels) {
  return value.is_structured() && (levels == 0 || std::ranges::any_of(value, [&](const auto& item) {
                                     return nests_deeper(item, levels - 1);
                                   }));
}

JsonValue broken() {
  return {.kind = Kind::Broken, .text = {}, .raw = {}, .texts = {}};
}

JsonValue one(const Json& value, std::string& storage) {
  storage = value.dump(-1, ' ', false, Json::error_handler_t::replace);
  JsonValue result{.kind = kind_of(value), .text = {}, .raw = storage, .texts = {}};
  if (!value.is_structured() && !value.is_null()) result.text = plain(value);
  if (value.is_array()) {
    for (const auto& item : value) {
      if (item.is_string()) result.texts.push_back(item.get<std::string>());
    }
  }
  return result;
}

JsonValue set_of(const Places& places, std::string& storage) {
  JsonValue result{.kind = Kind::Array, .text = {}, .raw = {}, .texts = {}};
  std::vector<std::string> items;
  for (const auto* place : places) {
    if (place != &nothing())
      items.push_back(place->dump(-1, ' ', false, Json::error_handler_t::replace));
    if (!place->is_array()) {
      add_text(*place, result.texts);
      continue;
    }
    for (const auto& item : *place) add_text(item, result.texts);
  }
  std::ranges::sort(items);
  storage = "[";
  for (const auto& item : items) storage.append(storage.size() == 1 ? "" : ",").append(item);
  storage += "]";
  result.raw = storage;
  return result;
}

}  // namespace

std::vector<PathStep> steps_of(std::string_view pointer) {
  std::vector<PathStep> steps;
  while (!pointer.empty()) {
    pointer.remove_prefix(1);  // the slash
    const auto end = pointer.find('/');
    steps.push_back(step_of(pointer.substr(0, end)));
    pointer = end == std::string_view::npos ? std::string_view{} : pointer.substr(end);
  }
  return steps;
}

JsonValue pick(std::string_view json, std::span<const PathStep> steps, std::string& storage) {
  const auto document = Json::parse(json, nullptr, false);
  if (document.is_discarded()) return {};
  Places places{&document};
  bool is_set = false;
  for (const auto& step : steps) {
    places = follow(places, step, is_set);
    is_set = is_set || step.kind == PathStep::Kind::Every;
  }
  if (std::ranges::all_of(places, [](const Json* place) { return place == &nothing(); })) return {};
  const bool is_too_deep = std::ranges::any_of(
      places, [](const Json* place) { return nests_deeper(*place, kDepthMax); });
  if (is_too_deep) return broken();
  return is_set ? set_of(places, storage) : one(*places.front(), storage);
}

std::string_view name_of(JsonValue::Kind kind) {
  switch (kind) {
    case Kind::Missing: return "missing";
    case Kind::Null: return "null";
    case Kind::Boolean: return "boolean";
    case Kind::Number: return "number";
    case Kind::Text: return "string";
    case Kind::Array: return "array";
    case Kind::Object: return "object";
    case Kind::Broken: return "broken";
  }
  return "missing";
}

}  // namespace modelvane
