// Preloaded into a process, it is among the libraries that set themselves up before main(), and
// sends the process a SIGHUP then: the earliest one that a program could survive.
#include <csignal>

namespace {

[[gnu::constructor]] void hang_up() {
  std::raise(SIGHUP);
}

}  // namespace
