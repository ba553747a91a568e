#include "daemon/web/view_text.h"

#include <algorithm>
#include <concepts>
#include <nlohmann/json.hpp>
#include <type_traits>

namespace modelvane {
namespace {

using SortedJson = nlohmann::json;

// Each struct names its fields once, for both directions.
template <class V, class T>
concept Is = std::same_as<std::remove_const_t<V>, T>;

template <class A>
void fields(A& a, Is<PinState> auto& pin) {
  a("approved", pin.approved);
  a("ok", pin.ok);
}

template <class A>
void fields(A& a, Is<AliasView> auto& alias) {
  a("alias", alias.alias);
  a("status", alias.status);
  a("target", alias.target);
  a("rule", alias.rule);
  a("since", alias.since);
  a("pending", alias.pending);
  a("pending_target", alias.pending_target);
  a("unstable", alias.unstable);
  a("changes", alias.changes);
  a("last_change", alias.last_change);
  a("pin", alias.pin);
  a("disagrees", alias.disagrees);
  a("last_seen", alias.last_seen);
}

template <class A>
void fields(A& a, Is<Retirement> auto& end) {
  a("model", end.model);
  a("at", end.at);
  a("replacement", end.replacement);
  a("source", end.source);
}

template <class A>
void fields(A& a, Is<KnownView> auto& known) {
  a("aliases", known.aliases);
  a("models", known.models);
  a("retirements", known.retirements);
  a("has_baseline", known.has_baseline);
  a("availability", known.availability);
  a("down_since", known.down_since);
  a("quarantined", known.quarantined);
}

template <class A>
void fields(A& a, Is<Phases> auto& phases) {
  a("resolve", phases.resolve);
  a("connect", phases.connect);
  a("tls", phases.tls);
  a("processing", phases.processing);
  a("transfer", phases.transfer);
}

template <class A>
void fields(A& a, Is<CatalogNote> auto& note) {
  a("rule", note.rule);
  a("sentence", note.sentence);
}

template <class A>
void fields(A& a, Is<Slowing> auto& slowing) {
  a("reason", slowing.reason);
  a("is_asked_for", slowing.is_asked_for);
}

template <class A>
void fields(A& a, Is<ServedShare> auto& share) {
  a("target", share.target);
  a("share", share.share);
}

template <class A>
void fields(A& a, Is<ServedView> auto& served) {
  a("alias", served.alias);
  a("answers", served.answers);
  a("shares", served.shares);
}

template <class A>
void fields(A& a, Is<Seconds> auto& seconds) {
  a("up", seconds.up);
  a("down", seconds.down);
  a("unknown", seconds.unknown);
}

template <class A>
void fields(A& a, Is<PastFigure> auto& figure) {
  a("from", figure.from);
  a("seconds", figure.seconds);
  a("p50", figure.p50);
}

template <class A>
void fields(A& a, Is<PastView> auto& past) {
  a("seconds", past.seconds);
  a("hours", past.hours);
  a("days", past.days);
}

template <class A>
void fields(A& a, Is<EndpointView> auto& view) {
  a("name", view.name);
  a("provider", view.provider);
  a("url", view.url);
  a("labels", view.labels);
  a("compare", view.compare);
  a("interval", view.interval);
  a("known", view.known);
  a("polls", view.polls);
  a("failures", view.failures);
  a("last_poll", view.last_poll);
  a("last_good_poll", view.last_good_poll);
  a("last_ok", view.last_ok);
  a("last_reason", view.last_reason);
  a("last_sentence", view.last_sentence);
  a("status_code", view.status_code);
  a("body_bytes", view.body_bytes);
  a("phases", view.phases);
  a("certificate_expiry", view.certificate_expiry);
  a("next_poll", view.next_poll);
  a("slowed", view.slowed);
  a("notes", view.notes);
  a("is_paused", view.is_paused);
  a("maintenance", view.maintenance);
  a("served", view.served);
  a("past", view.past);
}

constexpr const auto& labels_of(AliasStatus) {
  return kAliasStatuses;
}
constexpr const auto& labels_of(Rule) {
  return kRules;
}
constexpr const auto& labels_of(Availability) {
  return kAvailabilities;
}
constexpr const auto& labels_of(Reason) {
  return kReasons;
}

struct Writer {
  SortedJson json = SortedJson::object();

  template <class T>
  void operator()(const char* key, const T& value) {
    auto written = to_value(value);
    if (!written.is_null()) json[key] = std::move(written);
  }

  static SortedJson to_value(const std::string& text) { return text; }
  template <class T>
    requires std::is_arithmetic_v<T>
  static SortedJson to_value(T number) {
    return number;
  }
  static SortedJson to_value(Duration span) { return span.count(); }
  static SortedJson to_value(Time time) { return time.time_since_epoch().count(); }
  static SortedJson to_value(const IdList& ids) {
    return ids.is_known() ? SortedJson(ids.all()) : SortedJson();
  }
  static SortedJson to_value(const std::map<std::string, std::string>& labels) { return labels; }
  template <class T, std::size_t N>
  static SortedJson to_value(const std::array<T, N>& counts) {
    return counts;
  }
  template <class E>
    requires std::is_enum_v<E>
  static SortedJson to_value(E value) {
    return labels_of(value).label(value);
  }
  template <class T>
  static SortedJson to_value(const std::optional<T>& value) {
    return value ? to_value(*value) : SortedJson();
  }
  template <class T>
  static SortedJson to_value(const std::shared_ptr<const T>& value) {
    return value ? to_value(*value) : SortedJson();
  }
  template <class T>
  static SortedJson to_value(const std::vector<T>& values) {
    auto all = SortedJson::array();
    for (const auto& value : values) all.push_back(to_value(value));
    return all;
  }
  template <class T>
    requires std::is_class_v<T>
  static SortedJson to_value(const T& value) {
    Writer writer;
    fields(writer, value);
    return std::move(writer.json);
  }
};

// Throws nlohmann's exceptions at values of other types.
struct Reader {
  const SortedJson& json;

  template <class T>
  void operator()(const char* key, T& value) const {
    if (const auto found = json.find(key); found != json.end()) read(*found, value);
  }

  static void read(const SortedJson& from, std::string& text) { text = from.get<std::string>(); }
  template <class T>
    requires std::is_arithmetic_v<T>
  static void read(const SortedJson& from, T& number) {
    number = from.get<T>();
  }
  static void read(const SortedJson& from, Duration& span) {
    span = Duration{from.get<Duration::rep>()};
  }
  static void read(const SortedJson& from, Time& time) {
    time = Time{Duration{from.get<Duration::rep>()}};
  }
  static void read(const SortedJson& from, IdList& ids) {
    auto all = from.get<std::vector<std::string>>();
    std::ranges::sort(all);
    const auto repeated = std::ranges::unique(all);
    all.erase(repeated.begin(), repeated.end());
    ids = IdList::of(all);
  }
  static void read(const SortedJson& from, std::map<std::string, std::string>& labels) {
    labels = from.get<std::map<std::string, std::string>>();
  }
  template <class T, std::size_t N>
  static void read(const SortedJson& from, std::array<T, N>& counts) {
    for (std::size_t i = 0; i < std::min(N, from.size()); ++i) counts[i] = from.at(i).get<T>();
  }
  // What another version calls something that this one does not know stays at its default.
  template <class E>
    requires std::is_enum_v<E>
  static void read(const SortedJson& from, E& value) {
    value = labels_of(value).parse(from.get<std::string>()).value_or(value);
  }
  template <class T>
  static void read(const SortedJson& from, std::optional<T>& value) {
    read(from, value.emplace());
  }
  template <class T>
  static void read(const SortedJson& from, std::shared_ptr<const T>& value) {
    auto made = std::make_shared<T>();
    read(from, *made);
    value = std::move(made);
  }
  template <class T>
  static void read(const SortedJson& from, std::vector<T>& values) {
    for (const auto& each : from) read(each, values.emplace_back());
  }
  template <class T>
    requires std::is_class_v<T>
  static void read(const SortedJson& from, T& value) {
    const Reader reader{from};
    fields(reader, value);
  }
};

}  // namespace

std::string to_view_text(const EndpointView& view) {
  return Writer::to_value(view).dump(-1, ' ', false, SortedJson::error_handler_t::replace);
}

std::optional<EndpointView> read_view_text(std::string_view text) {
  try {
    EndpointView view;
    Reader::read(SortedJson::parse(text), view);
    if (view.name.empty()) return std::nullopt;
    return view;
  } catch (const SortedJson::exception&) {
    return std::nullopt;
  }
}

}  // namespace modelvane
