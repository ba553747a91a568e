#include "tests/tidy/rules.h"

#include <algorithm>
#include <array>
#include <map>
#include <regex>

namespace tidy {

namespace {

// 100 columns fit two files side by side; 600 lines are about as much as one noun needs.
constexpr std::size_t kWidth = 100;
constexpr std::size_t kLength = 600;

// Layer -> what it may include below daemon/, besides itself: a folder ("text/") or one interface
// ("store/store.h").
const std::map<std::string, std::vector<std::string>>& allowed_includes() {
  static const std::map<std::string, std::vector<std::string>> kAllowed{
      {"text", {}},
      {"catalog", {"text/"}},
      {"events", {"text/", "catalog/"}},
      {"cluster", {"text/"}},
      {"detect", {"text/", "catalog/", "events/"}},
      {"log", {"text/"}},
      {"io", {"text/"}},
      {"transport", {"text/", "catalog/", "io/"}},
      {"store", {"text/", "catalog/", "events/", "detect/", "cluster/"}},
      {"http", {"text/", "io/"}},
      {"config",
       {"text/", "catalog/", "events/", "detect/", "http/tls_settings.h", "transport/transport.h"}},
      {"notify",
       {"text/", "catalog/", "events/", "config/", "store/store.h", "transport/transport.h"}},
      {"metrics",
       {"text/", "catalog/", "events/", "cluster/", "detect/", "engine/snapshot.h",
        "http/refusals.h"}},
      {"web",
       {"text/", "catalog/", "events/", "detect/", "io/", "http/", "config/web_config.h",
        "engine/snapshot.h", "metrics/", "store/store.h"}},
      {"engine",
       {"text/", "catalog/", "events/", "cluster/", "detect/", "config/", "http/refusals.h",
        "transport/transport.h", "transport/phases.h", "transport/shortage.h", "store/store.h",
        "notify/", "log/"}},
      {"simulate", {"text/"}},
      {"commands", {""}},
      {"", {"commands/"}},  // main.cpp
  };
  return kAllowed;
}

struct Vendor {
  std::string prefix;  // of the header's name
  std::vector<std::string> layers;
};

const std::vector<Vendor>& vendors() {
  static const std::vector<Vendor> kVendors{
      {"brotli/", {"transport"}},
      {"CLI/", {"commands", ""}},
      {"crypt.h", {"http"}},
      {"curl/", {"transport"}},
      {"httplib.h", {"commands", "simulate"}},
      {"libpq-fe.h", {"store"}},
      {"nlohmann/",
       {"catalog", "events", "http", "store", "notify", "web", "simulate", "commands"}},
      {"openssl/", {"text", "notify", "transport", "http", "simulate"}},
      {"prometheus/", {"metrics"}},
      {"re2/", {"text"}},
      {"spdlog/", {"log"}},
      {"sqlite3.h", {"store"}},
      {"yaml-cpp/", {"config", "simulate"}},
      {"zlib.h", {"http", "transport"}},
      {"zstd.h", {"transport"}},
  };
  return kVendors;
}

// Folders of the system's own headers, and fmt, which stands in for std::format until the compiler
// has it.
constexpr std::array kPlainFolders{"arpa/", "fmt/", "linux/", "net/", "netinet/", "sys/"};

std::string at(const SourceFile& file, std::size_t line, const std::string& sentence) {
  return file.path + ":" + std::to_string(line) + ": " + sentence;
}

// Calls visit(line number, line) for each line.
template <typename Visit>
void each_line(const SourceFile& file, Visit visit) {
  const std::vector<std::string> lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) visit(i + 1, lines[i]);
}

// Calls visit(line number, name) for each include between the given marks.
template <typename Visit>
void each_include(const SourceFile& file, char open, char close, Visit visit) {
  const std::string start = std::string("#include ") + open;
  each_line(file, [&](std::size_t number, const std::string& line) {
    if (!line.starts_with(start)) return;
    visit(number, line.substr(start.size(), line.find(close, start.size()) - start.size()));
  });
}

bool may_include(const std::string& layer, const std::string& included) {
  if (!layer.empty() && included.starts_with(layer + "/")) return true;
  const auto allowed = allowed_includes().find(layer);
  if (allowed == allowed_includes().end()) return false;
  return std::ranges::any_of(
      allowed->second, [&](const std::string& prefix) { return included.starts_with(prefix); });
}

bool is_daemon(const SourceFile& file) {
  return file.is_in("daemon");
}

// Characters, not bytes: a continuation byte of UTF-8 has no width.
std::size_t width_of(const std::string& line) {
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

// Does `list` name `file` as a word of its own?
bool names(const std::string& list, const std::string& file) {
  const auto is_end = [&](std::size_t i) {
    return i >= list.size() || std::string_view(" \n()").find(list[i]) != std::string_view::npos;
  };
  for (std::size_t i = list.find(file); i != std::string::npos; i = list.find(file, i + 1)) {
    if ((i == 0 || is_end(i - 1)) && is_end(i + file.size())) return true;
  }
  return false;
}

struct BannedWord {
  std::string pattern;
  std::string why;
  bool (*applies)(const SourceFile&);
};

const std::vector<BannedWord>& banned_words() {
  static const std::vector<BannedWord> kBanned{
      {R"(\b(sleep_for|sleep_until|usleep|nanosleep)\b)",
       "nothing sleeps blindly: wait for what is to happen",
       // A daemon beyond the network does not say when something has changed.
       [](const SourceFile& file) {
         return !file.is_in("daemon/simulate") && file.path != "daemon/commands/api_source.cpp";
       }},
      {R"(\bstd::(cout|cerr|clog)\b|\bf?printf\(|\bfmt::print\(|\bputs\()",
       "only commands print; elsewhere use log",
       [](const SourceFile& file) {
         return is_daemon(file) && !file.layer().empty() && file.layer() != "commands" &&
                file.layer() != "log";
       }},
      {R"(_clock::now\b|\bstd::(thread|jthread|mutex)\b)",
       "the pure rooms know no clock and no thread",
       [](const SourceFile& file) {
         return file.is_in("daemon/text") || file.is_in("daemon/catalog") ||
                file.is_in("daemon/events") || file.is_in("daemon/detect");
       }},
      {R"(\busing namespace\b)", "a header must not pour names into others",
       [](const SourceFile& file) { return file.is_header(); }},
      {R"(\.detach\(\))", "every thread has an owner that joins it",
       // A name lookup that hangs in the system's resolver cannot be joined within any deadline.
       [](const SourceFile& file) {
         return is_daemon(file) && file.path != "daemon/transport/resolver.cpp";
       }},
      {R"(\b(strcpy|strcat|sprintf|atoi|atol|atof|std::rand|rand)\()",
       "unsafe or imprecise: there is a better one", is_daemon},
      {R"(\bstd::atomic<std::shared_ptr)",
       "the thread sanitizer reports it in this libstdc++: use a mutex",
       [](const SourceFile&) { return true; }},
  };
  return kBanned;
}

}  // namespace

std::string code_of(const std::string& line) {
  std::string code;
  bool in_string = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (in_string && line[i] == '\\') {
      ++i;
    } else if (line[i] == '"' && (i == 0 || line[i - 1] != '\'')) {
      in_string = !in_string;
      code += '"';
    } else if (!in_string) {
      if (line.compare(i, 2, "//") == 0) break;
      code += line[i];
    }
  }
  return code;
}

Complaints check_include_directions(const SourceFile& file) {
  Complaints complaints;
  each_include(file, '"', '"', [&](std::size_t line, const std::string& name) {
    if (name.find("..") != std::string::npos)
      complaints.push_back(at(file, line, "includes are written from the project's root"));
    if (!is_daemon(file)) return;
    if (name.starts_with("tests/"))
      complaints.push_back(at(file, line, "the daemon does not include its tests"));
    if (!name.starts_with("daemon/") || may_include(file.layer(), name.substr(7))) return;
    complaints.push_back(at(file, line, "daemon/" + file.layer() + " must not include " + name));
  });
  return complaints;
}

Complaints check_vendor_headers(const SourceFile& file) {
  Complaints complaints;
  if (!is_daemon(file)) return complaints;
  each_include(file, '<', '>', [&](std::size_t line, const std::string& name) {
    const auto vendor = std::ranges::find_if(
        vendors(), [&](const Vendor& one) { return name.starts_with(one.prefix); });
    if (vendor == vendors().end()) {
      const bool is_plain = name.find('/') == std::string::npos ||
                            std::ranges::any_of(kPlainFolders, [&](const char* folder) {
                              return name.starts_with(folder);
                            });
      if (!is_plain)
        complaints.push_back(
            at(file, line,
               "<" + name + "> belongs to no vendor of this list: add it where it may be used"));
    } else if (file.is_header() && name != "nlohmann/json_fwd.hpp") {  // which costs nothing
      complaints.push_back(at(file, line, "<" + name + "> in a header: keep it in a .cpp"));
    } else if (std::ranges::find(vendor->layers, file.layer()) == vendor->layers.end()) {
      complaints.push_back(
          at(file, line, "<" + name + "> must not be used in daemon/" + file.layer()));
    }
  });
  return complaints;
}

Complaints check_header_form(const SourceFile& file) {
  Complaints complaints;
  if (!file.is_header()) return complaints;
  if (!file.text.starts_with("// "))
    complaints.push_back(at(file, 1, "a header opens with a comment that says what it is for"));
  const std::vector<std::string> lines = lines_of(file.text);
  const auto code = std::ranges::find_if(
      lines, [](const std::string& line) { return !line.empty() && !line.starts_with("//"); });
  if (code == lines.end() || *code != "#pragma once")
    complaints.push_back(at(file, 1, "#pragma once must follow the opening comment"));
  return complaints;
}

Complaints check_text_form(const SourceFile& file) {
  Complaints complaints;
  std::size_t length = 0;
  each_line(file, [&](std::size_t number, const std::string& line) {
    length = number;
    // Sample data and sentences in tests are quoted as they are: a line break would change them.
    const bool is_sample = !is_daemon(file) && line.find_first_of("\"'`{") != std::string::npos;
    if (width_of(line) > kWidth && !is_sample)
      complaints.push_back(at(file, number, "wider than " + std::to_string(kWidth) + " columns"));
    if (line.ends_with(' ')) complaints.push_back(at(file, number, "trailing space"));
    if (line.find_first_of("\t\r") != std::string::npos)
      complaints.push_back(at(file, number, "tab or carriage return"));
  });
  if (length > kLength)
    complaints.push_back(
        at(file, length, "longer than " + std::to_string(kLength) + " lines: one noun per file"));
  if (!file.text.empty() && !file.text.ends_with('\n'))
    complaints.push_back(at(file, length, "no newline at the end"));
  if (file.text.ends_with("\n\n")) complaints.push_back(at(file, length, "empty line at the end"));
  return complaints;
}

Complaints check_words(const SourceFile& file) {
  static const std::vector<std::regex> kPatterns = [] {
    std::vector<std::regex> patterns;
    for (const BannedWord& word : banned_words())
      patterns.emplace_back(word.pattern, std::regex::optimize);
    return patterns;
  }();
  static const std::regex kNotes(R"(\b(TODO|FIXME|XXX|HACK)\b)");
  Complaints complaints;
  if (file.is_in("tests/tidy")) return complaints;  // it has to name what it bans
  each_line(file, [&](std::size_t number, const std::string& line) {
    if (std::regex_search(line, kNotes))
      complaints.push_back(at(file, number, "a note to oneself: do it, or file an issue"));
    const std::string code = code_of(line);
    for (std::size_t i = 0; i < kPatterns.size(); ++i) {
      const BannedWord& word = banned_words()[i];
      if (word.applies(file) && std::regex_search(code, kPatterns[i]))
        complaints.push_back(at(file, number, word.why));
    }
  });
  return complaints;
}

Complaints check_is_built(const SourceFile& file, std::span<const SourceFile> tree) {
  if (!file.path.ends_with(".cpp")) return {};
  for (const SourceFile& list : tree) {
    if (!list.path.ends_with("/CMakeLists.txt")) continue;
    // By its path from the list's folder, or from the root.
    const std::string from_list = list.folder() + "/";
    if (file.path.starts_with(from_list) && names(list.text, file.path.substr(from_list.size())))
      return {};
    if (names(list.text, "${CMAKE_SOURCE_DIR}/" + file.path)) return {};
  }
  return {at(file, 1, "no CMakeLists.txt names it: it is compiled nowhere")};
}

}  // namespace tidy
