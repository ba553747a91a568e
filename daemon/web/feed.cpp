#include "daemon/web/feed.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "daemon/events/event_json.h"
#include "daemon/text/url.h"
#include "daemon/web/event_filter.h"
#include "daemon/web/xml.h"

namespace modelvane {
namespace {

constexpr std::size_t kEntries = 100;

// RFC 8141 allows few characters in a name: the others are percent-encoded.
std::string urn_part(std::string_view text) {
  constexpr std::string_view kPlain = "-._";
  std::string part;
  for (const char c : text) {
    const bool is_plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                          (c >= 'A' && c <= 'Z') || kPlain.contains(c);
    part += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return part;
}

// What the reader asked for, as a query in one fixed order; "" = everything. A feed of a part is a
// feed of its own.
std::string query_of(const EventFilter& filter) {
  std::string query;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty())
      query += fmt::format("{}{}={}", query.empty() ? '?' : '&', name, percent_encode(value));
  };
  add("endpoint", filter.endpoint);
  add("alias", filter.alias);
  for (const auto& type : filter.types) add("type", type);
  return query;
}

// Where the feed is, when that was configured: ids must outlive the name of the machine.
std::string feed_id(const Site& site, const std::string& query) {
  if (!site.url.empty()) return site.url + "feed.atom" + query;
  return "urn:modelvane:events" + (query.empty() ? "" : ":" + urn_part(query.substr(1)));
}

void add_element(std::string& text, std::string_view name, std::string_view content) {
  fmt::format_to(std::back_inserter(text), "<{0}>{1}</{0}>\n", name, xml::escape(content));
}

std::string bounds_of(const Event& event) {
  if (!event.observed_between) return "";
  const auto& [before, after] = *event.observed_between;
  return fmt::format(" Observed between {} and {}.",
                     before ? to_rfc3339(*before) : "an unknown time", to_rfc3339(after));
}

// The stored event may come from another version: what cannot be read is still named by its type.
std::string title_of(const StoredEvent& stored, const std::expected<Event, std::string>& event) {
  if (event && !event->summary.empty()) return event->summary;
  return fmt::format("{} {}", name(stored.type), stored.endpoint);
}

void add_entry(std::string& text, const Site& site, const StoredEvent& stored) {
  const auto event = parse_cloudevent(stored.json);
  const auto title = title_of(stored, event);
  text += "<entry>\n";
  add_element(text, "id", "urn:modelvane:event:" + urn_part(stored.id));
  add_element(text, "title", title);
  add_element(text, "updated", to_rfc3339(stored.time));
  fmt::format_to(std::back_inserter(text), "<category term=\"{}\"/>\n", name(stored.type));
  if (!site.url.empty())
    fmt::format_to(std::back_inserter(text), "<link href=\"{}\"/>\n",
                   xml::escape(site.url + "#/events/" + percent_encode(stored.id)));
  fmt::format_to(std::back_inserter(text), "<content type=\"text\">{}.{}</content>\n</entry>\n",
                 xml::escape(title), xml::escape(event ? bounds_of(*event) : ""));
}

}  // namespace

Reply feed(const Site& site, const Snapshot& snapshot, EventQuery& events, const Query& query) {
  Parameters parameters{query};
  auto filter = read_event_filter(parameters);
  filter.limit = kEntries;
  if (auto refusal = parameters.refusal()) return *refusal;
  const auto found = events.events(filter);
  if (!found) return problem(503, found.error());
  const auto& daemon = snapshot.daemon;
  std::string text =
      "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\">\n";
  const auto query_text = query_of(filter);
  add_element(text, "id", feed_id(site, query_text));
  add_element(text, "title",
              daemon.instance.empty() ? "modelvane" : "modelvane " + daemon.instance);
  add_element(text, "updated", to_rfc3339(found->empty() ? daemon.started : found->front().time));
  text += "<author><name>modelvane</name></author>\n";
  if (!site.url.empty()) {
    const auto url = xml::escape(site.url);
    fmt::format_to(std::back_inserter(text),
                   "<link rel=\"self\" href=\"{0}feed.atom{1}\"/>\n<link href=\"{0}\"/>\n", url,
                   xml::escape(query_text));
  }
  for (const auto& event : *found) add_entry(text, site, event);
  return {.content_type = "application/atom+xml; charset=utf-8", .body = text + "</feed>\n"};
}

}  // namespace modelvane
