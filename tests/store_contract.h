// What every store promises to the engine (store/store.h), whatever it is made of. A test of one of
// them calls check_store_contract() with a way to open it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/store/store.h"

namespace modelvane::test {

// Opens the store again, as after a restart, once the one before has been destroyed.
using OpenStore = std::function<std::unique_ptr<Store>()>;

// The n-th event of an endpoint, of that many seconds after kStart.
inline const Time kStart = *parse_rfc3339("2026-11-22T10:00:00Z");
NewEvent new_event(std::uint64_t n, std::vector<std::string> webhooks = {},
                   const std::string& endpoint = "internlm");

// Within a TEST_CASE, which runs once for each part: `open` opens one that was empty at its
// beginning.
void check_store_contract(const OpenStore& open);

}  // namespace modelvane::test
