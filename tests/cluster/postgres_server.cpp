#include "tests/cluster/postgres_server.h"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/system/prometheus.h"

namespace system_test {
namespace {

// Debian puts each major version into a folder of its own.
std::string newest_programs() {
  std::string newest;
  for (const auto& entry : std::filesystem::directory_iterator{"/usr/lib/postgresql"})
    newest = std::max(newest, entry.path().string());
  REQUIRE_MESSAGE(!newest.empty(), "PostgreSQL is not installed: ./dev test does it");
  return newest + "/bin/";
}

Process::Options as_its_user(const std::string& program, std::vector<std::string> arguments) {
  if (::geteuid() != 0) return {.arguments = std::move(arguments), .program = program};
  std::vector<std::string> all{"--reuid=postgres", "--regid=postgres", "--clear-groups", program};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return {.arguments = std::move(all), .program = "/usr/bin/setpriv"};
}

// -1 would be "unchanged" for chown: the user must be there.
void give_to_its_user(const std::string& folder) {
  if (::geteuid() != 0) return;
  const auto* user = ::getpwnam("postgres");
  REQUIRE(user != nullptr);
  REQUIRE(::chown(folder.c_str(), user->pw_uid, user->pw_gid) == 0);
}

}  // namespace

PostgresServer::PostgresServer(bool is_open) : port_(free_port()), is_open_(is_open) {
  give_to_its_user(folder_.path());
  Process made{as_its_user(newest_programs() + "initdb",
                           {"--pgdata=" + folder_.file("data"), "--username=postgres",
                            "--auth=trust", "--no-sync", "--locale=C.UTF-8"})};
  REQUIRE_MESSAGE(made.wait() == 0, made.transcript());
  if (is_open_)
    std::ofstream{folder_.file("data") + "/pg_hba.conf", std::ios::app}
        << "host all all all trust\n";
  start();
}

PostgresServer::PostgresServer(const PostgresServer& primary)
    : port_(free_port()), is_open_(primary.is_open_) {
  give_to_its_user(folder_.path());
  follow(primary);
}

PostgresServer::~PostgresServer() {
  stop_at_once();
}

std::string PostgresServer::url() const {
  return fmt::format("postgresql://postgres@/postgres?host={}&port={}", folder_.path(), port_);
}

std::string PostgresServer::url_at(int port) const {
  return fmt::format("postgresql://postgres@127.0.0.1:{}/postgres", port);
}

bool PostgresServer::answers() const {
  return PQping(url().c_str()) == PQPING_OK;
}

void PostgresServer::start() {
  process_ = std::make_unique<Process>(as_its_user(
      newest_programs() + "postgres",
      {"-D", folder_.file("data"), "-k", folder_.path(), "-p", std::to_string(port_), "-c",
       is_open_ ? "listen_addresses=*" : "listen_addresses=127.0.0.1", "-c", "fsync=off"}));
  REQUIRE_MESSAGE(eventually([this] { return answers(); }), process_->transcript());
}

void PostgresServer::stop_at_once() {
  if (!process_) return;
  process_->signal(SIGCONT);
  process_->signal(SIGQUIT);  // immediate shutdown
  (void)process_->wait();     // no CHECK: this also runs after the last test
  process_.reset();
}

void PostgresServer::follow(const PostgresServer& primary) {
  std::filesystem::remove_all(folder_.file("data"));
  Process copy{as_its_user(newest_programs() + "pg_basebackup",
                           {"--pgdata=" + folder_.file("data"), "--host=" + primary.folder(),
                            "--port=" + std::to_string(primary.port()), "--username=postgres",
                            "--checkpoint=fast", "--write-recovery-conf", "--no-sync"})};
  REQUIRE_MESSAGE(copy.wait() == 0, copy.transcript());
  start();
}

void PostgresServer::promote() {
  CHECK(ask("SELECT pg_promote()") == "t");
}

void PostgresServer::pause() {
  process_->signal(SIGSTOP);
}

void PostgresServer::go_on() {
  process_->signal(SIGCONT);
}

std::string PostgresServer::ask(const std::string& sql) const {
  auto* connection = PQconnectdb(url().c_str());
  auto* result = PQexec(connection, sql.c_str());
  const auto status = PQresultStatus(result);
  const bool is_fine = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
  std::string text = PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "";
  const std::string error = PQerrorMessage(connection);
  PQclear(result);
  PQfinish(connection);
  REQUIRE_MESSAGE(is_fine, error);
  return text;
}

}  // namespace system_test
