#include "daemon/simulate/models_api.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace modelvane::simulated {

namespace {

constexpr std::string_view kPath = "/api/v1/models";
constexpr std::string_view kCompletions = "/api/v1/chat/completions";
// A completion, as fast as a model of medium size makes one.
constexpr int kTokens = 40;
constexpr Duration kTokenTakes = std::chrono::milliseconds{25};

using Json = nlohmann::json;

std::string chunk(const std::string& model, Json delta, bool is_last) {
  const Json event{{"id", "chatcmpl-sim"},
                   {"object", "chat.completion.chunk"},
                   {"model", model},
                   {"choices",
                    {{{"index", 0},
                      {"delta", std::move(delta)},
                      {"finish_reason", is_last ? Json("stop") : Json(nullptr)}}}}};
  return "data: " + event.dump() + "\n\n";
}

ServedReply streamed(const std::string& model) {
  ServedReply reply{.content_type = "text/event-stream"};
  reply.parts.push_back(chunk(model, {{"role", "assistant"}, {"content", ""}}, false));
  for (int i = 1; i < kTokens; ++i)
    reply.parts.push_back(chunk(model, {{"content", "word "}}, false));
  reply.parts.push_back(chunk(model, Json::object(), true) + "data: [DONE]\n\n");
  reply.between_parts = kTokenTakes;
  return reply;
}

ServedReply at_once(const std::string& model) {
  const Json answer{{"id", "chatcmpl-sim"},
                    {"object", "chat.completion"},
                    {"model", model},
                    {"choices",
                     {{{"index", 0},
                       {"message", {{"role", "assistant"}, {"content", "word"}}},
                       {"finish_reason", "length"}}}},
                    {"usage", {{"prompt_tokens", 1}, {"completion_tokens", 1}}}};
  return {.body = answer.dump()};
}

ServedReply refused(int status, const std::string& message) {
  return {.status = status, .body = Json{{"error", {{"message", message}}}}.dump()};
}

// An id that is no alias answers for itself.
std::optional<std::string> model_behind(const Answer& now, const std::string& id) {
  if (const auto found = now.aliases.find(id); found != now.aliases.end())
    return found->second && !found->second->empty() ? *found->second : id;
  const auto& models = now.models;
  return std::ranges::find(models, id) == models.end() ? std::nullopt : std::optional{id};
}

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

ServedReply ModelsApi::complete(const ServedRequest& request) {
  const auto question = Json::parse(request.body, nullptr, false);
  if (!question.is_object() || !question.contains("model") || !question["model"].is_string())
    return refused(400, "the request needs a model");
  const Answer now = what_at(script_, elapsed_());
  if (now.status != 200) return {.status = now.status, .body = "{}", .delay = now.delay};
  const auto id = question["model"].get<std::string>();
  const auto model = model_behind(now, id);
  if (!model) return refused(404, "there is no model " + id);
  const auto stream = question.find("stream");
  const bool is_streamed = stream != question.end() && *stream == true;
  auto reply = is_streamed ? streamed(*model) : at_once(*model);
  reply.delay = now.delay;
  reply.on_part = [this] { ++tokens_; };
  return reply;
}

ServedReply ModelsApi::answer(const ServedRequest& request) {
  if (request.path == kCompletions && request.method == "POST") return complete(request);
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
