// Preloaded into a process, it is among the libraries that set themselves up before main(), and
// sends the process the signal EARLY_SIGNAL then: the earliest one that a program could survive.
#include <csignal>
#include <cstdlib>

namespace {

[[gnu::constructor]] void send_signal() {
  if (const char* const number = std::getenv("EARLY_SIGNAL")) std::raise(std::atoi(number));
}

}  // namespace
