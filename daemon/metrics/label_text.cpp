#include "daemon/metrics/label_text.h"

#include <algorithm>

#include "daemon/text/utf8.h"
#include "daemon/text/visible.h"

namespace modelvane {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::string_view kEllipsis = "\xe2\x80\xa6";

// Bytes of the printable character at the front of non-empty `text`; 0 when it is a control
// character or not UTF-8.
std::size_t printable_bytes(std::string_view text) {
  const auto [c, bytes] = first_character(text);
  const bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  return is_control ? 0 : bytes;
}

bool is_plain(std::string_view text) {
  return text.size() <= kLabelBytesMax &&
         std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

std::string label_text(std::string_view foreign) {
  if (is_plain(foreign)) return std::string{foreign};
  const auto shown = visible(foreign);
  std::string_view text = shown;
  std::string clean;
  std::size_t end_of_cut = 0;  // how much of `clean` leaves room for the ellipsis
  while (!text.empty()) {
    const auto bytes = printable_bytes(text);
    clean += bytes == 0 ? kReplacement : text.substr(0, bytes);
    if (clean.size() > kLabelBytesMax) {
      clean.resize(end_of_cut);
      clean += kEllipsis;
      return clean;
    }
    if (clean.size() <= kLabelBytesMax - kEllipsis.size()) end_of_cut = clean.size();
    text.remove_prefix(std::max<std::size_t>(bytes, 1));
  }
  return clean;
}

}  // namespace modelvane
