#include "daemon/commands/api_client.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <httplib.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
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
// All of an answer: of a peer that sends a byte now and then there would never be an end.
constexpr std::chrono::seconds kWholeAnswer{60};
// A page of a thousand events is below 20 MB; whoever sends more is no modelvane.
constexpr std::size_t kAnswerBytesMax = std::size_t{64} * 1024 * 1024;

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

// `user:password@` cut out of the URL, as curl and amtool take it there.
std::optional<BasicAuth> take_user(std::string& url) {
  const auto start = url.find("://") + 3;
  const auto end = url.rfind('@', url.find_first_of("/?#", start));
  if (end == std::string::npos || end < start) return std::nullopt;
  const auto user = url.substr(start, end - start);
  url.erase(start, end + 1 - start);
  const auto colon = user.find(':');
  const auto password = colon == std::string::npos ? std::string{} : user.substr(colon + 1);
  return BasicAuth{
      .username = percent_decode(user.substr(0, colon)),
      .password = {.from = SecretRef::From::Inline, .where = percent_decode(password)}};
}

// Why there is no answer, or not all of it.
std::string why(httplib::Error error) {
  switch (error) {
    case httplib::Error::Connection: return "no connection to it can be made";
    case httplib::Error::ConnectionTimeout:
      return fmt::format("it takes no connection within {} s", kConnectSeconds);
    case httplib::Error::Read:
      return fmt::format("its answer broke off, or did not begin within {} s", kAnswerSeconds);
    case httplib::Error::Write: return "it did not take the request";
    case httplib::Error::SSLConnection: return "it and this command do not agree on TLS";
    case httplib::Error::SSLLoadingCerts: return "a certificate or key cannot be loaded";
    case httplib::Error::SSLServerVerification:
      return "its certificate is not trusted: it has expired, is another host's, or is signed by "
             "whom tls_config.ca_file of --web.client-config must name";
    default: return httplib::to_string(error);
  }
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
  auto shown = url;
  const auto user = take_user(shown);
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
  if (user) {
    if (access.basic_auth || access.authorization)
      return std::unexpected("--url and --web.client-config both name a user: leave one out");
    access.basic_auth = *user;
  }
  const bool has_tls = !access.tls.cert_file.empty();
  const auto origin = fmt::format("{}://{}", target->scheme, authority(*target));
  auto parts = std::make_unique<Parts>();
  parts->url = std::move(shown);
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
  std::string body;
  bool is_too_slow = false;
  const auto end = std::chrono::steady_clock::now() + kWholeAnswer;
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t /*offset*/,
                                 std::uint64_t /*total*/) {
    is_too_slow = std::chrono::steady_clock::now() > end;
    if (is_too_slow || body.size() + size > kAnswerBytesMax) return false;
    body.append(data, size);
    return true;
  };
  const auto result = client->send(request);
  if (!result && result.error() == httplib::Error::Canceled) {
    return std::unexpected(
        is_too_slow
            ? fmt::format("the answer of {} did not end within {} s", url, kWholeAnswer.count())
            : fmt::format("{} is no modelvane: its answer to {} has no end", url, path));
  }
  if (!result) {
    const bool is_reached = result.error() != httplib::Error::Connection &&
                            result.error() != httplib::Error::ConnectionTimeout;
    return std::unexpected(fmt::format(
        "{} does not answer: {}{}", url, why(result.error()),
        is_reached ? "" : "; does the daemon run there, and is --url (or MODELVANE_URL) right?"));
  }
  if (result->status >= 200 && result->status < 300) {
    // What stands before the daemon may answer in its place, such as a page to log in.
    if (body.empty() || result->get_header_value("Content-Type").starts_with("text/html"))
      return std::unexpected(fmt::format("{} is no modelvane: its answer to {} is {}", url, path,
                                         body.empty() ? "empty" : "a web page"));
    return body;
  }
  const auto reason = reason_in(body);
  if (result->status >= 300 && result->status < 400) {
    return std::unexpected(fmt::format(
        "{} answers {} and leads to {}: give --url the address where the daemon itself answers",
        url, result->status,
        plain_text(result->get_header_value("Location"), kProblemCharactersMax)));
  }
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
