#include "daemon/metrics/label_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace modelvane {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";
constexpr std::string_view kEllipsis = "\xe2\x80\xa6";

// Bytes of the printable character at the front of non-empty `text`; 0 when it is a control
// character or not UTF-8.
std::size_t printable_bytes(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return lead >= 0x20 && lead != 0x7f ? 1 : 0;
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return 0;
  std::uint32_t code_point = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xc0U) != 0x80) return 0;
    code_point = code_point << 6 | (byte(i) & 0x3fU);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest{
      0, 0, 0xa0, 0x800, 0x10000};  // below U+00A0: the second set of control characters
  const bool is_surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  return code_point < kSmallest[bytes] || code_point > 0x10ffff || is_surrogate ? 0 : bytes;
}

bool is_plain(std::string_view text) {
  return text.size() <= kLabelBytesMax &&
         std::ranges::all_of(text, [](unsigned char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

std::string label_text(std::string_view text) {
  if (is_plain(text)) return std::string{text};
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
