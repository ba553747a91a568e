#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <system_error>

#include "daemon/metrics/families.h"

namespace modelvane {
namespace {

struct Process {
  double cpu_ticks = 0;
  double start_ticks = 0;  // since boot
  double virtual_bytes = 0;
  double resident_pages = 0;
};

// proc(5), /proc/self/stat: the second field is the command in parentheses and may hold anything,
// also parentheses.
std::optional<Process> read_process() {
  std::ifstream file{"/proc/self/stat"};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  const auto end_of_command = text.rfind(')');
  if (end_of_command == std::string::npos) return std::nullopt;
  std::istringstream fields{text.substr(end_of_command + 1)};
  std::string ignored;
  const auto skip = [&](int count) {
    for (int i = 0; i < count; ++i) fields >> ignored;
  };
  Process process;
  double user = 0;
  double system = 0;
  skip(11);  // fields 3 to 13
  fields >> user >> system;
  skip(6);  // fields 16 to 21
  fields >> process.start_ticks >> process.virtual_bytes >> process.resident_pages;
  if (!fields) return std::nullopt;
  process.cpu_ticks = user + system;
  return process;
}

// When the machine was started, in Unix time.
std::optional<double> boot_time() {
  std::ifstream file{"/proc/stat"};
  std::string word;
  while (file >> word) {
    double seconds = 0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

std::optional<double> open_files() {
  std::error_code error;
  std::filesystem::directory_iterator entries{"/proc/self/fd", error};
  double count = 0;
  while (!error && entries != std::filesystem::directory_iterator{}) {
    ++count;
    entries.increment(error);
  }
  if (error) return std::nullopt;
  return count - 1;  // not the one that reads the folder
}

void add(Exposition& out, std::string name, FamilyType type, std::string help,
         std::optional<double> value) {
  if (!value) return;
  Family family{out, std::move(name), type, std::move(help)};
  family.add({}, *value);
  family.flush();
}

}  // namespace

void add_process_families(Exposition& out) {
  const auto process = read_process();
  if (process) {
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const auto page = static_cast<double>(::sysconf(_SC_PAGESIZE));
    add(out, "process_cpu_seconds_total", FamilyType::Counter, "User and system CPU time spent.",
        process->cpu_ticks / ticks);
    add(out, "process_resident_memory_bytes", FamilyType::Gauge, "Resident memory size.",
        process->resident_pages * page);
    add(out, "process_virtual_memory_bytes", FamilyType::Gauge, "Virtual memory size.",
        process->virtual_bytes);
    if (const auto boot = boot_time()) {
      add(out, "process_start_time_seconds", FamilyType::Gauge,
          "When the process started, in Unix time.", *boot + process->start_ticks / ticks);
    }
  }
  add(out, "process_open_fds", FamilyType::Gauge, "Open file descriptors.", open_files());
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    add(out, "process_max_fds", FamilyType::Gauge, "Most file descriptors that may be open.",
        static_cast<double>(limit.rlim_cur));
  }
}

}  // namespace modelvane
