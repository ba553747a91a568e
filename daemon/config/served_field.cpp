#include "daemon/config/served_field.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/access_field.h"
#include "daemon/config/syntax.h"

namespace modelvane {
namespace {

using namespace std::chrono_literals;

constexpr Duration kServedInterval = 1min;
// A Prometheus is one's own, but evaluates a query anew each time.
constexpr Range<Duration> kServedIntervalRange{1s, 7 * 24h};
constexpr Range<double> kLeastRange{1, 1e9};
// More than half could hold for one target only, less than a thousandth for hundreds of strays.
constexpr Range<double> kShareRange{0.001, 0.5};
constexpr std::size_t kQueryBytesMax = 4'096;

struct KnownSource {
  std::string_view name;
  std::string_view metric;
  std::string_view alias;
  std::string_view target;
};

// Whose metrics name both models: the OpenTelemetry conventions for generative AI (clients, and
// servers or gateways), Envoy AI Gateway, whose request model is that after its own overrides, and
// LiteLLM, whose target is the deployment that it chose.
constexpr std::array kSources{
    KnownSource{"opentelemetry", "gen_ai_client_operation_duration_seconds_count",
                "gen_ai_request_model", "gen_ai_response_model"},
    KnownSource{"opentelemetry_server", "gen_ai_server_request_duration_seconds_count",
                "gen_ai_request_model", "gen_ai_response_model"},
    KnownSource{"envoy_ai_gateway", "gen_ai_server_request_duration_seconds_count",
                "gen_ai_original_model", "gen_ai_response_model"},
    KnownSource{"litellm", "litellm_deployment_success_responses_total", "requested_model",
                "litellm_model_name"},
};

std::string query_of(const KnownSource& source) {
  return std::string{"sum by ("}
      .append(source.alias)
      .append(", ")
      .append(source.target)
      .append(") (increase(")
      .append(source.metric)
      .append("[5m]))");
}

const std::vector<std::string_view>& served_keys() {
  static const std::vector<std::string_view> kKeys = [] {
    std::vector<std::string_view> all{"url",    "source", "query", "alias",
                                      "target", "least",  "share", "interval"};
    const auto access = access_keys();
    all.insert(all.end(), access.begin(), access.end());
    return all;
  }();
  return kKeys;
}

void read_source(const Field& field, ServedSource& source) {
  std::array<std::string_view, kSources.size()> names;
  std::ranges::transform(kSources, names.begin(), &KnownSource::name);
  const auto name = field.choice(names);
  if (!name) return;
  const auto& known = *std::ranges::find(kSources, std::string_view{*name}, &KnownSource::name);
  source.query = query_of(known);
  source.alias = known.alias;
  source.target = known.target;
}

void read_query(const Fields& fields, ServedSource& source) {
  if (const auto* query = fields.find("query")) {
    source.query = query->text("a query in PromQL").value_or("");
    if (source.query.size() > kQueryBytesMax) query->fail("must be at most 4096 bytes long");
  }
  for (const auto& [key, name] : {std::pair{"alias", &source.alias}, {"target", &source.target}}) {
    if (const auto* label = fields.find(key))
      *name = label->text("the name of a label").value_or("");
  }
}

}  // namespace

void read_served_rule(const Field& field, AliasRule& rule, Access& access) {
  const auto fields = field.fields(served_keys());
  if (!fields) return;
  if (const auto* url = fields->need("url",
                                     "write the base URL of a Prometheus API, such as "
                                     "http://prometheus:9090")) {
    rule.url = url->text("a URL").value_or("");
    const auto problem = rule.url.empty() ? std::nullopt : url_problem(rule.url);
    if (problem) url->fail(*problem);
  }
  auto& source = rule.served;
  const auto* known = fields->find("source");
  if (known != nullptr) read_source(*known, source);
  read_query(*fields, source);
  if (known == nullptr) {
    fields->need("query",
                 "write one that sums counts by both labels, or source: opentelemetry, "
                 "opentelemetry_server, envoy_ai_gateway or litellm");
    fields->need("alias", "name the label of the model that was asked for");
    fields->need("target", "name the label of the model that answered");
  }
  if (const auto* least = fields->find("least"))
    source.least = least->number(kLeastRange).value_or(source.least);
  if (const auto* share = fields->find("share"))
    source.share = share->number(kShareRange).value_or(source.share);
  rule.interval = kServedInterval;
  if (const auto* interval = fields->find("interval"))
    rule.interval = interval->duration(kServedIntervalRange).value_or(kServedInterval);
  access = read_access(*fields, {}, QueryKeys::None);
}

}  // namespace modelvane
