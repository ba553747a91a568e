// AWS Signature Version 4: how requests to Bedrock and its kin say who sends them. libcurl signs,
// too, but Debian 12's signs queries as they are written and not in the order that AWS wants
// (curl's issue 9717), and lists of models come in pages. Source: AWS, "Create a signed AWS API
// request". Pure.
#pragma once

#include <expected>
#include <string>

#include "daemon/text/time.h"
#include "daemon/transport/transport.h"

namespace modelvane {

// The headers that the request must carry in addition: Authorization, X-Amz-Date, and
// X-Amz-Security-Token where there is one. `request.aws` must be set. The error is a sentence.
std::expected<HttpHeaders, std::string> aws_headers(const HttpRequest& request, Time now);

}  // namespace modelvane
