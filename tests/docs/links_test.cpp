#include <doctest/doctest.h>

#include <filesystem>
#include <regex>

#include "tests/docs/project.h"

TEST_CASE("every link from one file of the project to another has its target") {
  static const std::regex kLink{R"(\]\(([^)#]+)(#[^)]*)?\))"};
  int links = 0;
  for (const auto& document : docs::documents()) {
    const auto text = docs::read(document);
    for (auto i = std::sregex_iterator(text.begin(), text.end(), kLink);
         i != std::sregex_iterator{}; ++i) {
      const std::string target = (*i)[1];
      if (target.find("://") != std::string::npos) continue;
      ++links;
      const auto path = (std::filesystem::path{document}.parent_path() / target)
                            .lexically_normal()
                            .generic_string();
      CHECK_MESSAGE(docs::exists(path), document << " links to " << target);
    }
  }
  CHECK(links > 10);
}

TEST_CASE("every page of docs/ is reached from README.md or another page") {
  std::string all;
  for (const auto& document : docs::documents()) all += docs::read(document);
  for (const auto& document : docs::files("docs", ".md")) {
    CHECK_MESSAGE(all.find(document.substr(document.rfind('/') + 1) + ")") != std::string::npos,
                  document);
  }
}
