// What holds for the process as a whole, whichever command it runs: its standard descriptors, what
// others may read of it, how it ends when memory or threads run out, and whether its output
// arrived. Of `serve` it holds back SIGHUP before main() begins.
#pragma once

#include <exception>
#include <string>

namespace modelvane {

inline constexpr int kFailed = 1;
inline constexpr int kUsageError = 2;

// First of all in main(). Descriptors 0 to 2 that the caller closed are opened on /dev/null: a
// socket or the database would get their numbers, and the log with them. No core file and no other
// process of the same user shows the keys that are in memory. An exception that nobody catches, on
// whatever thread, ends the process with a sentence and exit code 1.
void set_up_process();

// The sentence for an exception that ends a command.
std::string sentence_of(const std::exception& error);

// Shown at once. Not fmt::print, which throws when the reader of a pipe has gone.
void say(const std::string& text);

// Last of all in main(): `code`, or 1 if standard output did not take everything. A reader that
// went away (`| head`) is not worth a sentence.
int code_after_output(int code);

}  // namespace modelvane
