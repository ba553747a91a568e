// Ends of models that others than the list tell: a second list joined by id (a feed of
// deprecations), and the headers Sunset (RFC 8594) and Deprecation (RFC 9745) of answers about one
// model. Pure.
#pragma once

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

// Lifecycle::source of what a header says. It is heard only when the model is asked about; until
// then it stands.
inline constexpr std::string_view kHeaderSource = "the header of its answer";

// Its lifecycles and notes.
std::expected<Catalog, ReadError> read_endings(const EndingsDocument& document,
                                               const std::string& list_prefix,
                                               std::string_view body);

// nullopt: the headers say nothing of an end. `header` returns a header's value or "".
std::optional<Lifecycle> ending_in_headers(
    const std::string& id, const std::function<std::string_view(std::string_view)>& header);

// A row of the list that names a date wins; one that only says "deprecated" gets the date.
void add_endings(Catalog& catalog, const std::vector<Lifecycle>& endings);

}  // namespace modelvane
