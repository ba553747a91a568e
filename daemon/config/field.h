// The typed reader: a Field is one value of the file with its path ("endpoints[1].interval"). Each
// getter checks one type and reports what is wrong, where, and what was expected; it returns
// nullopt then, and the caller goes on, so that all errors come out at once. Fields borrow the tree
// and the findings: both must outlive them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "daemon/config/config_error.h"
#include "daemon/config/surroundings.h"
#include "daemon/config/yaml_node.h"
#include "daemon/text/time.h"

namespace modelvane {

// The errors of one file, as they are found.
class Findings {
 public:
  explicit Findings(std::string file, Surroundings surroundings = Surroundings::Checked)
      : file_(std::move(file)), surroundings_(surroundings) {}
  bool checks_surroundings() const { return surroundings_ == Surroundings::Checked; }
  // `path` may be empty; it is put in front of the sentence.
  void add(Position at, std::string_view path, std::string_view sentence);
  // What is taken as it was probably meant, and should be mended all the same.
  void warn(Position at, std::string_view path, std::string_view sentence);
  // In file order, at most kErrorsMax of them.
  std::vector<ConfigError> take();
  std::vector<ConfigError> take_warnings();
  bool empty() const { return errors_.empty(); }
  const std::string& file() const { return file_; }
  // Relative paths count from the folder of the config file, as in Prometheus.
  std::string resolve(const std::string& path) const;

 private:
  std::string file_;
  Surroundings surroundings_;
  std::vector<ConfigError> errors_;
  std::vector<ConfigError> warnings_;
};

template <typename T>
struct Range {
  T min;
  T max;
};

class Fields;

class Field {
 public:
  Field(const YamlNode& node, Position at, std::string path, Findings& findings)
      : node_(&node), at_(at), path_(std::move(path)), findings_(&findings) {}

  Position at() const { return at_; }
  const std::string& path() const { return path_; }
  // For values whose shape is the user's own.
  const YamlNode& node() const { return *node_; }
  Findings& findings() const { return *findings_; }
  void fail(std::string_view sentence) const { findings_->add(at_, path_, sentence); }
  void warn(std::string_view sentence) const { findings_->warn(at_, path_, sentence); }

  // Text is taken as written: 0123 and true are text, too. `what` completes "must be ...", e.g. "a
  // duration such as 30s".
  std::optional<std::string> text(std::string_view what) const;
  std::optional<std::string> text_or_empty(std::string_view what) const;
  std::optional<bool> boolean() const;
  std::optional<int> integer(Range<int> range) const;
  std::optional<double> number(Range<double> range) const;
  std::optional<Duration> duration(Range<Duration> range) const;
  std::optional<std::size_t> size(Range<std::size_t> range) const;
  // One of `words`.
  std::optional<std::string> choice(std::span<const std::string_view> words) const;

  std::optional<std::vector<Field>> list(std::string_view of_what) const;
  std::optional<std::vector<std::string>> texts(std::string_view of_what) const;
  // A map with known keys: others are reported, with the key that was probably meant.
  std::optional<Fields> fields(std::span<const std::string_view> known) const;
  // A map with free keys, each once. `may_show` says which keys may be repeated in an error; others
  // might hold a secret by mistake.
  using MayShow = bool (*)(std::string_view);
  std::optional<std::vector<std::pair<std::string, Field>>> entries(std::string_view what,
                                                                    MayShow may_show) const;
  bool is_map() const { return node_->kind == YamlNode::Kind::Map; }
  bool is_list() const { return node_->kind == YamlNode::Kind::Sequence; }

 private:
  bool has_kind(YamlNode::Kind kind, std::string_view what) const;
  std::optional<std::string> plain(std::string_view what) const;
  std::optional<std::string_view> report_unknown(const YamlEntry& entry,
                                                 std::span<const std::string_view> known) const;

  const YamlNode* node_;
  Position at_;
  std::string path_;
  Findings* findings_;
};

// The values of a map with known keys.
class Fields {
 public:
  using Values = std::map<std::string, Field, std::less<>>;
  // `misspelt`: keys that unknown ones were probably meant to be.
  Fields(Field whole, Values values, std::vector<std::string_view> misspelt)
      : whole_(std::move(whole)), values_(std::move(values)), misspelt_(std::move(misspelt)) {}
  const Field* find(std::string_view key) const;
  // The same, but a missing key is an error; `what_to_write` ends the sentence. A misspelt key was
  // reported already.
  const Field* need(std::string_view key, std::string_view what_to_write) const;
  const Field& whole() const { return whole_; }

 private:
  Field whole_;
  Values values_;
  std::vector<std::string_view> misspelt_;
};

// "path.key", or path["key"] where the key is no plain word.
std::string join_path(std::string_view path, std::string_view key);

}  // namespace modelvane
