#include "daemon/commands/api_client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <optional>

#include "daemon/config/client_config.h"
#include "daemon/config/secret.h"
#include "daemon/notify/plain_text.h"
#include "daemon/text/url.h"
#include "daemon/transport/target.h"

namespace modelvane {
namespace {

constexpr int kConnectSeconds = 5;
// An operator's request is answered when it is durable, within ten seconds or not at all.
constexpr int kAnswerSeconds = 30;
constexpr std::size_t kProblemCharactersMax = 500;

std::string with(const std::string& path, const ApiClient::Query& query) {
  std::string target = path;
  char separator = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    target += fmt::format("{}{}={}", separator, name, percent_encode(value));
    separator = '&';
  }
  return target;
}

// `detail` of a problem document, else the first line of whatever came.
std::string reason_in(const std::string& body) {
  const auto json = ApiClient::Json::parse(body, nullptr, false);
  if (json.is_object() && json.contains("detail") && json["detail"].is_string())
    return plain_text(json["detail"].get<std::string>(), kProblemCharactersMax);
  return plain_text(body.substr(0, body.find('\n')), kProblemCharactersMax);
}

std::expected<void, std::string> log_in(httplib::Client& client, const Access& access) {
  if (access.basic_auth) {
    const auto password = reveal(access.basic_auth->password);
    if (!password) return std::unexpected(password.error());
    client.set_basic_auth(access.basic_auth->username, *password);
  }
  httplib::Headers headers;
  if (access.authorization) {
    const auto credentials = reveal(access.authorization->credentials);
    if (!credentials) return std::unexpected(credentials.error());
    headers.emplace("Authorization",
                    fmt::format("{} {}", access.authorization->type, *credentials));
  }
  for (const auto& [name, secret] : access.http_headers) {
    const auto value = reveal(secret);
    if (!value) return std::unexpected(value.error());
    headers.emplace(name, *value);
  }
  client.set_default_headers(headers);
  return {};
}

}  // namespace

struct ApiClient::Parts {
  std::string url;     // without a slash at the end, for sentences
  std::string prefix;  // before all paths
  std::unique_ptr<httplib::Client> client;
};

ApiClient::ApiClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
ApiClient::~ApiClient() = default;
ApiClient::ApiClient(ApiClient&&) noexcept = default;

std::expected<ApiClient, std::string> ApiClient::open(const std::string& url,
                                                      const std::string& client_config) {
  const auto target = parse_target(url);
  if (!target) {
    return std::unexpected(fmt::format(
        "--url is the address of a daemon's page, such as http://localhost:10178, not {}",
        plain_text(url, kProblemCharactersMax)));
  }
  Access access;
  if (!client_config.empty()) {
    auto loaded = load_client_config(client_config);
    if (!loaded) {
      std::vector<std::string> errors;
      for (const auto& error : loaded.error()) errors.push_back(to_text(error));
      return std::unexpected(fmt::format("{}", fmt::join(errors, "\n")));
    }
    access = std::move(*loaded);
  }
  const bool has_tls = !access.tls.cert_file.empty();
  const auto origin = fmt::format("{}://{}", target->scheme, authority(*target));
  auto parts = std::make_unique<Parts>();
  parts->url = url;
  while (parts->url.ends_with('/')) parts->url.pop_back();
  const auto path = parts->url.find('/', parts->url.find("://") + 3);
  if (path != std::string::npos) parts->prefix = parts->url.substr(path);
  parts->client =
      has_tls ? std::make_unique<httplib::Client>(origin, access.tls.cert_file, access.tls.key_file)
              : std::make_unique<httplib::Client>(origin);
  auto& client = *parts->client;
  client.set_connection_timeout(kConnectSeconds);
  client.set_read_timeout(kAnswerSeconds);
  client.set_write_timeout(kAnswerSeconds);
  client.enable_server_certificate_verification(!access.tls.insecure_skip_verify);
  if (!access.tls.ca_file.empty()) client.set_ca_cert_path(access.tls.ca_file);
  if (auto done = log_in(client, access); !done) return std::unexpected(done.error());
  return ApiClient{std::move(parts)};
}

std::expected<std::string, std::string> ApiClient::send(std::string_view method,
                                                        std::string_view path, const Query& query) {
  auto& [url, prefix, client] = *parts_;
  httplib::Request request;
  request.method = method;
  request.path = with(prefix + std::string{path}, query);
  const auto result = client->send(request);
  if (!result) {
    return std::unexpected(
        fmt::format("{} does not answer ({}); does the daemon run there, and is --url (or "
                    "MODELVANE_URL) right?",
                    url, httplib::to_string(result.error())));
  }
  if (result->status >= 200 && result->status < 300) return std::move(result->body);
  const auto reason = reason_in(result->body);
  if (result->status == 401) {
    return std::unexpected(
        fmt::format("{}: {}; name a file with basic_auth in --web.client-config", url, reason));
  }
  if (result->status == 409) return std::unexpected(reason);
  return std::unexpected(fmt::format("{} answers {}: {}", url, result->status, reason));
}

std::expected<ApiClient::Json, std::string> ApiClient::get(std::string_view path,
                                                           const Query& query) {
  const auto body = send("GET", path, query);
  if (!body) return std::unexpected(body.error());
  auto json = Json::parse(*body, nullptr, false);
  if (!json.is_object())
    return std::unexpected(
        fmt::format("{} is no modelvane: its answer to {} is not JSON", parts_->url, path));
  return json;
}

}  // namespace modelvane
