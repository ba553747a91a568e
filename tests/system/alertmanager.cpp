#include "tests/system/alertmanager.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>

#include "tests/unit/simulate/exchange.h"

namespace system_test {

void Alertmanager::start() {
  process_.reset();
  const auto config = folder_.write(
      "alertmanager.yml",
      fmt::format(
          "route: {{receiver: r, group_by: [alertname, alias, to], group_wait: 100ms, "
          "group_interval: "
          "1s, repeat_interval: 1h}}\nreceivers: [{{name: r, webhook_configs: [{{url: '{}', "
          "send_resolved: true}}]}}]\n",
          receiver_.url("/alert")));
  process_.emplace(Process::Options{
      .arguments = {"--config.file=" + config, "--storage.path=" + folder_.file("data"),
                    "--cluster.listen-address=",
                    fmt::format("--web.listen-address=127.0.0.1:{}", port_)},
      .program = "/usr/bin/prometheus-alertmanager"});
  REQUIRE_MESSAGE(eventually([&] { return get(url("/-/ready")).status == 200; }),
                  process_->transcript());
}

void Alertmanager::stop() {
  process_->signal(SIGTERM);
  REQUIRE(process_->wait() == 0);
}

std::string Alertmanager::url(const std::string& path) const {
  return fmt::format("http://127.0.0.1:{}{}", port_, path);
}

nlohmann::json Alertmanager::alerts() const {
  auto alerts = nlohmann::json::parse(get(url("/api/v2/alerts")).body, nullptr, false);
  return alerts.is_array() ? alerts : nlohmann::json::array();
}

bool Alertmanager::holds(const std::string& alertname) const {
  return std::ranges::any_of(
      alerts(), [&](const auto& alert) { return alert["labels"]["alertname"] == alertname; });
}

std::size_t Alertmanager::notified(const std::string& status, const std::string& alertname) {
  const std::scoped_lock lock{mutex_};
  return static_cast<std::size_t>(std::ranges::count_if(notifications_, [&](const auto& each) {
    return each.status == status && (alertname.empty() || each.alertname == alertname);
  }));
}

}  // namespace system_test
