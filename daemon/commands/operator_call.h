// How commands ask a running daemon for something: the request goes through its database, and the
// command waits for the answer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "daemon/commands/process.h"
#include "daemon/commands/source.h"
#include "daemon/store/operator_desk.h"
#include "daemon/text/time.h"

namespace modelvane {

// "modelvane: sentence" on standard error; returns `code`.
int fail(int code, std::string_view sentence);

// What is wrong with --output of commands that print a table or JSON; nullopt: nothing.
std::optional<std::string> output_problem(std::string_view output);

// The daemon looks once a second; a disk under load may take a few more.
inline constexpr Duration kAnswerWithin = std::chrono::seconds{10};

// The error is a sentence: the store could not be written, or no answer came in time. Without a
// daemon the request stays stored.
std::expected<OperatorResult, std::string> call(OperatorDesk& desk, const OperatorRequest& request);

// Asks, then prints the result as one line, or why there is none; returns the exit code.
int ask_and_print(Source& source, const OperatorRequest& request);

}  // namespace modelvane
