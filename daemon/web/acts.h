// What operators can do through the API. An act is a POST or DELETE whose parameters stand in its
// path and query (no path takes a body); it becomes the request that the commands make, too
// (store/operator_request.h). Pure.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "daemon/http/reply.h"
#include "daemon/store/store.h"
#include "daemon/web/query.h"

namespace modelvane {

// Who asks, as the server knows it.
struct Caller {
  std::string user;   // "" = this server asks nobody for a password
  std::string token;  // what the page of this user must send with an act
};

// The methods by which something is done at this path, such as "POST, DELETE"; "" = none.
std::string_view acting_methods(std::string_view path);

// The error is the answer to give: a parameter is missing, unknown or malformed.
std::expected<OperatorRequest, Reply> read_act(std::string_view method, std::string_view path,
                                               const Query& query);

// How the API answers: 200, or 409 when the daemon says why not.
Reply act_reply(const OperatorResult& result);

}  // namespace modelvane
