#include "daemon/config/endpoint_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ranges>

#include "daemon/config/access_field.h"
#include "daemon/config/alias_rule_field.h"
#include "daemon/config/international_name.h"
#include "daemon/config/polling_field.h"
#include "daemon/config/providers.h"
#include "daemon/config/reading_field.h"
#include "daemon/config/secret_field.h"
#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

// Each label stands on every series of the endpoint.
constexpr std::size_t kLabelsMax = 32;
constexpr std::size_t kLabelBytesMax = 256;
constexpr std::size_t kPinsMax = 1000;
constexpr std::size_t kPinTargetsMax = 64;
// Longer than every model id in the wild by a factor of four.
constexpr std::size_t kModelIdBytesMax = 512;

constexpr std::string_view kAliasesExample =
    "write aliases: [{field: /ref_model}], or [] to watch ids and availability only";

// Labels that modelvane's own series carry.
constexpr std::array kOwnLabels{
    std::string_view{"endpoint"}, std::string_view{"alias"},       std::string_view{"target"},
    std::string_view{"rule"},     std::string_view{"reason"},      std::string_view{"phase"},
    std::string_view{"type"},     std::string_view{"le"},          std::string_view{"state"},
    std::string_view{"model"},    std::string_view{"replacement"}, std::string_view{"group"},
};

std::span<const std::string_view> endpoint_keys() {
  static const std::vector<std::string_view> keys = [] {
    std::vector<std::string_view> all{"name",   "provider", "url", "echo",   "pins",
                                      "labels", "paused",   "was", "compare"};
    all.insert(all.end(), reading_keys().begin(), reading_keys().end());
    all.insert(all.end(), polling_keys().begin(), polling_keys().end());
    all.insert(all.end(), access_keys().begin(), access_keys().end());
    return all;
  }();
  return keys;
}

// Labels that Prometheus puts on every series itself.
constexpr std::array kScrapeLabels{std::string_view{"job"}, std::string_view{"instance"}};

// The preset, or nullptr with an error.
const ProviderPreset* read_provider(const Field& field, std::string& name) {
  const auto text = field.text("the name of a provider such as internlm");
  if (!text) return nullptr;
  name = *text;
  if (const auto* preset = find_provider(*text)) return preset;
  const auto hint = did_you_mean(*text, provider_names());
  field.fail(fmt::format(
      "unknown provider {}{}", in_quotes(*text),
      hint.empty()
          ? "; `modelvane providers` lists those it knows; for another one leave provider out and "
            "describe it with url, list and aliases"
          : hint));
  return nullptr;
}

// The name, or the provider's when none is given.
void read_name(const Field& whole, const Fields& fields, EndpointConfig& endpoint, Names& names) {
  if (const auto* field = fields.find("name")) {
    endpoint.name = field->text("a name").value_or("");
    if (!endpoint.name.empty()) return names.claim(*field, endpoint.name, whole.path());
  } else if (const auto* provider = fields.find("provider")) {
    endpoint.name = endpoint.provider;
    if (find_provider(endpoint.name) != nullptr)
      return names.claim(*provider, endpoint.name, whole.path());
  } else {
    fields.need("name", "give each endpoint a name of its own");
  }
  names.miss();
}

void read_url(const Fields& fields, const ProviderPreset* preset, EndpointConfig& endpoint) {
  const bool has_example = preset != nullptr && !preset->example.empty();
  const auto what =
      fmt::format("the full URL of the models list, such as {}",
                  has_example ? preset->example : "https://llm.example.com/v1/models");
  const auto* field =
      endpoint.url.empty() ? fields.need("url", fmt::format("write {}", what)) : fields.find("url");
  if (field == nullptr) return;
  auto text = field->text(what);
  if (!text) return;
  if (auto ascii = with_ascii_host(*text)) {
    text = std::move(*ascii);
  } else {
    return field->fail(ascii.error());
  }
  if (const auto problem = url_problem(*text, UrlKind::Poll)) field->fail(*problem);
  endpoint.url = std::move(*text);
}

bool has_header(const Access& access, std::string_view name) {
  return std::ranges::any_of(access.http_headers, [&](const auto& header) {
    return equals_ignoring_case(header.first, name);
  });
}

// The variable of a preset's key that is set; where none is, the one that its documents name.
std::string variable_of(const ProviderKey& key) {
  const auto is_set = [](const std::string& name) { return std::getenv(name.c_str()) != nullptr; };
  if (is_set(key.variable)) return key.variable;
  const auto other = std::ranges::find_if(key.others, is_set);
  return other == key.others.end() ? key.variable : *other;
}

// A preset's key, for an endpoint that says nothing about authentication.
void add_key(const Field& provider, const Fields& fields, const ProviderKey& key, Access& access) {
  // Also one with an error: that is what has to be told.
  for (const auto* own : {"authorization", "basic_auth", "sigv4", "oauth2"}) {
    if (fields.find(own) != nullptr) return;
  }
  const bool in_own_header = !key.header.empty();
  if (in_own_header ? has_header(access, key.header) : fields.find("http_headers") != nullptr)
    return;
  const SecretRef secret{SecretRef::From::Env, variable_of(key)};
  if (key.is_optional && std::getenv(secret.where.c_str()) == nullptr) return;
  check_secret(provider, secret, credentials_problem, "credentials",
               "export it, or write authorization: {credentials_file: ...}");
  if (in_own_header) {
    access.http_headers.emplace_back(key.header, secret);
  } else {
    access.authorization = Authorization{.type = key.type, .credentials = secret};
  }
}

// What the preset sends besides; headers of the endpoint's own count instead.
void add_headers(const ProviderPreset& preset, Access& access) {
  for (const auto& header : preset.headers) {
    if (!has_header(access, header.first)) access.http_headers.push_back(header);
  }
}

// `echo: true`, or a map with another interval or budget: the preset's question that costs money.
void read_echo(const Field& field, const ProviderPreset* preset, const std::string& url,
               Reading& reading) {
  static constexpr std::array kKeys{std::string_view{"interval"}, std::string_view{"daily_budget"}};
  const auto fields = field.is_map() ? field.fields(kKeys) : std::nullopt;
  const bool is_wanted = field.is_map() ? fields.has_value() : field.boolean().value_or(false);
  if (!is_wanted) return;
  if (preset == nullptr)
    return field.fail(
        "needs a provider that has such a question; write a rule: aliases: [{echo: ...}]");
  if (!preset->has_question)
    return field.fail("this provider's answers name no target: there is nothing to ask; remove it");
  AliasRule rule = question_of(*preset, url);
  if (fields) read_echo_limits(*fields, rule);
  reading.rules.push_back(std::move(rule));
}

std::vector<std::string> read_pin(const Field& field) {
  const auto items = field.list("approved targets");
  if (!items) return {};
  if (items->empty() || items->size() > kPinTargetsMax) {
    field.fail(
        fmt::format("must name 1 to {} approved targets, not {}", kPinTargetsMax, items->size()));
    return {};
  }
  std::vector<std::string> targets;
  for (const auto& item : *items) {
    auto target = item.text("a model id");
    if (!target) continue;
    if (target->size() > kModelIdBytesMax)
      item.fail(fmt::format("must be at most {} bytes long", kModelIdBytesMax));
    if (std::ranges::find(targets, *target) != targets.end())
      item.fail(fmt::format("{} is listed twice", in_quotes(*target)));
    targets.push_back(std::move(*target));
  }
  return targets;
}

void read_pins(const Field& field, std::map<std::string, std::vector<std::string>>& pins) {
  const auto may_show = [](std::string_view) { return true; };
  const auto entries = field.entries(
      "a map of alias to approved targets, such as {internlm3-latest: [internlm3-8b-instruct]}",
      may_show);
  if (!entries) return;
  if (entries->size() > kPinsMax)
    field.fail(fmt::format("must have at most {} entries, not {}", kPinsMax, entries->size()));
  for (const auto& [alias, targets] : *entries) {
    if (alias.empty() || alias.size() > kModelIdBytesMax) {
      targets.fail(fmt::format("an alias must be 1 to {} bytes long", kModelIdBytesMax));
    }
    pins[alias] = read_pin(targets);
  }
}

void read_label(const std::string& name, const Field& value,
                std::map<std::string, std::string>& labels) {
  if (!is_label_name(name)) {
    value.fail("a label name must be letters, digits and _, and not start with a digit");
  } else if (name.starts_with("__")) {
    value.fail("label names that start with __ are reserved by Prometheus");
  } else if (std::ranges::find(kOwnLabels, name) != kOwnLabels.end()) {
    value.fail(
        fmt::format("modelvane's own metrics have the label \"{}\"; choose another name", name));
  } else if (std::ranges::find(kScrapeLabels, name) != kScrapeLabels.end()) {
    value.fail(fmt::format(
        "Prometheus sets the label \"{}\" itself, and would call this one exported_{}; choose "
        "another name",
        name, name));
  }
  auto text = value.text("text");
  if (!text) return;
  if (text->size() > kLabelBytesMax)
    value.fail(fmt::format("must be at most {} bytes long", kLabelBytesMax));
  labels[name] = std::move(*text);
}

void read_labels(const Field& field, std::map<std::string, std::string>& labels) {
  const auto entries =
      field.entries("a map of label names to values, such as {team: search}", is_showable_key);
  if (!entries) return;
  if (entries->size() > kLabelsMax)
    field.fail(fmt::format("must have at most {} labels, not {}", kLabelsMax, entries->size()));
  for (const auto& [name, value] : *entries) read_label(name, value, labels);
}

}  // namespace

void Names::claim(const Field& field, const std::string& name, const std::string& owner_path) {
  if (!is_name(name)) {
    field.fail(
        fmt::format("a name must be 1 to 63 letters, digits, \".\", \"_\" and \"-\", starting with "
                    "a letter or digit, not {}",
                    in_quotes(name)));
    return miss();
  }
  const auto [owner, is_new] =
      owners_.try_emplace(name, Owner{owner_path, field.findings().file(), field.at().line});
  if (is_new) return;
  const auto& [path, file, line] = owner->second;
  field.fail(fmt::format("the name \"{}\" is taken by {} ({}line {}); give each its own name", name,
                         path, file == field.findings().file() ? "" : file + ", ", line));
}

std::vector<std::string_view> Names::all() const {
  std::vector<std::string_view> names;
  for (const auto& [name, owner] : owners_) names.emplace_back(name);
  return names;
}

EndpointConfig read_defaults(const Field& field) {
  EndpointConfig defaults;
  if (const auto fields = field.fields(polling_keys())) read_polling(*fields, defaults);
  return defaults;
}

EndpointConfig read_endpoint(const Field& field, const EndpointConfig& defaults, Names& names) {
  EndpointConfig endpoint = defaults;
  const auto fields = field.fields(endpoint_keys());
  if (!fields) {
    names.miss();
    return endpoint;
  }
  const auto* provider = fields->find("provider");
  const auto* preset = provider != nullptr ? read_provider(*provider, endpoint.provider) : nullptr;
  if (preset != nullptr) endpoint.url = preset->url;
  if (const auto* paused = fields->find("paused"))
    endpoint.is_paused = paused->boolean().value_or(false);
  read_name(field, *fields, endpoint, names);
  if (const auto* was = fields->find("was")) {
    endpoint.was = was->text("the name that it had before").value_or("");
    if (!endpoint.was.empty() && (!is_name(endpoint.was) || endpoint.was == endpoint.name))
      was->fail("must be the name that it had before");
  }
  if (provider == nullptr || preset != nullptr) read_url(*fields, preset, endpoint);
  Reading reading = preset != nullptr ? reading_of(*preset, endpoint.url) : Reading{};
  Access served_access;
  Access endings_access;
  read_reading(*fields, endpoint.url, reading, &served_access, &endings_access);
  if (provider == nullptr) fields->need("aliases", kAliasesExample);
  if (const auto* echo = fields->find("echo")) read_echo(*echo, preset, endpoint.url, reading);
  Access access = read_access(*fields, {});
  if (preset != nullptr) {
    if (preset->key) add_key(*provider, *fields, *preset->key, access);
    add_headers(*preset, access);
  }
  endpoint.reading = std::move(reading);
  endpoint.access = std::move(access);
  endpoint.served_access = std::move(served_access);
  endpoint.endings_access = std::move(endings_access);
  read_polling(*fields, endpoint);
  fit_to_interval(endpoint);
  if (const auto* pins = fields->find("pins")) read_pins(*pins, endpoint.pins);
  if (const auto* labels = fields->find("labels")) read_labels(*labels, endpoint.labels);
  if (const auto* compare = fields->find("compare"))
    endpoint.compare = compare->text("the name of a group").value_or("");
  return endpoint;
}

void append(Endpoints& endpoints, EndpointConfig endpoint) {
  constexpr std::size_t kLooked = 8;  // kinds of endpoints that may alternate in a list
  constexpr std::array kAccesses{&EndpointConfig::access, &EndpointConfig::served_access,
                                 &EndpointConfig::endings_access};
  const auto share = [](auto& part, const auto& other) {
    if (part == other) part = other;
  };
  for (const auto access : kAccesses) share(endpoint.*access, Shared<Access>{});
  for (const EndpointConfig& other : endpoints | std::views::reverse | std::views::take(kLooked)) {
    share(endpoint.reading, other.reading);
    for (const auto access : kAccesses) share(endpoint.*access, other.*access);
  }
  endpoints.emplace_back(std::move(endpoint));
}

}  // namespace modelvane
