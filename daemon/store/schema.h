// The tables of modelvane.db, their version, and how an older file becomes a present one
// (docs/FORMATS.md describes them for readers). A new table, column or event type is a new version:
// an older modelvane must not meet rows that it cannot read.
#pragma once

#include "daemon/store/sqlite.h"

namespace modelvane {

// "MVan": in the file's header, so that another program's database is never taken for ours.
inline constexpr std::int64_t kApplicationId = 0x4D56616E;

// PRAGMA user_version of a file made by this program = the number of migrations.
std::int64_t schema_version();

// The version of the file's schema; 0 = an empty file, to be filled. Fails `database` when it is
// damaged, another program's or newer.
std::int64_t identify(Database& database);

// Brings the file from `version` to schema_version() in one transaction.
void migrate(Database& database, std::int64_t version);

}  // namespace modelvane
