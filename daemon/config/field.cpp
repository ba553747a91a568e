#include "daemon/config/field.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <utility>

#include "daemon/config/spelling.h"
#include "daemon/config/syntax.h"
#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

// Nobody reads further; a file of another kind would give one error per line.
constexpr std::size_t kErrorsMax = 1000;
// No value of a configuration is longer; keeps memory and messages small.
constexpr std::size_t kTextBytesMax = 64 * 1024;
// Longer lists of keys would bury the sentence.
constexpr std::size_t kListedKeysMax = 8;

// What a key is called elsewhere. Only hints: none of these is accepted.
constexpr std::array kCalledElsewhere{
    std::pair{std::string_view{"headers"}, std::string_view{"http_headers"}},
    std::pair{std::string_view{"token"}, std::string_view{"authorization"}},
    std::pair{std::string_view{"api_key"}, std::string_view{"authorization"}},
    std::pair{std::string_view{"apikey"}, std::string_view{"authorization"}},
    std::pair{std::string_view{"key"}, std::string_view{"authorization"}},
    std::pair{std::string_view{"auth"}, std::string_view{"authorization"}},
    std::pair{std::string_view{"bearer_token"}, std::string_view{"authorization"}},
    std::pair{std::string_view{"tls"}, std::string_view{"tls_config"}},
    std::pair{std::string_view{"proxy"}, std::string_view{"proxy_url"}},
    std::pair{std::string_view{"scrape_interval"}, std::string_view{"interval"}},
    std::pair{std::string_view{"scrape_timeout"}, std::string_view{"timeout"}},
    std::pair{std::string_view{"secret"}, std::string_view{"signing"}},
    std::pair{std::string_view{"type"}, std::string_view{"format"}},
    std::pair{std::string_view{"targets"}, std::string_view{"endpoints"}},
    std::pair{std::string_view{"scrape_configs"}, std::string_view{"endpoints"}},
    std::pair{std::string_view{"includes"}, std::string_view{"include"}},
    std::pair{std::string_view{"file_sd_configs"}, std::string_view{"service_discovery"}},
    std::pair{std::string_view{"http_sd_configs"}, std::string_view{"service_discovery"}},
};

// What is said on the command line, where people look for it in the file.
constexpr std::array kFlags{
    std::pair{std::string_view{"storage.path"}, std::string_view{"--storage.path"}},
    std::pair{std::string_view{"listen"}, std::string_view{"--web.listen-address"}},
    std::pair{std::string_view{"listen_address"}, std::string_view{"--web.listen-address"}},
    std::pair{std::string_view{"web.listen_address"}, std::string_view{"--web.listen-address"}},
    std::pair{std::string_view{"external_url"}, std::string_view{"--web.external-url"}},
    std::pair{std::string_view{"web.external_url"}, std::string_view{"--web.external-url"}},
    std::pair{std::string_view{"web.config_file"}, std::string_view{"--web.config.file"}},
    std::pair{std::string_view{"log"}, std::string_view{"--log.level"}},
    std::pair{std::string_view{"log_level"}, std::string_view{"--log.level"}},
};

template <typename Table>
std::optional<std::string_view> look_up(const Table& table, std::string_view word) {
  const auto found = std::ranges::find(table, word, [](const auto& pair) { return pair.first; });
  return found == table.end() ? std::nullopt : std::optional{found->second};
}

// The known key that stands for what was written, whether misspelt or of another program.
std::optional<std::string_view> meant_key(std::string_view written,
                                          std::span<const std::string_view> known) {
  if (const auto near = nearest(written, known)) return near;
  const auto other = look_up(kCalledElsewhere, written);
  return other && std::ranges::find(known, *other) != known.end() ? other : std::nullopt;
}

std::string_view kind_name(YamlNode::Kind kind) {
  switch (kind) {
    case YamlNode::Kind::Null: return "nothing";
    case YamlNode::Kind::Scalar: return "a single value";
    case YamlNode::Kind::Sequence: return "a list";
    case YamlNode::Kind::Map: return "a map";
  }
  return "a value";
}

// A missing value has no place of its own: its key stands for it.
Position place_of(const YamlEntry& entry) {
  return entry.value->kind == YamlNode::Kind::Null ? entry.at : entry.value->at;
}

std::string map_text(std::span<const std::string_view> known) {
  return known.size() <= kListedKeysMax
             ? fmt::format("a map with the keys {}", listed(known))
             : fmt::format("a map with keys such as {}", listed(known.first(3)));
}

}  // namespace

void Findings::add(Position at, std::string_view path, std::string_view sentence) {
  errors_.push_back({file_, at.line, at.column,
                     path.empty() ? std::string{sentence} : fmt::format("{}: {}", path, sentence)});
}

void Findings::warn(Position at, std::string_view path, std::string_view sentence) {
  warnings_.push_back({file_, at.line, at.column, fmt::format("warning: {}: {}", path, sentence)});
}

std::vector<ConfigError> Findings::take_warnings() {
  return std::move(warnings_);
}

std::vector<ConfigError> Findings::take() {
  std::ranges::stable_sort(errors_, {},
                           [](const ConfigError& e) { return Position{e.line, e.column}; });
  if (errors_.size() > kErrorsMax) {
    const auto more = errors_.size() - kErrorsMax;
    errors_.resize(kErrorsMax);
    errors_.push_back({file_, errors_.back().line, errors_.back().column,
                       fmt::format("and {} more errors after this one", more)});
  }
  return std::move(errors_);
}

std::string Findings::resolve(const std::string& path) const {
  const std::filesystem::path given{path};
  return given.is_absolute() ? path : (std::filesystem::path{file_}.parent_path() / given).string();
}

std::string join_path(std::string_view path, std::string_view key) {
  const bool is_word = !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  if (!is_word && key != "<<") return fmt::format("{}[{}]", path, in_quotes(key));
  return path.empty() ? std::string{key} : fmt::format("{}.{}", path, key);
}

bool Field::has_kind(YamlNode::Kind kind, std::string_view what) const {
  if (node_->kind == kind) return true;
  if (node_->kind == YamlNode::Kind::Null) {
    fail(fmt::format("has no value; write {}, or remove the key", what));
  } else {
    fail(fmt::format("must be {}, not {}", what, kind_name(node_->kind)));
  }
  return false;
}

std::optional<std::string> Field::text_or_empty(std::string_view what) const {
  if (!has_kind(YamlNode::Kind::Scalar, what)) return std::nullopt;
  if (node_->text.size() > kTextBytesMax) {
    fail(fmt::format("is longer than {}", size_text(kTextBytesMax)));
    return std::nullopt;
  }
  return node_->text;
}

std::optional<std::string> Field::text(std::string_view what) const {
  auto value = text_or_empty(what);
  if (value && value->empty()) {
    fail(fmt::format("must be {}, not empty", what));
    return std::nullopt;
  }
  return value;
}

// Numbers and booleans: quotes make them text, which is another type.
std::optional<std::string> Field::plain(std::string_view what) const {
  if (!has_kind(YamlNode::Kind::Scalar, what)) return std::nullopt;
  if (node_->is_plain) return node_->text;
  fail(fmt::format("must be {}, not text in quotes", what));
  return std::nullopt;
}

std::optional<bool> Field::boolean() const {
  const auto value = plain("true or false");
  if (!value) return std::nullopt;
  if (*value == "true") return true;
  if (*value == "false") return false;
  fail(fmt::format("must be true or false, not {}", in_quotes(*value)));
  return std::nullopt;
}

std::optional<int> Field::integer(Range<int> range) const {
  const auto what = fmt::format("a whole number from {} to {}", range.min, range.max);
  const auto value = plain(what);
  if (!value) return std::nullopt;
  int number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  // A leading zero is octal to some YAML readers and decimal to others.
  const bool is_octal = value->size() > 1 && value->front() == '0';
  if (error != std::errc{} || end != value->data() + value->size() || is_octal ||
      number < range.min || number > range.max) {
    fail(fmt::format("must be {}, not {}", what, in_quotes(*value)));
    return std::nullopt;
  }
  return number;
}

std::optional<double> Field::number(Range<double> range) const {
  const auto what = fmt::format("a number from {} to {}", range.min, range.max);
  const auto value = plain(what);
  if (!value) return std::nullopt;
  double number = 0;
  const auto [end, error] = std::from_chars(value->data(), value->data() + value->size(), number);
  // The negated form also refuses NaN.
  if (error != std::errc{} || end != value->data() + value->size() ||
      !(number >= range.min && number <= range.max)) {
    fail(fmt::format("must be {}, not {}", what, in_quotes(*value)));
    return std::nullopt;
  }
  return number;
}

std::optional<Duration> Field::duration(Range<Duration> range) const {
  constexpr std::string_view kWhat = "a duration such as 30s, 1m30s or 6h";
  const auto value = text(kWhat);
  if (!value) return std::nullopt;
  const auto span = parse_duration(*value);
  if (!span) {
    const auto hint = is_digits(*value)
                          ? fmt::format("; a unit is missing, as in {}s", value->substr(0, 12))
                          : "";
    fail(fmt::format("must be {}, not {}{}", kWhat, in_quotes(*value), hint));
    return std::nullopt;
  }
  if (*span < range.min || *span > range.max) {
    fail(fmt::format("must be from {} to {}, not {}", to_text(range.min), to_text(range.max),
                     in_quotes(*value)));
    return std::nullopt;
  }
  return span;
}

std::optional<std::size_t> Field::size(Range<std::size_t> range) const {
  constexpr std::string_view kWhat = "a size such as 16MiB (units B, KiB, MiB, GiB)";
  const auto value = text(kWhat);
  if (!value) return std::nullopt;
  const auto bytes = parse_size(*value);
  if (!bytes) {
    fail(fmt::format("must be {}, not {}", kWhat, in_quotes(*value)));
    return std::nullopt;
  }
  if (*bytes < range.min || *bytes > range.max) {
    fail(fmt::format("must be from {} to {}, not {}", size_text(range.min), size_text(range.max),
                     in_quotes(*value)));
    return std::nullopt;
  }
  return bytes;
}

std::optional<std::string> Field::choice(std::span<const std::string_view> words) const {
  const auto what = fmt::format("one of {}", listed(words));
  auto value = text(what);
  if (!value || std::ranges::find(words, *value) != words.end()) return value;
  fail(fmt::format("must be {}, not {}{}", what, in_quotes(*value), did_you_mean(*value, words)));
  return std::nullopt;
}

std::optional<std::vector<Field>> Field::list(std::string_view of_what) const {
  if (!has_kind(YamlNode::Kind::Sequence, fmt::format("a list of {}", of_what)))
    return std::nullopt;
  std::vector<Field> result;
  result.reserve(node_->items.size());
  for (const auto& item : node_->items) {
    // A missing item has no place of its own in the file.
    const auto at = item->kind == YamlNode::Kind::Null ? at_ : item->at;
    result.emplace_back(*item, at, fmt::format("{}[{}]", path_, result.size()), *findings_);
  }
  return result;
}

std::optional<std::vector<std::string>> Field::texts(std::string_view of_what) const {
  const auto items = list(of_what);
  if (!items) return std::nullopt;
  std::vector<std::string> result;
  bool is_fine = true;
  for (const auto& item : *items) {
    if (auto value = item.text("text")) {
      result.push_back(std::move(*value));
    } else {
      is_fine = false;
    }
  }
  return is_fine ? std::optional{std::move(result)} : std::nullopt;
}

std::optional<Fields> Field::fields(std::span<const std::string_view> known) const {
  if (!has_kind(YamlNode::Kind::Map, map_text(known))) return std::nullopt;
  Fields::Values values;
  std::map<std::string_view, int> lines;
  std::vector<std::string_view> misspelt;
  for (const auto& entry : node_->entries) {
    if (std::ranges::find(known, entry.key) == known.end()) {
      if (const auto meant = report_unknown(entry, known)) misspelt.push_back(*meant);
      continue;
    }
    const auto path = join_path(path_, entry.key);
    const auto [first, is_new] = lines.emplace(entry.key, entry.at.line);
    if (!is_new) {
      findings_->add(entry.at, path,
                     fmt::format("duplicate key; it stands above, on line {}", first->second));
      continue;
    }
    values.try_emplace(entry.key, *entry.value, place_of(entry), path, *findings_);
  }
  return Fields{*this, std::move(values), std::move(misspelt)};
}

// The known key that was probably meant.
std::optional<std::string_view> Field::report_unknown(
    const YamlEntry& entry, std::span<const std::string_view> known) const {
  if (!is_showable_key(entry.key)) {
    findings_->add(entry.at, path_,
                   fmt::format("unknown key (not shown: it may hold a secret); known here: {}",
                               listed(known)));
    return std::nullopt;
  }
  const auto meant = meant_key(entry.key, known);
  const auto flag = look_up(kFlags, join_path(path_, entry.key));
  const auto hint = entry.key == "<<"
                        ? std::string{"merge keys are not supported, write the keys out"}
                    : flag  ? fmt::format("it is a flag of the command line: {}", *flag)
                    : meant ? fmt::format("did you mean \"{}\"?", *meant)
                            : fmt::format("known here: {}", listed(known));
  findings_->add(entry.at, join_path(path_, entry.key), fmt::format("unknown key; {}", hint));
  return meant;
}

std::optional<std::vector<std::pair<std::string, Field>>> Field::entries(std::string_view what,
                                                                         MayShow may_show) const {
  if (!has_kind(YamlNode::Kind::Map, what)) return std::nullopt;
  std::vector<std::pair<std::string, Field>> result;
  std::map<std::string_view, int> lines;
  for (const auto& entry : node_->entries) {
    const auto path = may_show(entry.key) ? join_path(path_, entry.key) : path_;
    const auto [first, is_new] = lines.emplace(entry.key, entry.at.line);
    if (!is_new) {
      findings_->add(entry.at, path,
                     fmt::format("duplicate key; it stands above, on line {}", first->second));
      continue;
    }
    result.emplace_back(entry.key, Field{*entry.value, place_of(entry), path, *findings_});
  }
  return result;
}

const Field* Fields::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

const Field* Fields::need(std::string_view key, std::string_view what_to_write) const {
  if (const auto* found = find(key)) return found;
  if (std::ranges::find(misspelt_, key) != misspelt_.end()) return nullptr;
  whole_.findings().add(whole_.at(), join_path(whole_.path(), key),
                        fmt::format("is missing; {}", what_to_write));
  return nullptr;
}

}  // namespace modelvane
