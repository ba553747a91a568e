// What a fuzzer holds the code to, besides not crashing. A broken promise ends the process, which
// libFuzzer reports with the input.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace modelvane::fuzz {

inline void promise(bool is_kept, const char* what) {
  if (is_kept) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Sentences go into logs, pages and JSON.
inline void promise_sentence(std::string_view sentence) {
  promise(!sentence.empty(), "an error has a sentence");
  promise(sentence.size() < 2'000, "a sentence is short");
  for (const char c : sentence)
    promise(c != '\0' && c != '\r', "a sentence holds no control characters");
}

}  // namespace modelvane::fuzz
