// tests/golden/config: each NAME.yml must give exactly the lines of NAME.errors. MODELVANE_UPDATE=1
// rewrites those.
#include <doctest/doctest.h>

#include <set>

#include "config_world.h"
#include "daemon/config/load_config.h"

using namespace modelvane;

namespace {

std::string errors_of_file(const std::filesystem::path& file) {
  const auto config = parse_config(test::read_text(file), file.filename().string());
  if (config) return "";
  std::string text;
  for (const auto& error : config.error()) text += to_text(error) + "\n";
  return text;
}

std::set<std::filesystem::path> golden_files() {
  std::set<std::filesystem::path> files;
  for (const auto& entry :
       std::filesystem::directory_iterator{MODELVANE_SOURCE_DIR "/tests/golden/config"}) {
    if (entry.path().extension() == ".yml") files.insert(entry.path());
  }
  return files;
}

}  // namespace

TEST_CASE("every bad configuration gives exactly its recorded errors") {
  test::set_up_environment();
  const auto files = golden_files();
  REQUIRE(files.size() > 20);
  for (const auto& file : files) {
    CAPTURE(file.filename().string());
    auto expected_file = file;
    expected_file.replace_extension(".errors");
    const auto errors = errors_of_file(file);
    if (std::getenv("MODELVANE_UPDATE") != nullptr) std::ofstream{expected_file} << errors;
    CHECK(errors == test::read_text(expected_file));
    CHECK_FALSE(errors.empty());
  }
}

TEST_CASE("no error sentence repeats a secret") {
  test::set_up_environment();
  for (const auto& file : golden_files()) {
    CAPTURE(file.filename().string());
    const auto errors = errors_of_file(file);
    // The golden files mark every secret with one of these words.
    for (const auto* word : {"hush", "secret-", "intern-key", "sso-value", "whsec_t", "whsec_M"}) {
      CAPTURE(word);
      CHECK(errors.find(word) == std::string::npos);
    }
  }
}
