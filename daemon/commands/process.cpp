#include "daemon/commands/process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <new>
#include <string_view>
#include <system_error>

namespace modelvane {
namespace {

constexpr std::string_view kNoMemory =
    "no memory is left: give it more (ulimit -v, LimitAS, MemoryMax or the container's limit)";
constexpr std::string_view kNoThread =
    "no thread could be started: allow more processes or more memory (ulimit -u, TasksMax, ulimit "
    "-v)";

// A process manager or an operator may ask for a reload as soon as the daemon's process is there.
// By default that signal ends a process, and until main() runs dozens of libraries set themselves
// up: hence the dynamic loader calls this before any of them (`.preinit_array`). serve() takes the
// signal once the daemon is up; for the other commands it means what it means to every program.
// Of a container's first process the kernel drops signals that would end it: a pod that is deleted
// while it starts would be waited for until it is killed, so those are kept for later, too.
// Nothing here may need a library that is not set up yet, hence the bare system call.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
void hold_back_signals_of_serve(int count, char** words, char** /*environment*/) {
  if (count < 2 || std::string_view{words[1]} != "serve") return;
  constexpr auto kBit = [](int number) { return std::uint64_t{1} << (number - 1); };
  std::uint64_t held_back = kBit(SIGHUP);
  if (::getpid() == 1) held_back |= kBit(SIGTERM) | kBit(SIGINT);
  ::syscall(SYS_rt_sigprocmask, SIG_BLOCK, &held_back, nullptr, sizeof held_back);
}

[[gnu::section(".preinit_array"),
  gnu::used]] void (*const kBeforeLibraries)(int, char**, char**) = hold_back_signals_of_serve;
#endif

void open_standard_descriptors() {
  for (int wanted = STDIN_FILENO; wanted <= STDERR_FILENO; ++wanted) {
    if (::fcntl(wanted, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is the wanted one: those below it are open by now.
    (void)::open("/dev/null", O_RDWR);
  }
}

void keep_memory_to_ourselves() {
  const rlimit none{.rlim_cur = 0, .rlim_max = 0};
  ::setrlimit(RLIMIT_CORE, &none);
  // The leak checker of a sanitized build attaches to the process as a debugger does.
#ifndef __SANITIZE_ADDRESS__
  ::prctl(PR_SET_DUMPABLE, 0);
#endif
}

// Without allocating: memory may be what is missing.
void write_line(std::string_view sentence) {
  for (const std::string_view part : {std::string_view{"modelvane: "}, sentence, {"\n"}}) {
    if (::write(STDERR_FILENO, part.data(), part.size()) < 0) return;
  }
}

[[noreturn]] void end_with_sentence() {
  try {
    if (const auto current = std::current_exception()) std::rethrow_exception(current);
    write_line("ended by an error inside; please report this as a bug");
  } catch (const std::bad_alloc&) {
    write_line(kNoMemory);
  } catch (const std::exception& error) {
    write_line(sentence_of(error));
  } catch (...) {
    write_line("ended by an unknown error; please report this as a bug");
  }
  ::_exit(kFailed);
}

}  // namespace

void set_up_process() {
  open_standard_descriptors();
  keep_memory_to_ourselves();
  std::set_terminate(end_with_sentence);
}

std::string sentence_of(const std::exception& error) {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) return std::string{kNoMemory};
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  if (system != nullptr && system->code() == std::errc::resource_unavailable_try_again)
    return std::string{kNoThread};
  return error.what();
}

void say(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

int code_after_output(int code) {
  const bool failed_before = std::ferror(stdout) != 0;
  errno = 0;
  const bool fails_now = std::fflush(stdout) != 0;
  if (!failed_before && !fails_now) return code;
  int reason = errno;
  if (!fails_now) {
    // The number of the failure is long gone; another byte that fails brings it back.
    std::clearerr(stdout);
    errno = 0;
    if (std::fputc('\n', stdout) == EOF || std::fflush(stdout) != 0) reason = errno;
  }
  if (reason != EPIPE)
    write_line("the output could not be written: " +
               std::generic_category().message(reason == 0 ? EIO : reason));
  return code == 0 ? kFailed : code;
}

}  // namespace modelvane
