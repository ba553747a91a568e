// Rules that ask about one alias at a time (lookup, echo): what to ask, what an answer discloses,
// and how the answers join what the list said.
#pragma once

#include <cstddef>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/read_error.h"
#include "daemon/catalog/reading.h"

namespace modelvane {

// Answers about one model have a few kB; a completion of some tokens not much more.
inline constexpr std::size_t kAnswerBytesMax = 1024 * 1024;

enum class Escape { Percent, Json };
// `text` with the id in every place of {id}, made safe for a URL or for the inside of a JSON
// string.
std::string fill_in(std::string_view text, std::string_view id, Escape escape);

// The aliases to ask about, sorted: named ones, listed or not, and listed ones that match a
// pattern, as long as no rule of the list tells their target. Empty when no rule asks.
std::vector<std::string> to_ask(const Catalog& catalog, const Reading& reading);

// `list_prefix` is removed from targets as from the list's ids; `header` returns a header's value
// or "". nullopt: the answer names nothing, or what was asked for: undisclosed.
std::expected<std::optional<std::string>, ReadError> read_disclosure(
    const AliasRule& rule, const std::string& list_prefix, const std::string& alias,
    std::string_view body, const std::function<std::string_view(std::string_view)>& header);

// Whether an answer, or one event of a streamed one, names a model at the rule's pointer.
bool names_model(const AliasRule& rule, std::string_view answer);

// The list's targets win over answers; an id is in one of aliases, undisclosed and unasked only.
Catalog with_disclosures(Catalog catalog, const std::vector<AliasRow>& disclosed,
                         const std::vector<std::string>& undisclosed,
                         const std::vector<std::string>& unasked);

}  // namespace modelvane
