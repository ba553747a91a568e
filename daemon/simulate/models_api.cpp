#include "daemon/simulate/models_api.h"

#include <fmt/format.h>

#include <utility>

namespace modelvane::simulated {

namespace {

constexpr std::string_view kPath = "/api/v1/models";

}  // namespace

ModelsApi::ModelsApi(Options options)
    : script_(std::move(options.script)),
      elapsed_(std::move(options.elapsed)),
      server_(std::move(options.listen_address),
              [this](const ServedRequest& request) { return answer(request); }) {
  if (!elapsed_) {
    elapsed_ = [this] {
      return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - started_);
    };
  }
}

std::expected<void, std::string> ModelsApi::start() {
  started_ = std::chrono::steady_clock::now();
  return server_.start();
}

std::string ModelsApi::url() const {
  return server_.base_url() + std::string(kPath);
}

ServedReply ModelsApi::answer(const ServedRequest& request) {
  if (request.path != kPath) {
    return {.status = 404,
            .body = fmt::format(R"({{"error":{{"message":"the list is at {}"}}}})", kPath)};
  }
  const std::uint64_t number = ++requests_;
  const Answer now = what_at(script_, elapsed_());
  Body body = render(now);
  return {.status = now.status,
          .content_type = std::move(body.content_type),
          .body = std::move(body.text),
          .headers = {{"X-Request-Id", fmt::format("sim-{}", number)}},
          .delay = now.delay};
}

}  // namespace modelvane::simulated
