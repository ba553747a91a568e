#include "daemon/config/secret_field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "daemon/config/syntax.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

struct Chosen {
  const Field* field = nullptr;
  SecretRef::From from = SecretRef::From::None;
};

// The one of the three keys that is given; more than one is an error.
Chosen choose(const Fields& fields, std::string_view key) {
  const std::array candidates{
      Chosen{fields.find(key), SecretRef::From::Inline},
      Chosen{fields.find(fmt::format("{}_env", key)), SecretRef::From::Env},
      Chosen{fields.find(fmt::format("{}_file", key)), SecretRef::From::File},
  };
  Chosen chosen;
  for (const auto& candidate : candidates) {
    if (candidate.field == nullptr) continue;
    if (chosen.field == nullptr) {
      chosen = candidate;
      continue;
    }
    const auto& later =
        chosen.field->at() < candidate.field->at() ? *candidate.field : *chosen.field;
    later.fail(fmt::format("give only one of {0}, {0}_env and {0}_file", key));
  }
  return chosen;
}

std::string_view expected_text(SecretRef::From from) {
  switch (from) {
    case SecretRef::From::Env: return "the name of an environment variable";
    case SecretRef::From::File: return "the path of a file";
    default: return "text";
  }
}

std::optional<SecretRef> read_one(const Field& field, SecretRef::From from, std::string_view key,
                                  SecretCheck check) {
  auto text = field.text(expected_text(from));
  if (!text) return std::nullopt;
  if (from == SecretRef::From::Env && !is_environment_name(*text)) {
    field.fail(
        "must be the name of an environment variable (letters, digits and _), not its value");
    return std::nullopt;
  }
  SecretRef secret{from, std::move(*text)};
  if (from == SecretRef::From::File) secret.where = field.findings().resolve(secret.where);
  const auto instead =
      from == SecretRef::From::Env ? fmt::format("export it, or use {}_file", key) : "";
  check_secret(field, secret, check, key, instead);
  return secret;
}

// A relative path without a slash may be a key that was put under the wrong name.
std::string hide_doubtful_path(const std::string& sentence, const SecretRef& secret) {
  if (secret.from != SecretRef::From::File) return sentence;
  const auto name = secret.where.substr(secret.where.rfind('/') + 1);
  const bool is_doubtful = name.size() > 16 && name.find('.') == std::string::npos;
  const auto shown = fmt::format("file \"{}\"", secret.where);
  const auto place = sentence.find(shown);
  if (!is_doubtful || place == std::string::npos) return sentence;
  return std::string{sentence}.replace(place, shown.size(), "the file that is named here");
}

}  // namespace

std::optional<std::string> header_value_problem(std::string_view value) {
  if (is_header_value(value)) return std::nullopt;
  return "must not have line breaks or other control characters";
}

namespace {

// "${SMTP_PASSWORD}" -> "SMTP_PASSWORD", wherever it stands; "" where no such thing does.
std::string_view variable_in(std::string_view value) {
  for (auto open = value.find("${"); open != value.npos; open = value.find("${")) {
    value.remove_prefix(open + 2);
    const auto name = value.substr(0, value.find('}'));
    if (name.size() < value.size() && is_environment_name(name)) return name;
  }
  return "";
}

// $OPENAI_API_KEY, <your key>
bool is_placeholder(std::string_view value) {
  if (value.starts_with('<') && value.ends_with('>')) return true;
  return value.size() > 1 && value.front() == '$' &&
         std::ranges::all_of(value.substr(1), [](char c) {
           return c == '_' || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

}  // namespace

std::optional<std::string> credentials_problem(std::string_view value) {
  if (auto problem = header_value_problem(value)) return problem;
  if (value.empty()) return std::nullopt;
  const char first = value.front();
  if (value.size() > 1 && (first == '"' || first == '\'') && value.back() == first) {
    return "must not stand in quotes: they would be sent as a part of the key (docker's env files "
           "keep them)";
  }
  if (is_placeholder(value))
    return "must be the key itself, not a place for one: write credentials_env: NAME";
  if (const auto at = std::ranges::find_if(value, [](char c) { return c < ' '; });
      at != value.end()) {
    return fmt::format(
        "must be plain ASCII: what stands at byte {} is no part of a key (blanks without a width "
        "are copied along from web pages)",
        at - value.begin() + 1);
  }
  const auto word = to_lower(value.substr(0, std::min(value.find(' '), value.size())));
  if (value.contains(' ') && (word == "bearer" || word == "basic" || word == "token")) {
    return "must not begin with the type, which is put before it (Bearer, or what "
           "authorization.type says)";
  }
  return std::nullopt;
}

void check_secret(const Field& field, const SecretRef& secret, SecretCheck check,
                  std::string_view key, std::string_view instead) {
  if (secret.from != SecretRef::From::Inline && !field.findings().checks_surroundings()) return;
  const auto value = reveal(secret);
  if (!value) {
    const auto sentence = hide_doubtful_path(value.error(), secret);
    const bool is_unset =
        secret.from == SecretRef::From::Env && std::getenv(secret.where.c_str()) == nullptr;
    field.fail(is_unset ? fmt::format("{}; {}", sentence, instead) : sentence);
    return;
  }
  const std::string_view subject = secret.from == SecretRef::From::Env    ? "the variable's value "
                                   : secret.from == SecretRef::From::File ? "the file's text "
                                                                          : "";
  if (const auto variable = variable_in(*value); !variable.empty()) {
    field.fail(
        fmt::format("{}must be the secret itself: nothing is put in for ${{...}}; write {}_env: {}",
                    subject, key, variable));
  } else if (const auto problem = check(*value)) {
    field.fail(fmt::format("{}{}", subject, *problem));
  } else if (const auto around = left_out(secret); !around.empty()) {
    field.warn(
        fmt::format("{}has {} around it, which are not sent: take them off", subject, around));
  }
}

std::optional<SecretRef> read_secret(const Fields& fields, std::string_view key, SecretCheck check,
                                     std::string_view what_to_write) {
  const auto chosen = choose(fields, key);
  if (chosen.field != nullptr) return read_one(*chosen.field, chosen.from, key, check);
  if (!what_to_write.empty()) fields.need(key, what_to_write);
  return std::nullopt;
}

std::vector<SecretRef> read_secrets(const Fields& fields, std::string_view key, SecretCheck check,
                                    std::size_t count_max) {
  const auto chosen = choose(fields, key);
  if (chosen.field == nullptr) {
    fields.need(key, fmt::format("write one of {0}, {0}_env and {0}_file with a list", key));
    return {};
  }
  const auto items = chosen.field->list("secrets");
  if (!items) return {};
  if (items->empty() || items->size() > count_max) {
    chosen.field->fail(fmt::format("must have 1 to {} entries, not {}", count_max, items->size()));
    return {};
  }
  std::vector<SecretRef> secrets;
  for (const auto& item : *items) {
    if (auto secret = read_one(item, chosen.from, key, check))
      secrets.push_back(std::move(*secret));
  }
  return secrets;
}

std::optional<SecretRef> read_secret_value(const Field& field, SecretCheck check) {
  static constexpr std::array kKeys{std::string_view{"value"}, std::string_view{"value_env"},
                                    std::string_view{"value_file"}};
  if (field.is_map()) {
    const auto fields = field.fields(kKeys);
    if (!fields) return std::nullopt;
    return read_secret(*fields, "value", check, "write one of value, value_env and value_file");
  }
  auto text = field.text("text, or a map with value, value_env or value_file");
  if (!text) return std::nullopt;
  SecretRef secret{SecretRef::From::Inline, std::move(*text)};
  check_secret(field, secret, check, "value", "");
  return secret;
}

}  // namespace modelvane
