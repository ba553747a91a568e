#include "daemon/web/event_schema.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace modelvane;
using OrderedJson = nlohmann::ordered_json;

TEST_CASE("the schema of events stands for itself: all that it refers to is in it, and no more") {
  const auto schema = OrderedJson::parse(event_schema(R"({"components": {"schemas": {
    "Event": {"type": "object", "properties": {"dataschema": {"const": "urn:data:1"},
                                               "by": {"$ref": "#/components/schemas/Name"},
                                               "data": {"$ref": "#/components/schemas/Data"}}},
    "Data": {"properties": {"pin": {"oneOf": [{"$ref": "#/components/schemas/Pin"}]},
                            "parts": {"items": {"$ref": "#/components/schemas/Data"}}}},
    "Name": {"type": "string"},
    "Pin": {"type": "string"},
    "Status": {"type": "object"}}}})"));
  CHECK(schema["$schema"] == "https://json-schema.org/draft/2020-12/schema");
  CHECK(schema["type"] == "object");
  CHECK(schema["properties"]["by"]["$ref"] == "#/$defs/Name");
  CHECK(schema["$defs"] == OrderedJson::parse(R"({"Name": {"type": "string"}})"));
  // Of its own name, so that what it refers to is its own, too.
  const auto& data = schema["properties"]["data"];
  CHECK(data["$id"] == "urn:data:1");
  CHECK(data["properties"]["pin"]["oneOf"][0]["$ref"] == "#/$defs/Pin");
  CHECK(data["properties"]["parts"]["items"]["$ref"] == "#/$defs/Data");
  CHECK(data["$defs"]["Pin"]["type"] == "string");
  CHECK(data["$defs"]["Data"]["properties"].contains("parts"));
  CHECK(data["$defs"].size() == 2);
}
