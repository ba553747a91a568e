// The configuration as values: what a loaded file means, with every default filled in
// (docs/CONFIGURATION.md).
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "daemon/catalog/reading.h"
#include "daemon/config/config_error.h"
#include "daemon/config/file_stamp.h"
#include "daemon/config/maintenance.h"
#include "daemon/config/secret.h"
#include "daemon/detect/policy.h"
#include "daemon/events/webhook_format.h"
#include "daemon/text/histogram.h"
#include "daemon/text/shared.h"
#include "daemon/text/time.h"
#include "daemon/text/time_zone.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// What one process states to hold on two cores, and what a cluster does (README, limits). They
// count what is configured, from whichever file or list it comes.
inline constexpr std::size_t kEndpointsMax = 10'000;
inline constexpr std::size_t kClusterEndpointsMax = 100'000;

struct Authorization {
  std::string type = "Bearer";
  SecretRef credentials;
  friend bool operator==(const Authorization&, const Authorization&) = default;
};

struct BasicAuth {
  std::string username;
  SecretRef password;
  friend bool operator==(const BasicAuth&, const BasicAuth&) = default;
};

// AWS Signature Version 4, for Bedrock and its kin.
struct SigV4 {
  std::string region;
  std::string service;
  SecretRef access_key;
  SecretRef secret_key;
  SecretRef session_token;  // of temporary credentials
  friend bool operator==(const SigV4&, const SigV4&) = default;
};

// OAuth 2.0 client credentials.
struct OAuth2 {
  std::string client_id;
  SecretRef client_secret;
  std::string token_url;
  std::vector<std::string> scopes;
  friend bool operator==(const OAuth2&, const OAuth2&) = default;
};

// How to reach one URL: the same keys on endpoints and webhooks.
struct Access {
  std::optional<Authorization> authorization;
  std::optional<BasicAuth> basic_auth;
  std::optional<SigV4> sigv4;
  std::optional<OAuth2> oauth2;
  std::vector<std::pair<std::string, SecretRef>> http_headers;
  std::vector<std::pair<std::string, SecretRef>> query;  // set on the URL of every request
  TlsOptions tls;
  ProxyOptions proxy;
  bool follow_redirects = false;  // reserved: only false is accepted
  friend bool operator==(const Access&, const Access&) = default;
};

struct EndpointConfig {
  std::string name;
  std::string provider;    // "" = custom
  std::string url;         // no userinfo; query allowed, but never shown
  std::string was;         // its name before; its past counts
  bool is_paused = false;  // not polled
  Shared<Access> access;
  Shared<Access> served_access;   // of the source of a served rule
  Shared<Access> endings_access;  // of the second list of models' ends
  Shared<Reading> reading;
  Duration interval = std::chrono::seconds{60};
  Duration timeout = std::chrono::seconds{10};
  Duration recheck = std::chrono::seconds{5};
  Duration reread = std::chrono::hours{1};  // a list is read whole at least this often
  bool reuse_connection = false;
  Duration connection_age_max = kConnectionAgeMax;  // of a connection that is kept
  std::size_t body_limit = 16 * 1024 * 1024;
  HistogramBounds duration_buckets = kDurationBounds;  // seconds, ascending
  Policy policy;
  std::map<std::string, std::vector<std::string>> pins;
  std::map<std::string, std::string> labels;
  std::string compare;  // the group of endpoints that should say the same; "" = none
  friend bool operator==(const EndpointConfig&, const EndpointConfig&) = default;
};

// Parsed, watched and shown they are the same values.
using Endpoints = std::vector<Shared<EndpointConfig>>;

// format: template. The user's own request. A JSON body stands here as pieces: `json`, then the
// placeholder's value.
struct BodyTemplate {
  struct Piece {
    std::string json;
    std::string placeholder;      // "event.data.to"; "" = none follows
    bool is_within_text = false;  // inside a JSON string, else a value of its own
    friend bool operator==(const Piece&, const Piece&) = default;
  };
  // What an answer must be to mean that the event was taken.
  struct Success {
    std::vector<int> statuses;  // none: 200 to 299
    std::string pointer;        // into the answer's JSON; "" = the status alone decides
    std::string equals;         // what stands there: a text without quotes, else as JSON writes it
    bool equals_text = false;
    bool is_set() const { return !statuses.empty() || !pointer.empty(); }
    friend bool operator==(const Success&, const Success&) = default;
  };
  std::vector<Piece> pieces;  // none: no JSON
  // In its place: names and texts with placeholders, sent as a form.
  std::vector<std::pair<std::string, std::string>> form;
  std::string content_type = "application/json";
  std::string method = "POST";
  std::vector<std::pair<std::string, SecretRef>> secrets;  // {{secret.NAME}}
  Success success;
  std::string retry_after;  // pointer to the seconds to wait, in an answer; "" = none
  friend bool operator==(const BodyTemplate&, const BodyTemplate&) = default;
};

// format: email. The server's address stands in WebhookConfig::url.
struct EmailConfig {
  std::string from;  // an address, or "Name <address>"
  std::vector<std::string> to;
  std::string username;  // "" = no login; the password is vendor_secret
  bool wants_starttls = true;
  friend bool operator==(const EmailConfig&, const EmailConfig&) = default;
};

// Whom a chat's message calls by name when one of these happened.
struct Mention {
  std::vector<std::string> events;  // globs over event types
  std::string who;                  // as the format writes it
  friend bool operator==(const Mention&, const Mention&) = default;
};

struct WebhookConfig {
  std::string name;
  SecretRef url;
  std::string format = "cloudevents";
  std::vector<SecretRef> signing_secrets;  // Standard Webhooks
  SecretRef github_signature;              // X-Hub-Signature-256
  // What the vendor gives beside the URL: the signing secret of a feishu or dingtalk bot, the
  // routing key of pagerduty, the trigger token of gitlab, the bot's token of telegram, the API
  // key of jsm.
  SecretRef vendor_secret;
  std::string repository;                       // github_dispatch: owner/name
  std::string project;                          // gitlab_trigger: number or path
  std::string ref;                              // gitlab_trigger: branch or tag
  std::string chat_id;                          // telegram: a number, or @channel
  std::string thread_id;                        // telegram: a topic of the chat; "" = none
  std::string topic;                            // ntfy
  std::string priority = "P1";                  // jsm: of incidents
  EmailConfig email;                            // email
  BodyTemplate body;                            // template
  std::vector<std::string> events{"*"};         // globs over event types
  std::vector<std::string> endpoints{"*"};      // globs over endpoint names
  std::vector<std::string> aliases{};           // globs over aliases and models; none = all
  std::map<std::string, std::string> labels{};  // globs over the endpoint's labels; all must match
  bool evidence = true;                         // the provider's rows are sent, too
  std::vector<Mention> mentions{};              // chats
  std::optional<Duration> heartbeat{};          // a sign of life this often; none: none
  std::string time_zone;                        // of those who read; "" = UTC
  TimeZone zone;                                // that one
  Access access;
  Duration timeout = std::chrono::seconds{15};
  RateLimit rate_limit;                       // the format's, unless the user says otherwise
  Duration max_age = std::chrono::hours{24};  // the same
  Duration alert_duration =
      std::chrono::hours{1};  // alertmanager: how long a fact such as alias.moved is an alert
  friend bool operator==(const WebhookConfig&, const WebhookConfig&) = default;
};

// A store that several daemons share.
struct PostgresConfig {
  SecretRef url;  // of libpq: "postgresql://db1,db2/modelvane?target_session_attrs=read-write"
  std::string schema = "modelvane";
  friend bool operator==(const PostgresConfig&, const PostgresConfig&) = default;
};

// One of these daemons.
struct ClusterConfig {
  std::string replica;                       // "" = the host's name; unlike that of all others
  Duration lease{std::chrono::seconds{10}};  // after so long without a sign its shards are others'
  std::string address;                       // where people and other replicas reach this one
  friend bool operator==(const ClusterConfig&, const ClusterConfig&) = default;
};

struct EndpointTemplate;

// One entry of service_discovery: lists of targets, in files or behind a URL, and what to make of a
// target.
struct DiscoverySource {
  std::string name;                // in logs and metrics
  std::vector<std::string> files;  // globs; empty = a URL
  std::string url;
  Access access;
  Duration refresh = std::chrono::seconds{60};
  Duration timeout = std::chrono::seconds{10};
  std::shared_ptr<const EndpointTemplate> endpoint;
};

struct Config {
  std::string
      instance;  // "" = as the store keeps it; CloudEvents source is urn:modelvane:<instance>
  Endpoints endpoints;
  std::vector<WebhookConfig> webhooks;
  std::vector<MaintenanceWindow> maintenance;
  Duration retention = std::chrono::hours{24 * 400};
  EgressRules egress;
  std::vector<std::string> connectivity_targets;  // "host:port"
  std::vector<std::string> read_only_users;       // of the web configuration file
  std::optional<PostgresConfig> postgres;         // none: a folder on this machine
  ClusterConfig cluster;
  std::vector<std::string> include;  // globs of further files
  std::vector<DiscoverySource> discovery;
  // What it was read from, as the files were just before.
  std::map<std::string, std::optional<FileStamp>> files;
  std::vector<ConfigError> warnings;  // of what is in effect, and should be mended all the same

  std::size_t endpoints_max() const { return postgres ? kClusterEndpointsMax : kEndpointsMax; }
};

}  // namespace modelvane
