// Users of a web configuration, and how they log in.
#pragma once

#include <memory>
#include <string>

#include "daemon/web/protection.h"

namespace modelvane::web_test {

// The value of the header Authorization for "name:password".
std::string basic(const std::string& credentials);

// `cost` as bcrypt counts it: each step takes twice the time.
std::string hash_of(const std::string& password, unsigned long cost = 4);

std::shared_ptr<const Protection> protection(const WebConfig& config);

}  // namespace modelvane::web_test
