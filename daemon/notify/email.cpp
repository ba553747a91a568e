// Mail: a message with a part of plain text and one of HTML, to all recipients at once. What is
// told of one alias or endpoint names the same ancestor, so that programs show a beginning and its
// end as one conversation. The standards: RFC 5322 (headers), 2045 and 2047 (their encodings).
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>

#include "daemon/notify/answer.h"
#include "daemon/notify/layout.h"
#include "daemon/notify/rendering.h"
#include "daemon/text/hmac.h"
#include "daemon/text/utf8.h"

namespace modelvane {
namespace {

// Far below what relays take; people read less.
constexpr std::size_t kEmailBytesMax = 60'000;
// RFC 2045, 6.7: a line has 76 characters, of which the last may be the "=" of a soft break.
constexpr std::size_t kQuotedLineMax = 75;
// RFC 2047, 2: an encoded word has 75 characters, of which 12 are its frame.
constexpr std::size_t kEncodedWordBytesMax = 45;
constexpr std::size_t kSubjectBytesMax = 300;
// 128 bits of a hash: no two subjects share them.
constexpr std::size_t kThreadDigits = 32;

std::string html_escaped(std::string_view text) {
  std::string result = slack_escaped(text);
  for (auto at = result.find('"'); at != std::string::npos; at = result.find('"', at))
    result.replace(at, 1, "&quot;");
  return result;
}

// Quoted-printable: ASCII stays readable, and no line is long or begins a command.
std::string quoted(std::string_view text) {
  std::string result;
  std::size_t column = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      result += "\r\n";
      column = 0;
      continue;
    }
    const bool ends_line = i + 1 == text.size() || text[i + 1] == '\n';
    const bool is_plain = c > ' ' && c < 0x7F && c != '=';
    const bool stays = (is_plain && !(c == '.' && column == 0)) || (c == ' ' && !ends_line);
    const auto piece =
        stays ? std::string(1, c)
              : fmt::format("={:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    if (column + piece.size() > kQuotedLineMax) {
      result += "=\r\n";
      column = 0;
    }
    result += piece;
    column += piece.size();
  }
  return result;
}

// A header's text: as it is, or in encoded words that break between characters.
std::string header_text(std::string_view text) {
  const bool is_plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c < 0x7F; });
  if (is_plain && text.find("=?") == std::string_view::npos) return std::string{text};
  std::string words;
  while (!text.empty()) {
    const auto part = cut_at_character(text, kEncodedWordBytesMax);
    const auto size = std::max<std::size_t>(part.size(), 1);
    words += fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ",
                         to_base64(text.substr(0, size)));
    text.remove_prefix(size);
  }
  return words;
}

// "Name <a@b>" -> "a@b"
std::string address_of(std::string_view text) {
  const auto open = text.find(" <");
  return std::string{open == std::string_view::npos || !text.ends_with('>')
                         ? text
                         : text.substr(open + 2, text.size() - open - 3)};
}

// A name with a comma or another sign of the grammar stands in quotes, whether the user wrote them
// or not.
std::string display_name(std::string_view name) {
  if (name.size() > 1 && name.starts_with('"') && name.ends_with('"'))
    name = name.substr(1, name.size() - 2);
  const auto is_word = [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view{" !#$%&'*+-/=?^_`{|}~"}.contains(static_cast<char>(c));
  };
  auto encoded = header_text(name);
  if (encoded != name || std::ranges::all_of(name, is_word)) return encoded;
  std::string text;
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return fmt::format("\"{}\"", text);
}

std::string mailbox(std::string_view text) {
  auto address = address_of(text);
  if (address == text) return address;
  constexpr std::size_t kFrame = 3;  // " <" and ">"
  return fmt::format("{} <{}>", display_name(text.substr(0, text.size() - address.size() - kFrame)),
                     address);
}

// The sender's domain makes ids of two installations differ as far as they can meet.
std::string message_id(std::string_view id, std::string_view from) {
  const auto address = address_of(from);
  return fmt::format("<{}@{}>", id, address.substr(address.find('@') + 1));
}

// The same at each attempt, so that a repeat is recognised; with more events it is another mail.
std::string own_id(const Occasion& occasion) {
  const auto& first = occasion.first().event.id;
  return occasion.events.size() == 1
             ? first
             : fmt::format("{}.{}.{}", first, occasion.events.back().event.id,
                           occasion.events.size());
}

// What all mails about one subject descend from; "" for several subjects. A host's name is no part
// of it: it may change in between. A drill has a conversation of its own.
std::string thread_id(const Occasion& occasion) {
  const auto subject = occasion.first().event.subject();
  const auto is_same = [&](const ReadEvent& read) { return read.event.subject() == subject; };
  if (!std::ranges::all_of(occasion.events, is_same)) return "";
  const auto& context = occasion.context;
  const auto key = fmt::format("{}\n{}\n{}", context.instance, subject,
                               occasion.first().event.drill ? "drill" : "");
  return "modelvane." + to_hex(sha256(key)).substr(0, kThreadDigits);
}

// RFC 5322, 3.3; without words of a language that the machine is set to.
std::string date_of(Time time) {
  constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto seconds = static_cast<std::time_t>(
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} +0000",
                     kDays[static_cast<std::size_t>(parts.tm_wday)], parts.tm_mday,
                     kMonths[static_cast<std::size_t>(parts.tm_mon)], parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string html_of(const Message& message) {
  auto html = fmt::format("<html><body><h3>{}</h3>\n<table>\n", html_escaped(title_of(message)));
  std::size_t used = 0;
  for (const auto& line : message.lines) {
    used += line.value.size();
    if (used > kEmailBytesMax) break;
    html += fmt::format("<tr><th align=\"left\" valign=\"top\">{}</th><td>{}</td></tr>\n",
                        html_escaped(line.label), html_escaped(harmless(line.value)));
  }
  html += "</table>\n";
  if (!message.link.empty())
    html +=
        fmt::format("<p><a href=\"{}\">Open in modelvane</a></p>\n", html_escaped(message.link));
  return html + fmt::format("<p><small>{}</small></p></body></html>\n", footer_of(message));
}

std::string part(std::string_view type, std::string_view text) {
  return fmt::format(
      "Content-Type: {}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n{}",
      type, quoted(text));
}

std::string headers_of(const Occasion& occasion, const Message& message) {
  const auto& email = occasion.webhook.email;
  std::vector<std::string> to;
  for (const auto& address : email.to) to.push_back(mailbox(address));
  const auto subject = "[modelvane] " + cut_to_bytes(title_of(message), kSubjectBytesMax);
  auto headers = fmt::format("From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: {}\r\n",
                             mailbox(email.from), fmt::join(to, ",\r\n "), header_text(subject),
                             date_of(occasion.now), message_id(own_id(occasion), email.from));
  if (const auto thread = thread_id(occasion); !thread.empty()) {
    headers +=
        fmt::format("In-Reply-To: {0}\r\nReferences: {0}\r\n", message_id(thread, email.from));
  }
  return headers + "Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n";
}

std::vector<std::string> recipients(const HttpReply& reply, std::string_view kind) {
  std::vector<std::string> addresses;
  for (const auto& [name, value] : reply.headers) {
    if (name == kind) addresses.push_back(value);
  }
  return addresses;
}

// Of all that are configured those that did not get the mail yet. Where none of them is configured
// any more the users have changed the list, and all of the new one get it.
std::vector<std::string> envelope_to(const Occasion& occasion) {
  const auto& missing = occasion.context.only_to;
  std::vector<std::string> all;
  std::vector<std::string> left;
  for (const auto& recipient : occasion.webhook.email.to) {
    all.push_back(address_of(recipient));
    if (std::ranges::find(missing, all.back()) != missing.end()) left.push_back(all.back());
  }
  return left.empty() ? all : left;
}

// A mail that the server took for at least one.
Ruling rule_taken(const HttpReply& reply) {
  if (reply.body.empty()) return std::nullopt;
  const auto refused = recipients(reply, kMailRefusedRecipient);
  auto deferred = recipients(reply, kMailDeferredRecipient);
  std::vector<std::string> parts;
  if (!refused.empty())
    parts.push_back(fmt::format("did not take it for {}", fmt::join(refused, ", ")));
  if (!deferred.empty())
    parts.push_back(fmt::format("wants to be asked later for {}", fmt::join(deferred, ", ")));
  return Verdict{.kind = VerdictClass::Ok,
                 .sentence = fmt::format("the mail server {}: {}", fmt::join(parts, " and "),
                                         quotable(reply.body)),
                 .retry_after = std::nullopt,
                 .deferred = std::move(deferred)};
}

}  // namespace

Payload render_email(const Occasion& occasion) {
  const auto message = occasion.message();
  const LineStyle style{
      .label_close = ":", .foreign = harmless, .room = kEmailBytesMax, .size = bytes_of};
  const auto lines = lines_text(message, style);
  auto text = fmt::format("{}\n\n{}\n", title_of(message), lines.text);
  if (!message.link.empty()) text += "\n" + message.link + "\n";
  text += "\n" + footer_of(message) + "\n";
  // "=_" cannot stand in a quoted-printable part.
  const auto boundary = "=_" + occasion.first().event.id;
  auto body = headers_of(occasion, message);
  body += fmt::format(
      "Content-Type: multipart/alternative; "
      "boundary=\"{0}\"\r\n\r\n--{0}\r\n{1}\r\n--{0}\r\n{2}\r\n"
      "--{0}--\r\n",
      boundary, part("text/plain", text), part("text/html", html_of(message)));
  const auto& email = occasion.webhook.email;
  Mail mail{.from = address_of(email.from),
            .to = envelope_to(occasion),
            .wants_starttls = email.wants_starttls};
  return {.body = std::move(body), .mail = std::move(mail), .left_out = lines.left_out};
}

// The codes: RFC 5321, 4.2.3, RFC 4954, 6, and RFC 3463. What begins with 4 passes: greylisting, a
// full disk, too many connections. 552 and 523 are about the message's size, and so is the enhanced
// code 5.3.4. 421 is said to whom a server has no more time for. Any other 5 that is said of the
// message may be a filter's dislike of this one; said before, it is about login, sender or
// recipients, and a person can mend those.
Ruling rule_email(const HttpReply& reply) {
  constexpr int kFirstRefusal = 400;
  constexpr int kFirstPermanent = 500;
  constexpr std::array kOfSize{523, 552};
  constexpr int kClosing = 421;
  if (reply.status < kFirstRefusal) return rule_taken(reply);
  Verdict verdict{.kind = VerdictClass::Config,
                  .sentence = fmt::format("the mail server answered with {}: {}", reply.status,
                                          quotable(reply.body)),
                  .retry_after = std::nullopt,
                  .is_limit = reply.status == kClosing,
                  .throttled = reply.status < kFirstPermanent};
  const bool is_of_size = std::ranges::find(kOfSize, reply.status) != kOfSize.end() ||
                          reply.body.find("5.3.4") != std::string::npos;
  const bool is_of_message = !reply.header(kMailRefusedAt).empty();
  if (verdict.throttled || is_of_message) verdict.kind = VerdictClass::Busy;
  if (is_of_size && !verdict.throttled) verdict.kind = VerdictClass::Payload;
  return verdict;
}

}  // namespace modelvane
