#include "daemon/config/discovery_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/config/access_field.h"
#include "daemon/config/discovery.h"
#include "daemon/config/endpoint_field.h"
#include "daemon/config/include.h"
#include "daemon/config/syntax.h"

namespace modelvane {
namespace {

// Each source is a request of its own, and four series.
constexpr std::size_t kSourcesMax = 64;
// Faster than this no list changes; once a day it should at least be looked at.
constexpr Range<Duration> kRefresh{std::chrono::seconds{1}, std::chrono::hours{24}};
constexpr Range<Duration> kReadTimeoutRange{std::chrono::milliseconds{100},
                                            std::chrono::minutes{10}};
constexpr std::string_view kFilesExample = "[targets/*.json]";

std::span<const std::string_view> source_keys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> all{"name", "files", "url", "refresh", "timeout", "endpoint"};
    all.insert(all.end(), access_keys().begin(), access_keys().end());
    return all;
  }();
  return keys;
}

// Without one a target is a list whose rows name what they point to.
YamlNodePtr usual_template() {
  static const auto node = parse_yaml("aliases: [{field: /ref_model}]").value();
  return node;
}

std::shared_ptr<const EndpointTemplate> read_template(const Fields& fields,
                                                      const EndpointConfig& defaults) {
  const auto* field = fields.find("endpoint");
  const auto& place = field != nullptr ? *field : fields.whole();
  EndpointTemplate endpoint{.node = usual_template(),
                            .at = place.at(),
                            .path = place.path(),
                            .file = place.findings().file(),
                            .defaults = defaults};
  if (field != nullptr) {
    endpoint.node = std::make_shared<const YamlNode>(field->node());
    if (!field->is_map()) {
      field->fail("must be a map with an endpoint's keys, such as {provider: vllm}");
      return nullptr;
    }
    const auto surroundings =
        field->findings().checks_surroundings() ? Surroundings::Checked : Surroundings::Ignored;
    for (const auto& problem : problems_of(endpoint, surroundings))
      field->findings().add({problem.line, problem.column}, "", problem.sentence);
  }
  return std::make_shared<const EndpointTemplate>(std::move(endpoint));
}

void read_place(const Fields& fields, DiscoverySource& source) {
  const auto* files = fields.find("files");
  const auto* url = fields.find("url");
  source.access = read_access(fields, {});
  if ((files == nullptr) == (url == nullptr))
    return fields.whole().fail(
        fmt::format("give either files: {} or the url of a list of targets", kFilesExample));
  if (files != nullptr) {
    source.files = read_globs_of_files(*files, kFilesExample);
    if (files->is_list() && files->node().items.empty()) files->fail("names no file");
    for (const auto key : source_keys()) {
      if (key == "name" || key == "files" || key == "endpoint") continue;
      if (const auto* other = fields.find(key))
        other->fail("is for a url; files are read again when they change");
    }
    return;
  }
  source.url = url->text("the URL of a list of targets").value_or("");
  if (source.url.empty()) return;
  if (const auto problem = url_problem(source.url)) url->fail(*problem);
  if (const auto* refresh = fields.find("refresh"))
    source.refresh = refresh->duration(kRefresh).value_or(source.refresh);
  if (const auto* timeout = fields.find("timeout"))
    source.timeout = timeout->duration(kReadTimeoutRange).value_or(source.timeout);
}

}  // namespace

std::vector<DiscoverySource> read_discovery(const Field& field, const EndpointConfig& defaults) {
  std::vector<DiscoverySource> sources;
  const auto items = field.list("sources, such as {files: [targets/*.json]}");
  if (!items) return sources;
  if (items->size() > kSourcesMax) {
    field.fail(fmt::format("must have at most {} entries, not {}", kSourcesMax, items->size()));
    return sources;
  }
  Names names;
  for (const auto& item : *items) {
    DiscoverySource source{.name = std::to_string(sources.size() + 1)};
    const auto fields = item.fields(source_keys());
    if (!fields) continue;
    if (const auto* name = fields->find("name")) {
      source.name = name->text("a name").value_or("");
      if (!source.name.empty()) names.claim(*name, source.name, item.path());
    } else {
      names.claim(item, source.name, item.path());
    }
    read_place(*fields, source);
    source.endpoint = read_template(*fields, defaults);
    sources.push_back(std::move(source));
  }
  return sources;
}

}  // namespace modelvane
