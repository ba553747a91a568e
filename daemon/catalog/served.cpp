#include "daemon/catalog/served.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "daemon/catalog/list_bounds.h"
#include "daemon/catalog/model_id.h"
#include "daemon/catalog/rule_value.h"
#include "daemon/catalog/targets.h"
#include "daemon/text/url.h"

namespace modelvane {
namespace {

using Json = nlohmann::json;

// Where the query names no range: that of nearly all such queries.
constexpr Duration kUsualWindow = std::chrono::minutes{5};
// What a target with this part of the least share would count: as good as gone.
constexpr double kGoneShare = 0.2;
// How fast what is usual follows what is seen, for an answer with news only.
constexpr double kUsualFollows = 0.3;
// More than anybody counts, and its sums are still exact numbers.
constexpr double kCountMax = 1e12;
// Labels that a sentence shows.
constexpr std::size_t kLabelsShown = 12;

ReadError unread_answer(Reason reason, const std::string& why) {
  return {reason, "the answer about traffic " + why};
}

std::optional<double> number_in(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// A sample's count; NaN (nothing divided by nothing) and kin say nothing.
double count_of(const Json& series) {
  const auto value = series.find("value");
  if (value == series.end() || !value->is_array() || value->size() != 2) return 0;
  const double count = number_in((*value)[1]).value_or(0);
  return std::isfinite(count) ? std::clamp(count, 0.0, kCountMax) : 0;
}

std::string_view label_in(const Json& metric, const std::string& name) {
  const auto found = metric.find(name);
  if (found == metric.end() || !found->is_string()) return "";
  return found->get_ref<const std::string&>();
}

std::string labels_of(const Json& metric) {
  std::string names;
  std::size_t shown = 0;
  for (const auto& [name, value] : metric.items()) {
    if (shown++ == kLabelsShown) break;
    names.append(names.empty() ? "" : ", ").append(model_id(name).value_or("?"));
  }
  return names.empty() ? "no labels" : names;
}

// The natural logarithm of how much likelier `hits` of `all` are with probability `is` than with
// `was`.
double evidence_of(double hits, double all, double was, double is) {
  return hits * std::log(is / was) + (all - hits) * std::log((1 - is) / (1 - was));
}

const Json* result_of(const Json& answer) {
  const auto data = answer.find("data");
  if (data == answer.end() || !data->is_object()) return nullptr;
  const auto kind = data->find("resultType");
  const auto result = data->find("result");
  const bool is_vector = kind != data->end() && *kind == "vector" && result != data->end();
  return is_vector && result->is_array() ? &*result : nullptr;
}

}  // namespace

std::string served_url(const AliasRule& rule) {
  std::string url = rule.url;
  while (url.ends_with('/')) url.pop_back();
  return with_query(url + "/api/v1/query", "query", rule.served.query);
}

std::expected<ServedReply, ReadError> read_served(const AliasRule& rule,
                                                  const std::string& list_prefix,
                                                  std::string_view body) {
  const auto answer = Json::parse(body, nullptr, false);
  if (!answer.is_object())
    return std::unexpected(unread_answer(Reason::NotJson, "is no JSON object"));
  const Json* result = result_of(answer);
  if (result == nullptr) {
    return std::unexpected(unread_answer(
        Reason::BadShape,
        "holds no instant vector: is url the base URL of a Prometheus API, and does query "
        "sum counts?"));
  }
  if (result->size() > kRowsMax)
    return std::unexpected(
        unread_answer(Reason::TooLarge, fmt::format("has more than {} series", kRowsMax)));
  std::map<std::pair<std::string, std::string>, double> counts;
  const Json* first = nullptr;
  for (const auto& series : *result) {
    const auto metric = series.find("metric");
    if (metric == series.end() || !metric->is_object()) continue;
    if (first == nullptr) first = &*metric;
    // Requests that failed have no model that answered.
    const auto alias = model_id(label_in(*metric, rule.served.alias), list_prefix);
    const auto target = target_in(rule, label_in(*metric, rule.served.target), list_prefix);
    if (alias && target) counts[{*alias, *target}] += count_of(series);
  }
  ServedReply reply;
  for (auto& [pair, count] : counts) reply.counts.push_back({pair.first, pair.second, count});
  if (counts.empty() && first != nullptr) {
    reply.problem =
        fmt::format("served finds no series with both labels {} and {}; the first has {}",
                    rule.served.alias, rule.served.target, labels_of(*first));
  }
  return reply;
}

Duration window_of(std::string_view query) {
  Duration longest{0};
  for (auto open = query.find('['); open != std::string_view::npos; open = query.find('[')) {
    query.remove_prefix(open + 1);
    const auto end = query.find_first_of(":]");
    if (const auto range = parse_duration(query.substr(0, end)))
      longest = std::max(longest, *range);
  }
  return longest > Duration{0} ? longest : kUsualWindow;
}

void ServedBook::know(const std::string& alias, std::string_view targets) {
  const auto [entry, is_new] = aliases_.try_emplace(alias);
  if (!is_new) return;
  for (const auto target : targets_in(targets))
    entry->second.members[std::string{target}] = {.counts = true};
}

void ServedBook::fall_silent() {
  for (auto& [id, alias] : aliases_) alias.is_heard = false;
}

// In both directions by the likelihood of the requests that were counted: that a target which had
// no share of note has twice the least one, or that one which had its share is as good as gone.
void ServedBook::judge(const ServedSource& source, double answers, double fresh, Member& member) {
  const double hits = member.share * answers;
  const double had = member.counts ? std::max(source.share, member.usual / 2) : source.share;
  const double has = member.counts ? source.share * kGoneShare
                                   : std::min(2 * source.share, (1 + source.share) / 2);
  const double news = evidence_of(hits, answers, had, has);
  member.evidence = std::max({0.0, news, member.evidence + fresh * news});
  member.usual += kUsualFollows * fresh * (member.share - member.usual);
  const bool is_past = member.counts ? member.share < source.share : member.share >= source.share;
  if (member.evidence < kServedEvidence || !is_past) return;
  member.counts = !member.counts;
  member.usual = member.share;
  member.evidence = 0;
}

void ServedBook::add(const AliasRule& rule, const std::vector<ServedCount>& counts,
                     std::optional<Duration> elapsed) {
  const auto& source = rule.served;
  const double fresh =
      elapsed ? std::clamp(to_seconds(*elapsed) / to_seconds(window_of(source.query)), 0.0, 1.0)
              : 1;
  fall_silent();
  std::map<std::string, std::vector<const ServedCount*>> by_alias;
  for (const auto& count : counts) by_alias[count.alias].push_back(&count);
  for (const auto& [id, its_counts] : by_alias) {
    double answers = 0;
    for (const auto* count : its_counts) answers += count->answers;
    if (answers < source.least) continue;
    const auto [entry, is_first] = aliases_.try_emplace(id);
    auto& alias = entry->second;
    alias.is_heard = true;
    alias.answers = answers;
    for (auto& [target, member] : alias.members) member.share = 0;
    for (const auto* count : its_counts) {
      const double share = count->answers / answers;
      auto& member = alias.members[count->target];
      member.share = share;
      if (is_first) member = {.counts = share >= source.share, .share = share, .usual = share};
    }
    for (auto& [target, member] : alias.members) judge(source, answers, fresh, member);
    std::erase_if(alias.members, [](const auto& one) {
      return !one.second.counts && one.second.share == 0 && one.second.evidence == 0;
    });
  }
}

std::vector<std::string> ServedBook::targets_of(const Alias& alias) {
  std::vector<std::string> targets;
  for (const auto& [target, member] : alias.members) {
    if (member.counts) targets.push_back(target);
  }
  return targets;
}

std::vector<ServedView> ServedBook::views() const {
  std::vector<ServedView> views;
  for (const auto& [id, alias] : aliases_) {
    if (!alias.is_heard) continue;
    ServedView view{.alias = id, .answers = alias.answers, .shares = {}};
    for (const auto& [target, member] : alias.members) {
      if (member.counts || member.share > 0) view.shares.push_back({target, member.share});
    }
    views.push_back(std::move(view));
  }
  return views;
}

std::vector<AliasRow> ServedBook::rows() const {
  std::vector<AliasRow> rows;
  for (const auto& [id, alias] : aliases_) {
    const auto targets = alias.is_heard ? targets_of(alias) : std::vector<std::string>{};
    if (targets.empty() || targets.size() > kTargetsMax || targets == std::vector{id}) continue;
    auto shares = Json::object();
    for (const auto& [target, member] : alias.members)
      shares[target] = std::round(member.share * 1e4) / 1e4;
    auto evidence =
        Json{{"requested", id}, {"answers", std::round(alias.answers)}, {"shares", shares}}.dump();
    if (evidence.size() > kEvidenceBytesMax) evidence.clear();
    rows.push_back({.id = id,
                    .target = joined_targets(targets),
                    .rule = Rule::Served,
                    .evidence = std::move(evidence)});
  }
  return rows;
}

std::vector<std::string> ServedBook::undisclosed() const {
  std::vector<std::string> ids;
  for (const auto& [id, alias] : aliases_) {
    if (alias.is_heard && targets_of(alias) == std::vector{id}) ids.push_back(id);
  }
  return ids;
}

Catalog with_traffic(Catalog catalog, const ServedBook& book, const std::vector<std::string>& known,
                     const Reading& reading) {
  auto silent = known;
  // Of an id that nobody lists, an answer that names itself must not seem to be its end.
  for (const auto& id : book.undisclosed()) {
    if (catalog.has(id)) std::erase(silent, id);
  }
  std::vector<AliasRow> added;
  for (auto& row : book.rows()) {
    if (!reading.models.accepts(row.id)) continue;
    std::erase(silent, row.id);
    (catalog.find_alias(row.id) != nullptr ? catalog.traffic : added).push_back(std::move(row));
  }
  for (const auto& row : added) {
    std::erase(catalog.undisclosed, row.id);
    std::erase(catalog.unasked, row.id);
  }
  catalog.aliases.insert(catalog.aliases.end(), std::make_move_iterator(added.begin()),
                         std::make_move_iterator(added.end()));
  std::ranges::sort(catalog.aliases, {}, &AliasRow::id);
  for (auto& id : silent) {
    if (catalog.find_alias(id) != nullptr) continue;
    std::erase(catalog.undisclosed, id);
    catalog.unasked.push_back(std::move(id));
  }
  std::ranges::sort(catalog.unasked);
  const auto repeated = std::ranges::unique(catalog.unasked);
  catalog.unasked.erase(repeated.begin(), repeated.end());
  return catalog;
}

}  // namespace modelvane
