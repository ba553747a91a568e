#include "daemon/web/event_schema.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace modelvane;
using Json = nlohmann::ordered_json;

TEST_CASE("the schema of events stands for itself: all that it refers to is in it, and no more") {
  const auto schema = Json::parse(event_schema(R"({"components": {"schemas": {
    "Event": {"type": "object", "properties": {"data": {"$ref": "#/components/schemas/Data"}}},
    "Data": {"properties": {"pin": {"oneOf": [{"$ref": "#/components/schemas/Pin"}, {"type": "null"}]},
                            "parts": {"items": {"$ref": "#/components/schemas/Data"}}}},
    "Pin": {"type": "string"},
    "Status": {"type": "object"}}}})"));
  CHECK(schema["type"] == "object");
  CHECK(schema["properties"]["data"]["$ref"] == "#/$defs/Data");
  CHECK(schema["$defs"]["Data"]["properties"]["pin"]["oneOf"][0]["$ref"] == "#/$defs/Pin");
  CHECK(schema["$defs"]["Data"]["properties"]["parts"]["items"]["$ref"] == "#/$defs/Data");
  CHECK(schema["$defs"]["Pin"]["type"] == "string");
  CHECK(schema["$defs"].size() == 2);
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
}
