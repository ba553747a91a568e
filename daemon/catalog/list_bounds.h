// What a models list may hold at most. Strangers make these lists: a bound ends the reading with a
// sentence, or cuts down what is kept.
#pragma once

#include <cstddef>

namespace modelvane {

// 20,000 models per list, all pages together, is the stated limit; the widest public list has about
// 700.
inline constexpr std::size_t kRowsMax = 20'000;
// Real lists nest five levels; deeper ones are made to exhaust a stack somewhere.
inline constexpr std::size_t kDepthMax = 32;
// Values in one row. OpenRouter's rows have about 120.
inline constexpr std::size_t kRowValuesMax = 10'000;
// A row kept as evidence in events; receivers advise bodies below 20 kB. A larger row is cut down
// to its id and target.
inline constexpr std::size_t kEvidenceBytesMax = 4'096;
// Unlike targets of one alias. A target of so many names would fill every label and page.
inline constexpr std::size_t kTargetsMax = 64;
// Notes on single rows in one catalog: people need examples, not all.
inline constexpr std::size_t kRowNotesMax = 8;
// A watched value in an event. Of a larger one only its length and checksum are kept.
inline constexpr std::size_t kHintBytesMax = 1'024;

}  // namespace modelvane
