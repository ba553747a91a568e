// The project's rules of form, each a pure function from one file to its complaints ("path:line:
// sentence"). What a compiler, the linker and clang-tidy cannot see stands here: all libraries'
// headers lie in one system folder, so nothing else keeps the layers apart.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tests/tidy/source_tree.h"

namespace tidy {

using Complaints = std::vector<std::string>;

// Which layer may include which (docs/ARCHITECTURE.md), and no way around it by a relative path.
Complaints check_include_directions(const SourceFile& file);
// Each vendor's header only in the layers that wrap it, and in no header of ours.
Complaints check_vendor_headers(const SourceFile& file);
// Headers open with a comment and have #pragma once.
Complaints check_header_form(const SourceFile& file);
// Width, length, final newline, no trailing space, tab or carriage return.
Complaints check_text_form(const SourceFile& file);
// Words that have no place in their folder: sleeping, printing, clocks in core, notes to oneself.
Complaints check_words(const SourceFile& file);
// Every .cpp is named in its folder's CMakeLists.txt: otherwise it is compiled nowhere, and a test
// in it never runs.
Complaints check_is_built(const SourceFile& file, std::span<const SourceFile> tree);

// A line without its comment and without what stands inside string literals.
std::string code_of(const std::string& line);

}  // namespace tidy
