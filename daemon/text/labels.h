// A closed set of words: an enumeration whose values each have one label, in one table that writes,
// reads and lists them. The compiler refuses a table that forgets an enumerator, orders them
// otherwise or gives one label to two.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace modelvane {

template <typename Enum>
struct LabelRow {
  Enum value;
  std::string_view label;
};

template <typename Enum, std::size_t N>
class Labelled {
 public:
  consteval explicit Labelled(const LabelRow<Enum> (&rows)[N]) {
    for (std::size_t i = 0; i < N; ++i) {
      if (static_cast<std::size_t>(rows[i].value) != i) throw "not the order of the enumeration";
      for (std::size_t j = 0; j < i; ++j) {
        if (labels_[j] == rows[i].label) throw "two enumerators have one label";
      }
      labels_[i] = rows[i].label;
      values_[i] = rows[i].value;
    }
  }

  constexpr std::string_view label(Enum value) const {
    return labels_[static_cast<std::size_t>(value)];
  }
  // nullopt: no label of the set.
  constexpr std::optional<Enum> parse(std::string_view label) const {
    for (std::size_t i = 0; i < N; ++i) {
      if (labels_[i] == label) return values_[i];
    }
    return std::nullopt;
  }
  // Both in the order of the enumeration.
  constexpr const std::array<Enum, N>& values() const { return values_; }
  constexpr const std::array<std::string_view, N>& labels() const { return labels_; }
  static constexpr std::size_t size() { return N; }

 private:
  std::array<std::string_view, N> labels_{};
  std::array<Enum, N> values_{};
};

// Whether `value` is an enumerator: compilers write one by its name, and any other value of the
// type as a cast, "(Enum)7".
template <auto value>
consteval bool is_enumerator() {
  constexpr std::string_view kMark = "value = ";
  const std::string_view text = __PRETTY_FUNCTION__;
  return text[text.find(kMark) + kMark.size()] != '(';
}

template <typename Enum, std::size_t N>
consteval Labelled<Enum, N> labelled(const LabelRow<Enum> (&rows)[N]) {
  static_assert(is_enumerator<static_cast<Enum>(N - 1)>(), "more labels than enumerators");
  static_assert(!is_enumerator<static_cast<Enum>(N)>(), "an enumerator has no label");
  return Labelled<Enum, N>{rows};
}

}  // namespace modelvane
