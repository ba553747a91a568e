#include <doctest/doctest.h>

#include <algorithm>

#include "tests/tidy/rules.h"

using namespace tidy;

namespace {

const std::vector<SourceFile>& tree() {
  static const std::vector<SourceFile> kTree = read_tree(MODELVANE_SOURCE);
  return kTree;
}

// Runs one rule over all files and shows every complaint.
template <typename Rule>
void expect_none(Rule rule) {
  for (const SourceFile& file : tree()) {
    for (const std::string& complaint : rule(file)) FAIL_CHECK(complaint);
  }
}

}  // namespace

TEST_CASE("the tree that is checked is the whole one") {
  CHECK(tree().size() > 50);
  CHECK(std::ranges::find(tree(), "daemon/detect/advance.h", &SourceFile::path) != tree().end());
  CHECK(std::ranges::find(tree(), "tests/tidy/tree_test.cpp", &SourceFile::path) != tree().end());
}

TEST_CASE("includes follow the layers") {
  expect_none(check_include_directions);
}

TEST_CASE("vendor headers stay in the layers that wrap them") {
  expect_none(check_vendor_headers);
}

TEST_CASE("headers open with a comment and #pragma once") {
  expect_none(check_header_form);
}

TEST_CASE("files keep width, length and clean line ends") {
  expect_none(check_text_form);
}

TEST_CASE("no word stands where it has no place") {
  expect_none(check_words);
}

TEST_CASE("every .cpp is built") {
  expect_none([](const SourceFile& file) { return check_is_built(file, tree()); });
}
