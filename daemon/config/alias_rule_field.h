// One entry of `aliases`: a rule that tells an alias's target.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "daemon/catalog/reading.h"
#include "daemon/config/config.h"
#include "daemon/config/field.h"

namespace modelvane {

// `list_url`: rules may name other URLs relative to the list's, and only on its host. Adds the rule
// to `rules`, unless it has no meaning at all. A served rule's source may be anywhere: how it is
// reached goes to `served_access`; without that none may stand here.
void read_alias_rule(const Field& field, const std::string& list_url, std::vector<AliasRule>& rules,
                     Access* served_access = nullptr);

// `interval` and `daily_budget` of an echo rule; defaults where they are not stated.
void read_echo_limits(const Fields& fields, AliasRule& rule);

// One without the steps `*` and `[key=value]`.
void read_plain_pointer(const Field& field, std::string& pointer);

std::optional<Pattern> read_pattern(const Field& field);

// A JSON pointer; errors go to `field`.
void read_pointer(const Field& field, bool may_be_empty, std::string& pointer);

// `items` and `id`: where rows stand, and in each its id.
void read_rows(const Fields& fields, std::vector<std::string>& items, std::vector<std::string>& id);

}  // namespace modelvane
