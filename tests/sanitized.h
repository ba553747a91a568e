// How much longer tests may take, and how much less of the same they do, in a build under the
// address or thread sanitizer. Tests with a limit or an amount of work that was chosen for an
// ordinary build put this factor on it.
#pragma once

namespace modelvane {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr int kSanitizerSlowdown = 10;
#else
inline constexpr int kSanitizerSlowdown = 1;
#endif

}  // namespace modelvane
