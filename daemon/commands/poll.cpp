// Asks the running daemon to poll now, whatever it waits for.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"

namespace modelvane {

int poll(const PollOptions& options) {
  if (!OperatorDesk{options.storage_path}.daemon_runs()) {
    return fail(kFailed, fmt::format("no daemon runs on the folder {}; `modelvane probe` polls by "
                                     "itself",
                                     options.storage_path));
  }
  const auto names = options.endpoints.empty() ? std::vector{std::string{}} : options.endpoints;
  int worst = 0;
  for (const auto& name : names) {
    const OperatorRequest request{.action = OperatorAction::Poll, .endpoint = name};
    worst = std::max(worst, call_and_print(options.storage_path, request));
  }
  return worst;
}

}  // namespace modelvane
