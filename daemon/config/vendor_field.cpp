#include "daemon/config/vendor_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>

#include "daemon/config/secret_field.h"
#include "daemon/config/syntax.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

// GitLab's and GitHub's own limits are about there.
constexpr std::size_t kVendorTextBytesMax = 255;
// Relays take 50 to 100 at once.
constexpr std::size_t kRecipientsMax = 50;
// What a server does about a whole message before it takes it, such as looking for viruses, takes
// longer than an answer to a web request; who gives up early sends it twice.
constexpr auto kMailTimeout = std::chrono::seconds{60};
// https://docs.ntfy.sh/publish: letters, digits, "-" and "_".
constexpr std::size_t kTopicBytesMax = 64;

std::string need_text(const Fields& fields, std::string_view key, std::string_view what) {
  const auto* field = fields.need(key, what);
  if (field == nullptr) return "";
  auto text = field->text(what).value_or("");
  if (text.size() > kVendorTextBytesMax || !is_header_value(text))
    field->fail(fmt::format("must be at most {} bytes of plain text", kVendorTextBytesMax));
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

// Groups have negative numbers.
bool is_chat(std::string_view text) {
  if (text.starts_with('@'))
    return text.size() > 1 && std::ranges::all_of(text.substr(1), is_word_sign);
  return is_digits(text.starts_with('-') ? text.substr(1) : text);
}

std::optional<std::string> bot_token_problem(std::string_view value) {
  const bool is_token =
      value.find(':') != std::string_view::npos && !value.starts_with("bot") &&
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
  constexpr std::string_view kChat = "number of the chat, or @name of the channel";
  webhook.chat_id = need_text(*fields, "chat_id", kChat);
  if (const auto* chat = fields->find("chat_id");
      chat != nullptr && !webhook.chat_id.empty() && !is_chat(webhook.chat_id))
    chat->fail("must be the number of the chat, or @name of the channel");
  const auto* thread = fields->find("thread_id");
  if (thread == nullptr) return;
  webhook.thread_id = need_text(*fields, "thread_id", "number of the topic");
  if (!webhook.thread_id.empty() && !is_digits(webhook.thread_id))
    thread->fail("must be the number of the topic");
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

bool is_address(std::string_view text) {
  const auto at = text.find('@');
  return at != std::string_view::npos && at > 0 && at + 1 < text.size() &&
         std::ranges::all_of(text, [](char c) {
           return c > ' ' && c < 0x7F && c != '<' && c != '>' && c != ',' && c != '"';
         });
}

// "a@b.example", or "Name <a@b.example>".
void check_address(const Field& field, std::string_view text) {
  const auto open = text.find(" <");
  const bool is_named = open != std::string_view::npos && text.ends_with('>');
  const auto address = is_named ? text.substr(open + 2, text.size() - open - 3) : text;
  if (!is_address(address) || !is_header_value(text) || text.size() > kVendorTextBytesMax)
    field.fail("must be an address such as oncall@example.com, or Name <oncall@example.com>");
}

// A mail has no HTTP headers, and logs in in its own way.
void refuse_web_access(const Fields& fields) {
  static constexpr std::array kOfWeb{
      std::string_view{"authorization"}, std::string_view{"basic_auth"},
      std::string_view{"sigv4"},         std::string_view{"oauth2"},
      std::string_view{"http_headers"},  std::string_view{"query"}};
  for (const auto key : kOfWeb) {
    if (const auto* field = fields.find(key))
      field->fail("has no meaning with format email; see email.username and email.password");
  }
}

void read_smarthost(const Fields& fields, WebhookConfig& webhook) {
  static constexpr std::array kTls{std::string_view{"smtps"}, std::string_view{"starttls"},
                                   std::string_view{"none"}};
  const auto host = need_text(fields, "smarthost", "the mail server, as host:port");
  const auto colon = host.rfind(':');
  const bool has_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
  const auto port = has_port ? host.substr(colon + 1) : std::string{};
  const bool is_fit = has_port && !port.empty() && host.find_first_of("/?") == std::string::npos &&
                      !url_problem("https://" + host);
  if (const auto* field = fields.find("smarthost"); field != nullptr && !is_fit)
    field->fail("must be host:port, such as mail.example.com:587");
  std::string tls = port == "465" ? "smtps" : "starttls";
  if (const auto* field = fields.find("tls")) tls = field->choice(kTls).value_or(tls);
  webhook.email.wants_starttls = tls == "starttls";
  webhook.url = {SecretRef::From::Inline,
                 fmt::format("{}://{}", tls == "smtps" ? "smtps" : "smtp", host)};
}

void read_email(const Field& field, WebhookConfig& webhook) {
  static constexpr std::array kKeys{
      std::string_view{"smarthost"},    std::string_view{"tls"},
      std::string_view{"from"},         std::string_view{"to"},
      std::string_view{"username"},     std::string_view{"password"},
      std::string_view{"password_env"}, std::string_view{"password_file"}};
  const auto fields = field.fields(kKeys);
  if (!fields) return;
  webhook.timeout = kMailTimeout;
  read_smarthost(*fields, webhook);
  webhook.email.from = need_text(*fields, "from", "the sender's address");
  if (const auto* from = fields->find("from")) check_address(*from, webhook.email.from);
  if (const auto* to = fields->need("to", "write to: [oncall@example.com]")) {
    const auto items = to->list("addresses");
    if (items && (items->empty() || items->size() > kRecipientsMax))
      to->fail(fmt::format("must have 1 to {} addresses", kRecipientsMax));
    for (const auto& item : items.value_or(std::vector<Field>{})) {
      webhook.email.to.push_back(item.text("an address").value_or(""));
      check_address(item, webhook.email.to.back());
    }
  }
  if (fields->find("username") != nullptr)
    webhook.email.username = need_text(*fields, "username", "the name to log in with");
  const auto hint =
      webhook.email.username.empty() ? "" : "write one of password, password_env and password_file";
  auto password = read_secret(*fields, "password", header_value_problem, hint);
  if (!password) return;
  if (webhook.email.username.empty())
    fields->need("username", "write the name to log in with, or leave the password out");
  webhook.vendor_secret = std::move(*password);
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
    OwnMap{"email",
           "write email: {smarthost: mail.example.com:587, from: modelvane@example.com, to: "
           "[oncall@example.com]}",
           read_email},
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
  if (webhook.format == "email") refuse_web_access(fields);
  for (const auto& map : kOwnMaps) {
    if (webhook.format != map.format) continue;
    if (const auto* field = fields.need(map.format, map.hint)) map.read(*field, webhook);
  }
}

}  // namespace modelvane
