#include "daemon/config/subscription_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"
#include "daemon/events/event.h"
#include "daemon/text/ascii.h"
#include "daemon/text/glob.h"

namespace modelvane {
namespace {

constexpr std::size_t kGlobsMax = 256;
constexpr std::size_t kGlobBytesMax = 128;
// A message that calls more people has called nobody.
constexpr std::size_t kMentionsMax = 16;
constexpr std::size_t kWhoBytesMax = 255;

constexpr std::array kEventGlobs{std::string_view{"alias.*"},    std::string_view{"model.*"},
                                 std::string_view{"endpoint.*"}, std::string_view{"catalog.*"},
                                 std::string_view{"webhook.*"},  std::string_view{"operator.*"}};

// Globs, each of which must match something: one that matches nothing is a typing error, and would
// be noticed only when an event is missed. `candidates` empty = do not check.
void read_globs(const Field& field, std::string_view what,
                std::span<const std::string_view> candidates,
                std::span<const std::string_view> suggestions, std::vector<std::string>& globs) {
  const auto items =
      field.list(fmt::format("globs over {}{}", what, what.ends_with('s') ? "es" : "s"));
  if (!items) return;
  if (items->empty() || items->size() > kGlobsMax) {
    field.fail(fmt::format("must have 1 to {} entries, not {}; leave the key out for all",
                           kGlobsMax, items->size()));
    return;
  }
  globs.clear();
  for (const auto& item : *items) {
    auto glob = item.text("a glob such as alias.*");
    if (!glob) continue;
    if (glob->size() > kGlobBytesMax) {
      item.fail(fmt::format("must be at most {} bytes long", kGlobBytesMax));
      continue;
    }
    const bool matches = std::ranges::any_of(
        candidates, [&glob](std::string_view text) { return glob_matches(*glob, text); });
    if (!candidates.empty() && !matches) {
      item.fail(fmt::format("{} matches no {}{}", in_quotes(*glob), what,
                            did_you_mean(*glob, suggestions)));
    }
    globs.push_back(std::move(*glob));
  }
}

std::vector<std::string> read_event_globs(const Field& field) {
  std::vector<std::string> globs{"*"};
  std::vector<std::string_view> suggestions{kEventTypes.labels().begin(),
                                            kEventTypes.labels().end()};
  suggestions.insert(suggestions.end(), kEventGlobs.begin(), kEventGlobs.end());
  read_globs(field, "event type", kEventTypes.labels(), suggestions, globs);
  return globs;
}

void read_labels(const Field& field, WebhookConfig& webhook) {
  const auto entries = field.entries("labels of endpoints", is_label_name);
  if (!entries) return;
  for (const auto& [name, value] : *entries) {
    if (const auto glob = value.text("a value, or a glob such as search-*"))
      webhook.labels.emplace(name, *glob);
  }
}

// How a chat writes whom it calls; anything else is shown there and calls nobody. Those that are
// not named here take names of any form. "@oncall" in Slack's format is Rocket.Chat's way.
struct MentionForm {
  std::string_view format;
  std::string_view begins;
  std::string_view ends;
  std::string_view example;
};
constexpr std::array kMentionForms{
    MentionForm{"slack", "<!", ">", "<!subteam^S1>"},
    MentionForm{"slack", "<@", ">", "<@U1>"},
    MentionForm{"slack", "@", "", "@oncall (Rocket.Chat)"},
    MentionForm{"mattermost", "@", "", "@oncall"},
    MentionForm{"discord", "<@", ">", "<@&77>"},
    MentionForm{"discord", "@here", "", "@here"},
    MentionForm{"discord", "@everyone", "", "@everyone"},
    MentionForm{"feishu", "<at ", "</at>", "<at id=all></at>"},
    MentionForm{"wecom", "<@", ">", "<@anna>"},
    MentionForm{"google_chat", "<users/", ">", "<users/all>"},
    MentionForm{"telegram", "@", "", "@anna"},
};

void check_mention(const Field& field, std::string_view format, std::string_view who) {
  std::string examples;
  for (const auto& form : kMentionForms) {
    if (form.format != format) continue;
    if (who.starts_with(form.begins) && who.ends_with(form.ends)) return;
    examples += fmt::format("{}{}", examples.empty() ? "" : ", ", form.example);
  }
  if (examples.empty() || (format == "telegram" && is_digits(who))) return;
  field.warn(fmt::format("calls nobody with format {}; write it as the chat does, such as {}",
                         format, examples));
}

Mention read_mention(const Field& field, std::string_view format) {
  static constexpr std::array kKeys{std::string_view{"events"}, std::string_view{"who"}};
  Mention mention;
  const auto fields = field.fields(kKeys);
  if (!fields) return mention;
  if (const auto* events = fields->need("events", "write events: [\"alias.pin_broken\"]"))
    mention.events = read_event_globs(*events);
  const auto* who = fields->need("who", "write whom to call, as the chat writes it");
  if (who == nullptr) return mention;
  mention.who = who->text("a name as the chat writes it").value_or("");
  if (mention.who.size() > kWhoBytesMax || !is_header_value(mention.who))
    who->fail(fmt::format("must be at most {} bytes of plain text", kWhoBytesMax));
  if (!mention.who.empty()) check_mention(*who, format, mention.who);
  return mention;
}

void read_mentions(const Field& field, WebhookConfig& webhook) {
  const auto items = field.list("maps such as {events: [alias.pin_broken], who: NAME}");
  if (!items) return;
  if (items->size() > kMentionsMax) field.fail(fmt::format("must have at most {}", kMentionsMax));
  for (const auto& item : *items) webhook.mentions.push_back(read_mention(item, webhook.format));
}

}  // namespace

std::span<const std::string_view> subscription_keys() {
  static constexpr std::array kKeys{std::string_view{"events"}, std::string_view{"endpoints"},
                                    std::string_view{"aliases"}, std::string_view{"labels"},
                                    std::string_view{"evidence"}};
  return kKeys;
}

void read_subscription(const Fields& fields, const Names& endpoint_names, WebhookConfig& webhook) {
  if (const auto* field = fields.find("events")) webhook.events = read_event_globs(*field);
  if (const auto* field = fields.find("endpoints")) {
    const auto names =
        endpoint_names.is_complete() ? endpoint_names.all() : std::vector<std::string_view>{};
    read_globs(*field, "endpoint name", names, names, webhook.endpoints);
  }
  // Lists change: a glob that matches nothing today may match tomorrow.
  if (const auto* field = fields.find("aliases"))
    read_globs(*field, "alias", {}, {}, webhook.aliases);
  if (const auto* field = fields.find("labels")) read_labels(*field, webhook);
  if (const auto* field = fields.find("evidence"))
    webhook.evidence = field->boolean().value_or(webhook.evidence);
  if (const auto* field = fields.find("mentions")) read_mentions(*field, webhook);
}

}  // namespace modelvane
