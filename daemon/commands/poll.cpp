// Asks the running daemon to poll now, whatever it waits for.
#include <fmt/format.h>

#include <algorithm>

#include "daemon/commands/commands.h"
#include "daemon/commands/operator_call.h"

namespace modelvane {

int poll(const PollOptions& options) {
  const auto source = open_source(options.place);
  if (!source) return fail(kFailed, source.error());
  if (!(*source)->daemon_runs()) {
    return fail(kFailed, fmt::format("no daemon runs on the folder {}; `modelvane probe` polls by "
                                     "itself",
                                     options.place.storage_path));
  }
  const auto names = options.endpoints.empty() ? std::vector{std::string{}} : options.endpoints;
  int worst = 0;
  for (const auto& name : names) {
    const OperatorRequest request{.action = OperatorAction::Poll, .endpoint = name};
    worst = std::max(worst, ask_and_print(**source, request));
  }
  return worst;
}

}  // namespace modelvane
