#include "daemon/catalog/row_text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "daemon/catalog/list_bounds.h"
#include "daemon/catalog/list_scan.h"
#include "daemon/catalog/model_id.h"

namespace modelvane {
namespace {

using OrderedJson = nlohmann::ordered_json;

// Nothing of the row is built: it may be as large as a body.
struct MemberNames {
  static constexpr std::size_t kBytesMax = 200;
  std::string names;
  std::size_t depth = 0;

  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(std::int64_t) { return true; }
  bool number_unsigned(std::uint64_t) { return true; }
  bool number_float(double, const std::string&) { return true; }
  bool string(std::string&) { return true; }
  bool binary(OrderedJson::binary_t&) { return true; }
  bool start_object(std::size_t) { return ++depth > 0; }
  bool end_object() { return depth-- > 0; }
  bool start_array(std::size_t) { return depth++ > 0; }  // a row that is one has no members
  bool end_array() { return depth-- > 0; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) {
    return false;
  }
  // A sentence holds no control characters, and only so much.
  bool key(std::string& name) {
    if (depth != 1 || !model_id(name)) return true;
    const bool fits = names.size() + name.size() <= kBytesMax;
    names.append(names.empty() ? "" : ", ").append(fits ? name : "...");
    return fits;
  }
};

}  // namespace

std::uint64_t checksum(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const unsigned char c : text) hash = (hash ^ c) * 0x100000001b3;
  return hash;
}

std::string hint_of(const JsonValue& value) {
  auto text = compact(value.raw);
  if (text.size() <= kHintBytesMax && depth_of(text) <= kDepthMax) return text;
  return fmt::format(R"("{} bytes, checksum {:016x}")", text.size(), checksum(text));
}

std::string evidence_of(std::string_view row, const std::string& id, const std::string& target) {
  auto text = compact(row);
  if (text.size() <= kEvidenceBytesMax && depth_of(text) <= kDepthMax) return text;
  return OrderedJson{{"id", id}, {"target", target}, {"row_bytes", text.size()}}.dump(
      -1, ' ', false, OrderedJson::error_handler_t::replace);
}

std::string members_of(std::string_view row) {
  MemberNames reader;
  OrderedJson::sax_parse(row, &reader);
  return reader.names.empty() ? "no members" : reader.names;
}

}  // namespace modelvane
