// What a models list may hold at most. Strangers make these lists: a bound ends the reading with a
// sentence, or cuts down what is kept.
#pragma once

#include <cstddef>

namespace modelvane {

// 20,000 models per list, all pages together, is the stated limit; the widest public list has about
// 700.
inline constexpr std::size_t kRowsMax = 20'000;
// Of what is read or kept. Real lists nest five levels; deeper values are made to exhaust a stack
// somewhere. What nobody reads may nest as it likes.
inline constexpr std::size_t kDepthMax = 32;
// Texts in one array that is read: a model has a handful of aliases.
inline constexpr std::size_t kTextsMax = 10'000;
// A value that further steps than names lead on from: it is taken apart as a whole, which costs
// twenty times its size.
inline constexpr std::size_t kPickedFromBytesMax = std::size_t{256} * 1024;
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
