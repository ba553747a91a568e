#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <expected>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "daemon/commands/commands.h"
#include "daemon/config/config.h"
#include "daemon/core/read_catalog.h"
#include "daemon/core/watch.h"
#include "daemon/engine/clock.h"
#include "daemon/engine/endpoint_watch.h"
#include "daemon/engine/observe.h"
#include "daemon/transport/curl_transport.h"

namespace modelvane {
namespace {

using Json = nlohmann::ordered_json;

struct Probed {
  const EndpointConfig* endpoint = nullptr;
  int status = 0;
  std::size_t body_bytes = 0;
  Phases phases;
  Duration total{0};
  std::expected<Catalog, PollFailure> catalog = std::unexpected(PollFailure{});
};

bool is_url(const std::string& target) {
  return target.starts_with("http://") || target.starts_with("https://");
}

// A bare URL is read like the provider's own list.
EndpointConfig endpoint_of_url(const std::string& url) {
  EndpointConfig endpoint;
  endpoint.name = url.substr(0, url.find('?'));
  endpoint.url = url;
  endpoint.reading.rules = {AliasRule{Rule::Field, "/ref_model"}};
  return endpoint;
}

HttpResult fetch(const EndpointConfig& endpoint) {
  auto request = poll_request(endpoint);
  if (!request) return std::unexpected(HttpFailure{.reason = Reason::Auth, .sentence = std::move(request.error())});
  CurlTransport transport{CurlTransportOptions{}};
  transport.start(1, std::move(*request));
  std::vector<Completion> completed;
  while (completed.empty()) transport.wait(std::chrono::seconds{1}, completed);
  return std::move(completed.front().result);
}

Probed probe_one(const EndpointConfig& endpoint) {
  const HttpResult result = fetch(endpoint);
  Probed probed{.endpoint = &endpoint};
  probed.phases = result ? result->phases : result.error().phases;
  probed.total = result ? result->total : result.error().total;
  probed.status = result ? result->status : 0;
  probed.body_bytes = result ? result->body.size() : 0;
  const auto reply = successful_reply(result, SystemClock{}.wall());
  if (!reply) {
    probed.catalog = std::unexpected(reply.error());
    return probed;
  }
  auto catalog = read_catalog((*reply)->body, endpoint.reading);
  if (catalog) {
    probed.catalog = std::move(*catalog);
  } else {
    probed.catalog =
        std::unexpected(PollFailure{.reason = catalog.error().reason, .sentence = std::move(catalog.error().sentence)});
  }
  return probed;
}

std::optional<PinState> pin_of(const Probed& probed, const std::string& alias, const std::string& target) {
  return pin_state(Watched{.pins = probed.endpoint->pins}, alias, target);
}

// Pinned aliases of which the list says nothing are broken pins as well.
std::vector<std::string> broken_pins(const Probed& probed) {
  std::vector<std::string> broken;
  for (const auto& [alias, approved] : probed.endpoint->pins) {
    const AliasRow* row = probed.catalog ? probed.catalog->find_alias(alias) : nullptr;
    if (!row || !pin_of(probed, alias, row->target)->ok) broken.push_back(alias);
  }
  return broken;
}

bool is_fine(const Probed& probed) {
  return probed.catalog && broken_pins(probed).empty();
}

Json to_json(const Probed& probed) {
  const auto& phases = probed.phases;
  Json json{{"endpoint", probed.endpoint->name},
            {"ok", is_fine(probed)},
            {"status", probed.status},
            {"body_bytes", probed.body_bytes},
            {"seconds", to_seconds(probed.total)},
            {"phases",
             {{"resolve", to_seconds(phases.resolve)},
              {"connect", to_seconds(phases.connect)},
              {"tls", to_seconds(phases.tls)},
              {"processing", to_seconds(phases.processing)},
              {"transfer", to_seconds(phases.transfer)}}}};
  if (!probed.catalog) {
    json["reason"] = label(probed.catalog.error().reason);
    json["error"] = probed.catalog.error().sentence;
    return json;
  }
  json["models"] = probed.catalog->ids;
  json["aliases"] = Json::array();
  for (const auto& row : probed.catalog->aliases) {
    Json alias{{"alias", row.id}, {"target", row.target}, {"rule", label(row.rule)}, {"pin", nullptr}};
    if (const auto pin = pin_of(probed, row.id, row.target)) alias["pin"] = pin->ok ? "ok" : "broken";
    json["aliases"].push_back(std::move(alias));
  }
  json["broken_pins"] = broken_pins(probed);
  return json;
}

void print_table(const Probed& probed) {
  const auto millis = [](Duration span) { return to_seconds(span) * 1e3; };
  const auto& phases = probed.phases;
  fmt::print("{}  status {}  {:.1f} ms  (resolve {:.1f}, connect {:.1f}, tls {:.1f}, processing {:.1f}, transfer {:.1f})\n",
             probed.endpoint->name, probed.status == 0 ? "-" : std::to_string(probed.status), millis(probed.total),
             millis(phases.resolve), millis(phases.connect), millis(phases.tls), millis(phases.processing),
             millis(phases.transfer));
  if (!probed.catalog) {
    fmt::print("  FAILED  {}: {}\n", label(probed.catalog.error().reason), probed.catalog.error().sentence);
    return;
  }
  fmt::print("  {} models, {} bytes, {} aliases\n", probed.catalog->ids.size(), probed.body_bytes,
             probed.catalog->aliases.size());
  std::size_t width = 0;
  for (const auto& row : probed.catalog->aliases) width = std::max(width, row.id.size());
  for (const auto& row : probed.catalog->aliases) {
    const auto pin = pin_of(probed, row.id, row.target);
    fmt::print("  {:<{}}  ->  {}  ({}){}\n", row.id, width, row.target, label(row.rule),
               !pin      ? ""
               : pin->ok ? "  pin ok"
                         : "  PIN BROKEN");
  }
  for (const auto& alias : broken_pins(probed)) {
    if (!probed.catalog->find_alias(alias)) fmt::print("  {}  PIN BROKEN: the list does not say what it points to\n", alias);
  }
}

// Endpoints to probe: those named, or all. The error is a sentence.
std::expected<std::vector<EndpointConfig>, std::string> select(const ProbeOptions& options) {
  std::vector<EndpointConfig> selected;
  std::vector<std::string> names;
  for (const auto& target : options.targets) {
    if (is_url(target)) {
      selected.push_back(endpoint_of_url(target));
    } else {
      names.push_back(target);
    }
  }
  if (!options.targets.empty() && names.empty()) return selected;
  auto config = load_config(options.config_file);
  if (!config) {
    std::string errors;
    for (const auto& error : config.error()) errors += (errors.empty() ? "" : "\n") + to_text(error);
    return std::unexpected(std::move(errors));
  }
  if (names.empty()) return std::move(config->endpoints);
  for (const auto& name : names) {
    const auto found =
        std::find_if(config->endpoints.begin(), config->endpoints.end(), [&](const auto& e) { return e.name == name; });
    if (found == config->endpoints.end()) {
      return std::unexpected(
          fmt::format("modelvane: {} has no endpoint \"{}\"; give one of its names or a URL", options.config_file, name));
    }
    selected.push_back(*found);
  }
  return selected;
}

}  // namespace

int probe(const ProbeOptions& options) {
  if (options.output != "table" && options.output != "json") {
    fmt::print(stderr, "modelvane: --output is table or json\n");
    return 2;
  }
  const auto endpoints = select(options);
  if (!endpoints) {
    fmt::print(stderr, "{}\n", endpoints.error());
    return 2;
  }
  bool all_fine = true;
  Json json = Json::array();
  for (const auto& endpoint : *endpoints) {
    const Probed probed = probe_one(endpoint);
    all_fine = all_fine && is_fine(probed);
    if (options.output == "json") {
      json.push_back(to_json(probed));
    } else {
      print_table(probed);
    }
  }
  if (options.output == "json") fmt::print("{}\n", json.dump(2, ' ', false, Json::error_handler_t::replace));
  return all_fine ? 0 : 1;
}

}  // namespace modelvane
