// The environment and the files that config tests see; the same for every test of this program.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/config/config_error.h"

namespace modelvane::test {

// Distinct, so that a test can look for each in every sentence.
inline constexpr const char* kInternKey = "intern-key-7f3a9";
inline constexpr const char* kSigningSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

inline void set_up_environment() {
  ::setenv("INTERN_API_KEY", kInternKey, 1);
  ::setenv("SSO_AK", "sso-value-51c0", 1);
  ::setenv("ONCALL_URL", "https://hooks.example.com/T000/very-secret-path", 1);
  ::setenv("SLACK_URL", "https://hooks.slack.com/services/T000/B000/very-secret-path", 1);
  ::setenv("WH_SECRET", kSigningSecret, 1);
  ::setenv("WH_SECRET_OLD", "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", 1);
  ::setenv("BAD_URL", "ftp://secret-host-88", 1);
  ::setenv("BAD_SIGNING", "whsec_tooshort99", 1);
  ::setenv("TWO_LINES", "secret-line-1\nsecret-line-2", 1);
  ::setenv("EMPTY", "", 1);
  ::unsetenv("UNSET_KEY");
  ::unsetenv("sk_unset_lower");
}

// A folder of its own that goes away with the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "modelvane-config-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    const auto file = path_ / name;
    std::ofstream{file, std::ios::binary} << text;
    return file.string();
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::string joined(const std::vector<ConfigError>& errors) {
  std::string text;
  for (const auto& error : errors) text += to_text(error) + "\n";
  return text;
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream{path, std::ios::binary}.rdbuf();
  return text.str();
}

}  // namespace modelvane::test
