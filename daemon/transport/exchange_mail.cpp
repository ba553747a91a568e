#include "daemon/transport/exchange_mail.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "daemon/text/token.h"

namespace modelvane {
namespace {

constexpr int kFirstRefusal = 400;
constexpr int kFirstPermanent = 500;
constexpr int kGoOn = 354;  // to DATA: the message is waited for
// What a server says of refusals is kept for people, who read one sentence.
constexpr std::size_t kRefusalBytesMax = 2'000;

#if LIBCURL_VERSION_NUM >= 0x080200  // the name of before had one l too many
constexpr auto kAllowRefusedRecipients = CURLOPT_MAIL_RCPT_ALLOWFAILS;
#else
constexpr auto kAllowRefusedRecipients = CURLOPT_MAIL_RCPT_ALLLOWFAILS;
#endif

constexpr std::string_view kRecipientCommand = "RCPT TO:";
struct Command {
  std::string_view begins;
  MailStep step;
};
constexpr std::array kCommands{
    Command{"EHLO ", MailStep::Hello},           Command{"HELO ", MailStep::OldHello},
    Command{"STARTTLS\r\n", MailStep::StartTls}, Command{"AUTH ", MailStep::Login},
    Command{"MAIL FROM:", MailStep::Sender},     Command{kRecipientCommand, MailStep::Recipient},
    Command{"DATA\r\n", MailStep::Message},
};

void hear_no_more(MailTalk& mail) {
  mail.is_over = true;
  if (mail.socket >= 0) shutdown(mail.socket, SHUT_RD);
}

// What libcurl sends, line by line.
int on_trace(CURL*, curl_infotype kind, char* data, std::size_t size, void* user) {
  auto& mail = static_cast<Exchange*>(user)->mail;
  const std::string_view line{data, size};
  if (kind != CURLINFO_HEADER_OUT || mail.is_over) return 0;
  if (line == "QUIT\r\n") hear_no_more(mail);
  if (line.starts_with(kRecipientCommand))
    mail.recipient = trimmed(line.substr(kRecipientCommand.size()), "<>\r\n");
  for (const auto& command : kCommands) {
    if (line.starts_with(command.begins)) mail.step = command.step;
  }
  return 0;
}

std::size_t on_upload(char* to, std::size_t, std::size_t room, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const auto part = std::string_view{exchange.request.body}.substr(exchange.mail.uploaded, room);
  std::ranges::copy(part, to);
  exchange.mail.uploaded += part.size();
  return part.size();
}

void note_refused_recipient(Exchange& exchange) {
  auto& mail = exchange.mail;
  exchange.reply.headers.emplace_back(
      mail.status < kFirstPermanent ? kMailDeferredRecipient : kMailRefusedRecipient,
      mail.recipient);
  ++mail.refused;
  mail.refused_with =
      mail.refused_with == 0 ? mail.status : std::min(mail.refused_with, mail.status);
}

// Whether libcurl goes on after this answer. A server that does not know EHLO may know HELO, and
// one recipient that is refused does not keep the mail from the others.
bool is_last_word(Exchange& exchange) {
  auto& mail = exchange.mail;
  const bool is_refused = mail.status >= kFirstRefusal;
  switch (mail.step) {
    case MailStep::Hello: return false;
    case MailStep::Recipient:
      if (is_refused) note_refused_recipient(exchange);
      if (mail.refused < exchange.request.mail->to.size()) return false;
      mail.status = mail.refused_with;
      return true;
    case MailStep::Message:
      if (is_refused) exchange.reply.headers.emplace_back(kMailRefusedAt, "message");
      return mail.status != kGoOn;
    default: return is_refused;
  }
}

}  // namespace

void set_mail_options(Exchange& exchange, void* handle, curl_slist* recipients) {
  const auto& envelope = *exchange.request.mail;
  curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, &on_upload);
  curl_easy_setopt(handle, CURLOPT_READDATA, &exchange);
  curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE,
                   static_cast<curl_off_t>(exchange.request.body.size()));
  curl_easy_setopt(handle, CURLOPT_MAIL_FROM, ("<" + envelope.from + ">").c_str());
  curl_easy_setopt(handle, CURLOPT_MAIL_RCPT, recipients);
  curl_easy_setopt(handle, kAllowRefusedRecipients, 1L);
  curl_easy_setopt(handle, CURLOPT_USE_SSL,
                   static_cast<long>(envelope.wants_starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE));
  curl_easy_setopt(handle, CURLOPT_HTTPPROXYTUNNEL, exchange.proxy.empty() ? 0L : 1L);
  curl_easy_setopt(handle, CURLOPT_VERBOSE, 1L);  // for the commands that it says
  curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, &on_trace);
  curl_easy_setopt(handle, CURLOPT_DEBUGDATA, &exchange);
}

void take_mail_reply(Exchange& exchange, std::string_view line) {
  constexpr std::size_t kCodeDigits = 3;
  auto& mail = exchange.mail;
  int code = 0;
  const auto [end, error] =
      std::from_chars(line.begin(), line.begin() + std::min(line.size(), kCodeDigits), code);
  if (mail.is_over || error != std::errc{} || end != line.begin() + kCodeDigits) return;
  auto& body = exchange.reply.body;
  if (code >= kFirstRefusal && body.size() + line.size() < kRefusalBytesMax) {
    if (!body.empty()) body += ' ';
    body += trimmed(line, " \t\r\n");
  }
  if (line.size() > kCodeDigits && line[kCodeDigits] == '-') return;  // more of this answer follows
  mail.status = code;
  if (is_last_word(exchange)) hear_no_more(mail);
}

}  // namespace modelvane
