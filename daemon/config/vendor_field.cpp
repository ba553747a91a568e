#include "daemon/config/vendor_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "daemon/config/secret_field.h"
#include "daemon/config/syntax.h"

namespace modelvane {
namespace {

// GitLab's and GitHub's own limits are about there.
constexpr std::size_t kNameBytesMax = 255;
// https://docs.ntfy.sh/publish: letters, digits, "-" and "_".
constexpr std::size_t kTopicBytesMax = 64;

std::string need_text(const Fields& fields, std::string_view key, std::string_view what) {
  const auto* field = fields.need(key, what);
  if (field == nullptr) return "";
  auto text = field->text(what).value_or("");
  if (text.size() > kNameBytesMax || !is_header_value(text))
    field->fail(fmt::format("must be at most {} bytes of plain text", kNameBytesMax));
  return text;
}

void read_repository(const Fields& fields, WebhookConfig& webhook) {
  const auto is_word = [](std::string_view text) {
    const auto is_fit = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
    };
    return !text.empty() && std::ranges::all_of(text, is_fit);
  };
  webhook.repository =
      need_text(fields, "repository", "owner/name of the repository whose workflows are to start");
  const auto slash = webhook.repository.find('/');
  const std::string_view whole = webhook.repository;
  const bool is_fit = slash != std::string::npos && is_word(whole.substr(0, slash)) &&
                      is_word(whole.substr(slash + 1));
  if (const auto* field = fields.find("repository"); field != nullptr && !whole.empty() && !is_fit)
    field->fail("must be owner/name, as in the repository's address");
  if (!webhook.access.authorization)
    fields.need("authorization",
                "write authorization: {credentials_env: GITHUB_TOKEN}; the token needs to write "
                "the repository's contents");
}

bool is_word_sign(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
}

std::optional<std::string> bot_token_problem(std::string_view value) {
  const bool is_token =
      value.find(':') != std::string_view::npos &&
      std::ranges::all_of(value, [](char c) { return c == ':' || is_word_sign(c); });
  return is_token ? std::nullopt
                  : std::optional<std::string>{
                        "must be the token that BotFather gave: a number, a colon and letters"};
}

void read_telegram(const Field& field, WebhookConfig& webhook) {
  static constexpr std::array kKeys{std::string_view{"bot_token"},
                                    std::string_view{"bot_token_env"},
                                    std::string_view{"bot_token_file"}, std::string_view{"chat_id"},
                                    std::string_view{"thread_id"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  if (auto token = read_secret(*fields, "bot_token", bot_token_problem,
                               "write one of bot_token, bot_token_env and bot_token_file"))
    webhook.vendor_secret = std::move(*token);
  webhook.chat_id = need_text(*fields, "chat_id", "number of the chat, or @name of the channel");
  if (fields->find("thread_id") != nullptr)
    webhook.thread_id = need_text(*fields, "thread_id", "number of the topic");
}

void read_ntfy(const Field& field, WebhookConfig& webhook) {
  static constexpr std::array kKeys{std::string_view{"topic"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  webhook.topic = need_text(*fields, "topic", "name of the topic, such as modelvane-team");
  const bool is_fit =
      webhook.topic.size() <= kTopicBytesMax && std::ranges::all_of(webhook.topic, is_word_sign);
  if (const auto* topic = fields->find("topic"); topic != nullptr && !is_fit)
    topic->fail(fmt::format("must be at most {} letters, digits, - and _", kTopicBytesMax));
}

void read_jsm(const Field& field, WebhookConfig& webhook) {
  static constexpr std::array kKeys{std::string_view{"api_key"}, std::string_view{"api_key_env"},
                                    std::string_view{"api_key_file"}, std::string_view{"priority"}};
  static constexpr std::array kPriorities{std::string_view{"P1"}, std::string_view{"P2"},
                                          std::string_view{"P3"}, std::string_view{"P4"},
                                          std::string_view{"P5"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  if (auto key = read_secret(*fields, "api_key", token_problem,
                             "write one of api_key, api_key_env and api_key_file"))
    webhook.vendor_secret = std::move(*key);
  const auto* priority = fields->find("priority");
  if (priority == nullptr) return;
  webhook.priority = priority->text("a priority from P1 to P5").value_or("");
  if (std::ranges::find(kPriorities, webhook.priority) == kPriorities.end())
    priority->fail("must be one of P1, P2, P3, P4 and P5");
}

void read_gitlab(const Fields& fields, WebhookConfig& webhook) {
  webhook.project =
      need_text(fields, "project", "number or path of the project, such as team/evaluation");
  webhook.ref = need_text(fields, "ref", "branch or tag to run, such as main");
}

// A map of the format's own name.
struct OwnMap {
  std::string_view format;
  std::string_view hint;
  void (*read)(const Field& field, WebhookConfig& webhook);
};
constexpr std::array kOwnMaps{
    OwnMap{"telegram", "write telegram: {bot_token_env: TELEGRAM_TOKEN, chat_id: -1001234567890}",
           read_telegram},
    OwnMap{"ntfy", "write ntfy: {topic: modelvane-team}", read_ntfy},
    OwnMap{"jsm", "write jsm: {api_key_env: JSM_KEY}", read_jsm},
};

}  // namespace

std::optional<std::string> token_problem(std::string_view value) {
  const bool is_plain = std::ranges::all_of(value, [](char c) { return c > ' ' && c < 0x7F; });
  return is_plain ? std::nullopt
                  : std::optional<std::string>{"must be letters, digits and signs without blanks"};
}

void read_vendor_keys(const Fields& fields, WebhookConfig& webhook) {
  if (webhook.format == "github_dispatch") read_repository(fields, webhook);
  if (webhook.format == "gitlab_trigger") read_gitlab(fields, webhook);
  for (const auto& map : kOwnMaps) {
    if (webhook.format != map.format) continue;
    if (const auto* field = fields.need(map.format, map.hint)) map.read(*field, webhook);
  }
}

}  // namespace modelvane
