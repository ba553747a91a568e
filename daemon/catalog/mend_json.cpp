#include "daemon/catalog/mend_json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <utility>

#include "daemon/text/ascii.h"

namespace modelvane {
namespace {

constexpr std::string_view kReplacement = "FFFD";  // U+FFFD

class Mender {
 public:
  explicit Mender(std::string_view body) : mended_{.text = std::string{body}, .broken = {}} {}

  std::optional<MendedJson> run() {
    while (at_ < text().size()) {
      if (text()[at_] == '"') {
        mend_text();
      } else {
        mend_between();
      }
    }
    if (mended_.broken.empty()) return std::nullopt;
    return std::move(mended_);
  }

 private:
  std::string& text() { return mended_.text; }
  std::string_view rest() { return std::string_view{text()}.substr(at_); }
  void note() { mended_.broken.push_back(at_); }

  void mend_text() {
    for (++at_; at_ < text().size() && text()[at_] != '"';) {
      const auto c = static_cast<unsigned char>(text()[at_]);
      if (c == '\\') {
        mend_escape();
      } else if (c >= 0x80) {
        mend_character();
      } else {
        if (c < 0x20) replace_byte();
        ++at_;
      }
    }
    ++at_;
  }

  void replace_byte() {
    note();
    text()[at_] = ' ';
  }

  // The code unit of the escape \uXXXX that begins here.
  static std::optional<unsigned> unit_of(std::string_view escape) {
    if (escape.size() < 6 || !escape.starts_with("\\u")) return std::nullopt;
    unsigned unit = 0;
    const auto [stop, error] = std::from_chars(escape.data() + 2, escape.data() + 6, unit, 16);
    return error == std::errc{} && stop == escape.data() + 6 ? std::optional{unit} : std::nullopt;
  }

  void mend_escape() {
    const auto unit = unit_of(rest());
    if (!unit) {
      at_ += 2;
      return;
    }
    if (*unit < 0xD800 || *unit > 0xDFFF) {
      at_ += 6;
      return;
    }
    const auto second = unit_of(rest().substr(6));
    if (*unit <= 0xDBFF && second && *second >= 0xDC00 && *second <= 0xDFFF) {
      at_ += 12;
      return;
    }
    note();
    text().replace(at_ + 2, kReplacement.size(), kReplacement);
    at_ += 6;
  }

  // Bytes of the UTF-8 character at the front; 0 = it is none.
  static std::size_t length_of_character(std::string_view text) {
    const auto first = static_cast<unsigned char>(text.front());
    const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
      if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    }
    const auto second = static_cast<unsigned char>(text[1]);
    const bool is_bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                        (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    return is_bad ? 0 : length;
  }

  void mend_character() {
    const auto length = length_of_character(rest());
    if (length == 0) replace_byte();
    at_ += std::max<std::size_t>(length, 1);
  }

  void mend_between() {
    for (const std::string_view word : {"NaN", "Infinity"}) {
      if (rest().starts_with(word)) return zero(word.size());
    }
    if (is_digit(text()[at_])) return mend_number();
    ++at_;
  }

  // 0 and spaces instead, which is what fits everywhere, also behind a minus.
  void zero(std::size_t length) {
    note();
    text().replace(at_, length, length, ' ');
    text()[at_] = '0';
    at_ += length;
  }

  // From its first digit on; a sign makes no difference.
  void mend_number() {
    const auto length = std::min(rest().find_first_not_of("0123456789.eE+-"), rest().size());
    const std::string number{rest().substr(0, length)};
    char* stop = nullptr;
    const double value = std::strtod(number.c_str(), &stop);
    if (stop == number.c_str() + length && !(value <= kLargest)) return zero(length);
    at_ += length;
  }

  static constexpr double kLargest = 1.7976931348623157e308;
  MendedJson mended_;
  std::size_t at_ = 0;
};

}  // namespace

bool MendedJson::has_broken(std::size_t begin, std::size_t end) const {
  const auto first = std::ranges::lower_bound(broken, begin);
  return first != broken.end() && *first < end;
}

std::optional<MendedJson> mend_json(std::string_view body) {
  return Mender{body}.run();
}

}  // namespace modelvane
