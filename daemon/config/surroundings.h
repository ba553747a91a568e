// Whether a file is judged together with what it names outside itself: environment variables and
// files. A pull request is checked where neither is at hand.
#pragma once

namespace modelvane {

enum class Surroundings { Checked, Ignored };

}  // namespace modelvane
