// The machine for model.retirement_*: what the list says about each model's end, confirmed like a
// move, and a reminder as the end comes near. The rows of aliases that disclose a target are left
// out: providers repeat the target's date there, and the target has a row of its own. A model whose
// row is missing keeps its date until it is confirmed as removed. Reminders depend on time only:
// any poll, also a failed one, may bring one; each threshold at most once per date.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/detect/turn.h"

namespace modelvane {

// Days before the end. When several have passed unseen, only the tightest is said.
inline constexpr std::array kNearDays{30, 7, 1};

// The baseline: dates as they are and thresholds that have passed, silently.
void learn_retirements(Turn& turn, const Catalog& catalog);
void judge_retirements(Turn& turn, const Catalog& catalog);
void judge_nearness(Turn& turn);
// The next moment at which judge_nearness() has something to say.
std::optional<Time> next_nearness(const EndpointState& state);

// What the catalog, or the state, says of a model's end.
std::optional<Retirement> retirement_of(const Catalog& catalog, const std::string& model, Time now);
std::optional<Retirement> known_retirement(const EndpointState& state, const std::string& model,
                                           Time now);
// All of them by model, without days_left: those depend on when one looks.
std::vector<Retirement> known_retirements(const EndpointState& state);
// "ends in 12 days; replacement: Y"
std::string ending_words(const Retirement& retirement);

}  // namespace modelvane
