#include "daemon/web/page.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <set>
#include <string>

using namespace modelvane;

namespace {

std::string text_of(const std::string& path) {
  const auto file = page_file(path);
  REQUIRE_MESSAGE(file, path);
  return std::string{file->body.view()};
}

std::string header(const Reply& reply, std::string_view name) {
  const auto found =
      std::ranges::find(reply.headers, name, &std::pair<std::string, std::string>::first);
  return found == reply.headers.end() ? "" : found->second;
}

// What a text refers to by `pattern`, whose first group is a path below /page/.
std::set<std::string> references(const std::string& text, const std::string& pattern) {
  const std::regex expression{pattern};
  std::set<std::string> found;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), expression);
       match != std::sregex_iterator(); ++match) {
    found.insert("/page/" + (*match)[1].str());
  }
  return found;
}

// Every file that the shell loads, directly or through a module.
std::set<std::string> all_files() {
  auto waiting = references(text_of("/"), R"re((?:src|href)="page/([^"]+)")re");
  std::set<std::string> seen;
  while (!waiting.empty()) {
    const auto path = waiting.extract(waiting.begin()).value();
    if (!seen.insert(path).second) continue;
    waiting.merge(references(text_of(path), R"re(from '\./([^']+)')re"));
  }
  return seen;
}

}  // namespace

TEST_CASE("the shell and everything that it loads is there, with its type") {
  CHECK(page_file("/")->content_type == "text/html; charset=utf-8");
  CHECK(page_file("/page/style.css")->content_type == "text/css; charset=utf-8");
  CHECK(page_file("/page/app.js")->content_type == "text/javascript; charset=utf-8");
  CHECK(page_file("/page/vane.svg")->content_type == "image/svg+xml");
  const auto files = all_files();
  CHECK(files.contains("/page/overview.js"));
  CHECK(files.size() > 10);
  for (const auto& path : files) CHECK_MESSAGE(page_file(path)->content_type != "", path);
}

TEST_CASE("other paths are no files") {
  for (const auto* path : {"", "/page", "/page/", "/page/none.js", "/page/../app.js",
                           "/page/embed.cmake", "/index.htm", "page/app.js"}) {
    CHECK_FALSE_MESSAGE(page_file(path), path);
  }
}

TEST_CASE("all of the page together has less than 130 kB") {
  auto size = text_of("/").size();
  for (const auto& path : all_files()) size += text_of(path).size();
  CHECK(size > 20'000);
  CHECK(size < 130'000);
}

TEST_CASE("the policy allows the page's own files and nothing inline, and no text becomes markup") {
  const auto policy = header(*page_file("/"), "Content-Security-Policy");
  CHECK(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
  CHECK(policy.find("unsafe") == std::string::npos);
  CHECK(policy.find("require-trusted-types-for 'script'") != std::string::npos);
  const std::regex inline_code{
      R"re(<script(?![^>]*src=)|<style|\sstyle=|\son[a-z]+=|javascript:)re"};
  CHECK_FALSE(std::regex_search(text_of("/"), inline_code));
  const std::regex markup{
      "innerHTML|outerHTML|insertAdjacentHTML|document\\.write|DOMParser|eval\\("};
  for (const auto& path : all_files())
    CHECK_FALSE_MESSAGE(std::regex_search(text_of(path), markup), path);
}

TEST_CASE("nothing is loaded from elsewhere") {
  for (const auto& path : all_files()) {
    const auto found = references(
        text_of(path), R"re((?:src|href|url\(|from|import|fetch\()\s*[=('"]+(https?:)?//)re");
    CHECK_MESSAGE(found.empty(), path);
  }
}
