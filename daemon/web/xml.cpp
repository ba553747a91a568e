#include "daemon/web/xml.h"

#include "daemon/text/visible.h"

namespace modelvane::xml {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

}  // namespace

std::string escape(std::string_view foreign) {
  const auto shown = visible(foreign);
  const std::string_view text = shown;
  std::string escaped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto rest = text.substr(i);
    if (rest.starts_with("\xEF\xBF\xBE") || rest.starts_with("\xEF\xBF\xBF")) {
      escaped += kReplacementCharacter;
      i += 2;
      continue;
    }
    switch (text[i]) {
      case '&': escaped += "&amp;"; break;
      case '<': escaped += "&lt;"; break;
      case '>': escaped += "&gt;"; break;
      case '"': escaped += "&quot;"; break;
      case '\'': escaped += "&#39;"; break;
      default:
        if (is_control(text[i])) {
          escaped += kReplacementCharacter;
        } else {
          escaped += text[i];
        }
    }
  }
  return escaped;
}

}  // namespace modelvane::xml
