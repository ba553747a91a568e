// `template` of a webhook: the user's JSON document, written as YAML, or a form, with
// {{placeholders}} in its texts and in the URL. Looked through here, so that a placeholder that no
// event has is an error with a position and not an empty message months later.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

BodyTemplate read_template(const Field& field);

// Of a URL that may have placeholders behind its host. Whether the secrets that it names are there
// is for the second to say.
std::optional<std::string> template_url_problem(std::string_view url);
void check_secrets_in_url(const Field& field, const SecretRef& url, const BodyTemplate& body);

}  // namespace modelvane
