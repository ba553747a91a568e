// Secrets in the file: exactly one of `x`, `x_env` and `x_file`. Each is looked up once while the
// config is read, so that a missing variable or a malformed value is an error with a position and
// not a failed poll later. No sentence ever repeats a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/field.h"
#include "daemon/config/secret.h"

namespace modelvane {

// What is wrong with a value, as "must ..."; nullopt when it is fine.
using SecretCheck = std::optional<std::string> (*)(std::string_view value);

// No control characters: fit for a header.
std::optional<std::string> header_value_problem(std::string_view value);

// That, and not what a key looks like that was copied with too much around it.
std::optional<std::string> credentials_problem(std::string_view value);

// One secret. `what_to_write` is for the case that none of the three keys is there; without it a
// missing secret is no error.
std::optional<SecretRef> read_secret(const Fields& fields, std::string_view key, SecretCheck check,
                                     std::string_view what_to_write);

// A list of secrets: x, x_env and x_file each hold a list.
std::vector<SecretRef> read_secrets(const Fields& fields, std::string_view key, SecretCheck check,
                                    std::size_t count_max);

// A text that is the value, or a map with value, value_env or value_file.
std::optional<SecretRef> read_secret_value(const Field& field, SecretCheck check);

// Looks the secret up and checks its value; errors go to `field`. `key` is what `_env` is put
// behind in the file, and `instead` ends the sentence about an unset variable.
void check_secret(const Field& field, const SecretRef& secret, SecretCheck check,
                  std::string_view key, std::string_view instead);

}  // namespace modelvane
