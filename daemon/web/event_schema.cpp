#include "daemon/web/event_schema.h"

#include <nlohmann/json.hpp>

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kThere = "#/components/schemas/";
constexpr std::string_view kHere = "#/$defs/";

// Each schema that is referred to goes into `definitions`, under the name that it has there.
void take_over(Json& node, const Json& schemas, Json& definitions) {
  for (auto& [key, value] : node.items()) {
    if (value.is_structured()) take_over(value, schemas, definitions);
    if (key != "$ref" || !value.is_string()) continue;
    const auto& target = value.get_ref<const std::string&>();
    if (!target.starts_with(kThere)) continue;
    const auto name = target.substr(kThere.size());
    value = std::string{kHere} + name;
    if (definitions.contains(name)) continue;
    auto definition = schemas.at(name);
    definitions[name] = nullptr;  // it may refer to itself
    take_over(definition, schemas, definitions);
    definitions[name] = std::move(definition);
  }
}

// With all that it refers to.
Json self_contained(Json schema, const Json& schemas) {
  auto definitions = Json::object();
  take_over(schema, schemas, definitions);
  if (!definitions.empty()) schema["$defs"] = std::move(definitions);
  return schema;
}

}  // namespace

std::string event_schema(std::string_view openapi) {
  const auto document = Json::parse(openapi);
  const auto& schemas = document.at("components").at("schemas");
  auto event = schemas.at("Event");
  auto& properties = event.at("properties");
  const auto reference = properties.at("data").at("$ref").get<std::string>();
  Json data{{"$id", properties.at("dataschema").at("const")}};
  data.update(self_contained(schemas.at(reference.substr(kThere.size())), schemas));
  properties["data"] = std::move(data);
  Json schema{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
              {"title", "modelvane event"}};
  schema.update(self_contained(std::move(event), schemas));
  return schema.dump(2);
}

}  // namespace modelvane
