// What the user's own traffic says: which models answered for which requested ones, as a query of
// Prometheus (or VictoriaMetrics, Mimir, Thanos) counts them. Counts -> shares -> the targets that
// an alias has. Pure. What surprises: an answer that counts few requests says little, and answers
// whose windows overlap say the same again; so a target enters or leaves by evidence that adds up
// over answers, not by the share of one of them.
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/read_error.h"
#include "daemon/catalog/reading.h"
#include "daemon/text/time.h"

namespace modelvane {

// A series for each pair of models takes some 200 bytes: room for all that a catalog may hold.
inline constexpr std::size_t kServedBytesMax = 8 * 1024 * 1024;

// How sure a target's coming or leaving must be: so much more likely than chance, as a natural
// logarithm. A target at twice the least share is then lost by chance once in 10^13 requests.
inline constexpr double kServedEvidence = 12;

struct ServedCount {
  std::string alias;
  std::string target;
  double answers = 0;
  friend bool operator==(const ServedCount&, const ServedCount&) = default;
};

struct ServedReply {
  std::vector<ServedCount> counts;  // by alias and target, unique
  std::string problem;              // what is wrong with the query, as a sentence; "" = nothing
};

// The URL of the query at the source's base URL.
std::string served_url(const AliasRule& rule);

std::expected<ServedReply, ReadError> read_served(const AliasRule& rule,
                                                  const std::string& list_prefix,
                                                  std::string_view body);

// The longest range of the query, such as the 5m of increase(...[5m]); what was counted that long
// ago is counted no more.
Duration window_of(std::string_view query);

struct ServedShare {
  std::string target;
  double share = 0;
  friend bool operator==(const ServedShare&, const ServedShare&) = default;
};

// What the newest answer of the source says of one alias.
struct ServedView {
  std::string alias;
  double answers = 0;
  std::vector<ServedShare> shares;  // by target
  friend bool operator==(const ServedView&, const ServedView&) = default;
};

// Remembers the targets of each alias from answer to answer.
class ServedBook {
 public:
  // `targets` are what is known of an alias that the book has not met; of others they are ignored.
  void know(const std::string& alias, std::string_view targets);
  // An answer; `elapsed` since the one before, nullopt: there was none.
  void add(const AliasRule& rule, const std::vector<ServedCount>& counts,
           std::optional<Duration> elapsed);
  // The source did not answer: nothing is heard of any alias.
  void fall_silent();

  // Of the aliases that are heard of: enough requests were counted.
  std::vector<ServedView> views() const;
  // The same as rows. An alias that is answered by itself alone has none.
  std::vector<AliasRow> rows() const;
  // Heard of, and answered by themselves alone: nothing is disclosed.
  std::vector<std::string> undisclosed() const;

 private:
  struct Member {
    bool counts = false;  // it is one of the alias's targets
    double share = 0;     // by the newest answer
    double usual = 0;     // about what it had over the last answers
    double evidence = 0;  // that it came or left, whichever it would be
  };
  struct Alias {
    bool is_heard = false;
    double answers = 0;
    std::map<std::string, Member> members;
  };
  static std::vector<std::string> targets_of(const Alias& alias);
  static void judge(const ServedSource& source, double answers, double fresh, Member& member);

  std::map<std::string, Alias> aliases_;
};

// Joins what the traffic says to what the list says, which wins: its aliases are compared with the
// traffic (Catalog::traffic). `known`: ids whose target was learnt from traffic before; where it is
// silent, what is known of them stands.
Catalog with_traffic(Catalog catalog, const ServedBook& book, const std::vector<std::string>& known,
                     const Reading& reading);

}  // namespace modelvane
