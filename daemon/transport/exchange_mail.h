// A mail on its way by libcurl's SMTP: the options of its handle, and what its server says. The
// transport's thread only.
//
// When a mail's fate is known libcurl says QUIT and waits for the answer inside one call, for two
// minutes (Debian 12) or two seconds: a server that gives none would hold up every other exchange.
// So the conversation is followed here, and after the last word about the mail no more is read:
// QUIT is still said, but what comes back is the end of the connection.
#pragma once

#include <string_view>

#include "daemon/transport/exchange.h"

namespace modelvane {

void set_mail_options(Exchange& exchange, void* handle, curl_slist* recipients);
// One line of the server.
void take_mail_reply(Exchange& exchange, std::string_view line);

}  // namespace modelvane
