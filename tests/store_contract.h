// What every store promises to the engine (store/store.h), whatever it is made of. A test of one of
// them calls check_store_contract() with a way to open it.
#pragma once

#include <functional>
#include <memory>

#include "daemon/store/store.h"

namespace modelvane::test {

// Opens the store again, as after a restart, once the one before has been destroyed.
using OpenStore = std::function<std::unique_ptr<Store>()>;

// Within a TEST_CASE, which runs once for each part: `open` opens one that was empty at its
// beginning.
void check_store_contract(const OpenStore& open);

}  // namespace modelvane::test
