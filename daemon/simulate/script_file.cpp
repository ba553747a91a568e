#include "daemon/simulate/script_file.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <set>
#include <span>
#include <utility>

namespace modelvane::simulated {

namespace {

// Bounds that no script for a person's eyes comes near; they keep a wrong file from filling the
// memory.
constexpr std::size_t kFileLimit = std::size_t{1} * 1024 * 1024;
constexpr std::size_t kEntryLimit = 10'000;
constexpr Duration kLongestDelay = std::chrono::minutes{5};

class Reader {
 public:
  explicit Reader(std::string file) : file_(std::move(file)) {}

  void complain(const YAML::Node& node, std::string sentence) {
    const YAML::Mark mark = node.Mark();
    if (mark.is_null()) {
      errors_.push_back(fmt::format("{}: {}", file_, sentence));
    } else {
      errors_.push_back(
          fmt::format("{}:{}:{}: {}", file_, mark.line + 1, mark.column + 1, sentence));
    }
  }

  // Calls visit(key, value) for each entry of a map, and complains about everything that is not a
  // map of distinct plain keys.
  template <typename Visit>
  void each_entry(const YAML::Node& node, std::string_view what, Visit visit) {
    if (!node.IsMap())
      return complain(node, fmt::format("{} must be a map of keys and values", what));
    if (node.size() > kEntryLimit)
      return complain(node, fmt::format("{} has more than {} entries", what, kEntryLimit));
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) {
        complain(node, fmt::format("a key in {} is not plain text", what));
      } else if (!seen.insert(entry.first.Scalar()).second) {
        complain(entry.first, fmt::format("{} stands twice in {}", entry.first.Scalar(), what));
      } else {
        visit(entry.first, entry.second);
      }
    }
  }

  void unknown_key(const YAML::Node& key, std::string_view what, std::string_view known) {
    complain(key, fmt::format("{} is not a key of {}; known are {}", key.Scalar(), what, known));
  }

  std::string text(const YAML::Node& node, std::string_view what) {
    if (node.IsScalar()) return node.Scalar();
    complain(node, fmt::format("{} must be text", what));
    return "";
  }

  Duration span(const YAML::Node& node, std::string_view what, Duration least = Duration{0}) {
    const auto parsed = node.IsScalar() ? parse_duration(node.Scalar()) : std::nullopt;
    if (!parsed) {
      complain(node, fmt::format("{} must be a duration such as 10s or 600ms", what));
    } else if (*parsed < least) {
      complain(node, fmt::format("{} must be at least {}", what, to_text(least)));
    }
    return parsed.value_or(Duration{0});
  }

  int status(const YAML::Node& node) {
    int value = 0;
    const std::string digits = node.IsScalar() ? node.Scalar() : "";
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc{} || end != digits.data() + digits.size() || value < 200 ||
        value > 599) {
      complain(node, "status must be an HTTP status between 200 and 599");
    }
    return value;
  }

  ListKind list(const YAML::Node& node) {
    const auto kind = node.IsScalar() ? list_kind(node.Scalar()) : std::nullopt;
    if (!kind) complain(node, "list must be one of normal, empty, short, html, duplicate");
    return kind.value_or(ListKind::Normal);
  }

  Targets targets(const YAML::Node& node) {
    Targets result;
    each_entry(node, "aliases", [&](const YAML::Node& key, const YAML::Node& value) {
      if (value.IsNull()) {
        result[key.Scalar()] = std::nullopt;
      } else {
        result[key.Scalar()] = text(value, "a target");
      }
    });
    return result;
  }

  std::vector<std::string> models(const YAML::Node& node) {
    std::vector<std::string> result;
    if (!node.IsSequence() || node.size() > kEntryLimit) {
      complain(node, fmt::format("models must be a list of at most {} ids", kEntryLimit));
      return result;
    }
    for (const auto& id : node) result.push_back(text(id, "a model id"));
    return result;
  }

  Scene scene(const YAML::Node& node);
  std::vector<Scene> scenes(const YAML::Node& node);
  Script script(const YAML::Node& node);
  void check_times(const Script& script, const YAML::Node& scenes);

  std::vector<std::string> take_errors() { return std::move(errors_); }

 private:
  std::string file_;
  std::vector<std::string> errors_;
};

Scene Reader::scene(const YAML::Node& node) {
  Scene scene;
  bool has_time = false;
  each_entry(node, "a scene", [&](const YAML::Node& key, const YAML::Node& value) {
    const std::string& name = key.Scalar();
    if (name == "at") {
      scene.at = span(value, "at");
    } else if (name == "for") {
      scene.lasts = span(value, "for");
      has_time = true;
    } else if (name == "says") {
      scene.says = text(value, "says");
    } else if (name == "then") {
      scene.then = text(value, "then");
    } else if (name == "aliases") {
      scene.aliases = targets(value);
    } else if (name == "status") {
      scene.status = status(value);
    } else if (name == "delay") {
      scene.delay = span(value, "delay");
      if (*scene.delay > kLongestDelay)
        complain(value, fmt::format("delay must be at most {}", to_text(kLongestDelay)));
    } else if (name == "list") {
      scene.list = list(value);
    } else {
      unknown_key(key, "a scene", "at, for, says, then, aliases, status, delay, list");
    }
  });
  if (node.IsMap() && !has_time)
    complain(node, "the scene does not say how long it lasts: add for");
  return scene;
}

std::vector<Scene> Reader::scenes(const YAML::Node& node) {
  std::vector<Scene> result;
  if (!node.IsSequence() || node.size() > kEntryLimit) {
    complain(node, fmt::format("scenes must be a list of at most {} scenes", kEntryLimit));
    return result;
  }
  for (const auto& one : node) result.push_back(scene(one));
  return result;
}

void Reader::check_times(const Script& script, const YAML::Node& scenes) {
  for (std::size_t i = 0; i < script.scenes.size(); ++i) {
    const Scene& scene = script.scenes[i];
    if (scene.lasts <= Duration{0}) complain(scenes[i], "for must be longer than zero");
    if (scene.at + scene.lasts > script.round) {
      complain(scenes[i], fmt::format("the scene ends at {}, after its round of {}",
                                      to_text(scene.at + scene.lasts), to_text(script.round)));
    }
  }
}

Script Reader::script(const YAML::Node& node) {
  Script script;
  YAML::Node scene_list;
  each_entry(node, "a script", [&](const YAML::Node& key, const YAML::Node& value) {
    const std::string& name = key.Scalar();
    if (name == "round") {
      script.round = span(value, "round", std::chrono::seconds{1});
    } else if (name == "aliases") {
      script.aliases = targets(value);
    } else if (name == "models") {
      script.models = models(value);
    } else if (name == "scenes") {
      script.scenes = scenes(value);
      scene_list = value;
    } else {
      unknown_key(key, "a script", "round, aliases, models, scenes");
    }
  });
  if (!errors_.empty()) return script;
  if (script.aliases.empty() && script.models.empty())
    complain(node, "the script lists nothing: add aliases or models");
  check_times(script, scene_list);
  return script;
}

std::unexpected<std::vector<std::string>> failed(const std::string& file,
                                                 std::string_view sentence) {
  return std::unexpected(std::vector{fmt::format("{}: {}", file, sentence)});
}

}  // namespace

std::expected<Script, std::vector<std::string>> parse_script(std::string_view yaml,
                                                             const std::string& file) {
  if (yaml.size() > kFileLimit) return failed(file, "the file is larger than 1 MiB");
  try {
    // LoadAll, because Load stops silently at the first document and so hides what follows a
    // mistake in indentation.
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(yaml));
    if (documents.size() != 1)
      return failed(file,
                    fmt::format("one YAML document is expected, {} are there", documents.size()));
    Reader reader(file);
    Script script = reader.script(documents.front());
    auto errors = reader.take_errors();
    if (!errors.empty()) return std::unexpected(std::move(errors));
    return script;
  } catch (const YAML::Exception& error) {
    const std::string at = error.mark.is_null()
                               ? ""
                               : fmt::format(":{}:{}", error.mark.line + 1, error.mark.column + 1);
    return std::unexpected(
        std::vector{fmt::format("{}{}: not valid YAML: {}", file, at, error.msg)});
  } catch (const std::exception& error) {
    return failed(file, fmt::format("cannot be read as YAML: {}", error.what()));
  }
}

std::expected<Script, std::vector<std::string>> load_script(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return failed(path, "cannot be opened: does it exist, and may you read it?");
  std::string text;
  char chunk[4096];
  // Reads one chunk more than the limit at most: parse_script then says that the file is too large.
  while (text.size() <= kFileLimit && (file.read(chunk, sizeof chunk), file.gcount() > 0)) {
    text.append(chunk, static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return failed(path, "cannot be read: is it a file?");
  return parse_script(text, path);
}

}  // namespace modelvane::simulated
