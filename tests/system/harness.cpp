#include "tests/system/harness.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "daemon/simulate/script.h"

namespace system_test {

using namespace modelvane;
using namespace std::chrono_literals;

namespace {

// How often a condition without a notification of its own is looked at.
constexpr auto kGlance = 5ms;

std::vector<std::string> environment_with(const std::map<std::string, std::string>& added) {
  std::vector<std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string variable = *entry;
    if (!added.contains(variable.substr(0, variable.find('=')))) variables.push_back(variable);
  }
  for (const auto& [name, value] : added) variables.push_back(name + "=" + value);
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The first line of `text` that contains `wanted`, after `skip` of them; only complete lines count.
std::optional<std::string> find_line(const std::string& text, const std::string& wanted,
                                     int& skip) {
  std::size_t start = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos;
       start = end + 1, end = text.find('\n', start)) {
    std::string line = text.substr(start, end - start);
    if (line.find(wanted) != std::string::npos && skip-- == 0) return line;
  }
  return std::nullopt;
}

}  // namespace

bool eventually(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    ::poll(nullptr, 0, static_cast<int>(kGlance.count()));
  }
  return true;
}

TempFolder::TempFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "modelvane-test-XXXXXX";
  if (::mkdtemp(pattern.data()) == nullptr)
    throw std::runtime_error("cannot make a temporary folder");
  path_ = pattern;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TempFolder::write(const std::string& name, const std::string& text) const {
  const std::string path = file(name);
  std::ofstream(path + ".new", std::ios::binary) << text;
  std::filesystem::rename(path + ".new", path);
  return path;
}

Process::Process(Options options) {
  std::vector<std::string> words{options.program.empty() ? MODELVANE_BINARY : options.program};
  words.insert(words.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> variables = environment_with(options.environment);
  std::array<int, 2> out{};
  std::array<int, 2> error{};
  // The ends are closed on exec: the child gets its copies by dup2, and no other child keeps them
  // open.
  if (::pipe2(out.data(), O_CLOEXEC) != 0 || ::pipe2(error.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("cannot make a pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, error[1], STDERR_FILENO);
  const int failed = ::posix_spawnp(&id_, words[0].c_str(), &actions, nullptr,
                                    pointers_to(words).data(), pointers_to(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(error[1]);
  if (failed != 0)
    throw std::runtime_error("cannot run " + words[0] + ": " + std::strerror(failed));
  reader_ = std::jthread(
      [this, read_out = out[0], read_error = error[0]] { read_all(read_out, read_error); });
}

Process::~Process() {
  kill();
}

void Process::read_all(int out, int error) {
  std::array<pollfd, 2> pipes{pollfd{.fd = out, .events = POLLIN, .revents = 0},
                              pollfd{.fd = error, .events = POLLIN, .revents = 0}};
  std::array<char, 4096> chunk{};
  while (pipes[0].fd >= 0 || pipes[1].fd >= 0) {
    ::poll(pipes.data(), pipes.size(), -1);
    for (std::size_t i = 0; i < pipes.size(); ++i) {
      if (pipes[i].fd < 0 || pipes[i].revents == 0) continue;
      const ssize_t size = ::read(pipes[i].fd, chunk.data(), chunk.size());
      const std::scoped_lock lock(mutex_);
      if (size > 0) {
        (i == 0 ? out_ : error_).append(chunk.data(), static_cast<std::size_t>(size));
      } else {
        ::close(pipes[i].fd);
        pipes[i].fd = -1;
      }
    }
    changed_.notify_all();
  }
  const std::scoped_lock lock(mutex_);
  at_end_ = true;
  changed_.notify_all();
}

std::optional<std::string> Process::wait_for_line(const std::string& text, int skip,
                                                  std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  std::optional<std::string> line;
  changed_.wait_for(lock, limit, [&] {
    int left = skip;
    line = find_line(out_, text, left);
    if (!line) line = find_line(error_, text, left);
    return line || at_end_;
  });
  return line;
}

void Process::signal(int number) const {
  if (!exit_) ::kill(id_, number);
}

void Process::take_status(int status) {
  exit_ = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

bool Process::is_running() {
  int status = 0;
  if (!exit_ && ::waitpid(id_, &status, WNOHANG) == id_) take_status(status);
  return !exit_;
}

std::optional<int> Process::wait(std::chrono::milliseconds limit) {
  if (!eventually([this] { return !is_running(); }, limit)) return std::nullopt;
  // All of its output is wanted too. A grandchild may hold the pipes open, so this is bounded as
  // well.
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, 1s, [this] { return at_end_; });
  return exit_;
}

void Process::kill() {
  if (exit_) return;
  ::kill(id_, SIGKILL);
  int status = 0;
  ::waitpid(id_, &status, 0);
  take_status(status);
}

std::string Process::standard_output() const {
  const std::scoped_lock lock(mutex_);
  return out_;
}

std::string Process::standard_error() const {
  const std::scoped_lock lock(mutex_);
  return error_;
}

std::string Process::transcript() const {
  const std::scoped_lock lock(mutex_);
  return "--- standard output\n" + out_ + "--- standard error\n" + error_;
}

std::string logfmt_value(const std::string& line, const std::string& key) {
  const std::string start = key + "=";
  std::size_t at = line.starts_with(start) ? 0 : line.find(" " + start);
  if (at == std::string::npos) return "";
  at = line.find('=', at) + 1;
  if (at < line.size() && line[at] == '"')
    return line.substr(at + 1, line.find('"', at + 1) - at - 1);
  return line.substr(at, line.find(' ', at) - at);
}

namespace {

Process::Options serve_options(const TempFolder& folder, const std::string& config,
                               Serve::Options options) {
  Process::Options process{
      .arguments = {"serve", "--config.file=" + folder.write("modelvane.yml", config),
                    "--storage.path=" + folder.file("data"),
                    "--web.listen-address=" + options.listen_address},
      .environment = std::move(options.environment)};
  process.arguments.insert(process.arguments.end(), options.arguments.begin(),
                           options.arguments.end());
  if (options.obeys_permissions && ::getuid() == 0) {
    process.program = "/usr/bin/setpriv";
    process.arguments.insert(process.arguments.begin(),
                             {"--bounding-set=-dac_override,-dac_read_search", MODELVANE_BINARY});
  }
  return process;
}

}  // namespace

Serve::Serve(const TempFolder& folder, const std::string& config, Options options)
    : process_(serve_options(folder, config, std::move(options))) {
  if (const auto line = process_.wait_for_line("modelvane started"))
    address_ = logfmt_value(*line, "address");
}

FakeUpstream::FakeUpstream(Answer answer)
    : answer_(std::move(answer)),
      server_("127.0.0.1:0", [this](const simulated::ServedRequest& request) {
        ++requests_;
        Answer present;
        {
          const std::scoped_lock lock(mutex_);
          present = answer_;
        }
        return present(request);
      }) {
  if (const auto started = server_.start(); !started) throw std::runtime_error(started.error());
}

void FakeUpstream::answer_with(Answer answer) {
  const std::scoped_lock lock(mutex_);
  answer_ = std::move(answer);
}

bool FakeUpstream::wait_for_requests(std::uint64_t more) {
  const std::uint64_t wanted = requests_ + more;
  return eventually([&] { return requests_ >= wanted; });
}

simulated::ServedReply model_list(const std::map<std::string, std::string>& targets,
                                  const std::vector<std::string>& models) {
  simulated::Answer answer{.models = models};
  for (const auto& [alias, target] : targets) answer.aliases[alias] = target;
  simulated::Body body = render(answer);
  return {.content_type = std::move(body.content_type), .body = std::move(body.text)};
}

}  // namespace system_test
