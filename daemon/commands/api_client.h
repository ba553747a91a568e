// Requests to a daemon's API, and answers as JSON. One thread; a request may take half a minute.
#pragma once

#include <expected>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace modelvane {

class ApiClient {
 public:
  using Json = nlohmann::ordered_json;
  // Names and values, not yet encoded; those without a value are left out.
  using Query = std::vector<std::pair<std::string, std::string>>;

  // `url` is that of the daemon's pages, with its prefix; `client_config` the path of a file with
  // credentials and CA, "" = none. The error is a sentence.
  static std::expected<ApiClient, std::string> open(const std::string& url,
                                                    const std::string& client_config);
  ~ApiClient();
  ApiClient(ApiClient&&) noexcept;
  ApiClient& operator=(ApiClient&&) = delete;

  // `path` such as "/api/v1/status". The error is a sentence: nobody answers, or what the daemon
  // says is wrong.
  std::expected<Json, std::string> get(std::string_view path, const Query& query = {});
  // GET, POST or DELETE; the answer's body as text.
  std::expected<std::string, std::string> send(std::string_view method, std::string_view path,
                                               const Query& query = {});

 private:
  struct Parts;
  explicit ApiClient(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace modelvane
