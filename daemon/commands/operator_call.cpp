#include "daemon/commands/operator_call.h"

#include <fmt/format.h>

#include <cstdio>

#include "daemon/engine/clock.h"
#include "daemon/notify/plain_text.h"

namespace modelvane {
namespace {

constexpr std::size_t kSentenceCharactersMax = 500;

}  // namespace

int fail(int code, std::string_view sentence) {
  fmt::print(stderr, "modelvane: {}\n", sentence);
  return code;
}

std::optional<std::string> output_problem(std::string_view output) {
  if (output == "table" || output == "json") return std::nullopt;
  return "--output is table or json";
}

std::expected<OperatorResult, std::string> call(OperatorDesk& desk,
                                                const OperatorRequest& request) {
  const SystemClock clock;
  const auto id = desk.submit(request, clock.wall());
  if (!id) return std::unexpected(id.error().sentence);
  const Duration end = clock.steady() + kAnswerWithin;
  while (true) {
    auto result = desk.result(*id);
    if (!result) return std::unexpected(result.error().sentence);
    if (*result) return std::move(**result);
    const Duration left = end - clock.steady();
    if (left <= Duration{0} || !desk.daemon_runs()) break;
    desk.wait(left);
  }
  if (desk.daemon_runs()) {
    return std::unexpected(
        fmt::format("the daemon has not answered within {}; the request is stored and will be "
                    "applied when it can",
                    to_text(kAnswerWithin)));
  }
  return OperatorResult{
      .ok = true,
      .sentence = "no daemon runs on this folder: stored, and applied at its next start",
      .event_id = ""};
}

int ask_and_print(Source& source, const OperatorRequest& request) {
  const auto result = source.ask(request);
  if (!result) return fail(kFailed, result.error());
  const auto sentence = plain_text(result->sentence, kSentenceCharactersMax);
  if (!result->ok) return fail(kFailed, sentence);
  fmt::print("{}\n", sentence);
  return 0;
}

}  // namespace modelvane
