// A batch as the JSON document that the function commit_batch (postgres_schema.cpp) takes. Pure.
#pragma once

#include <string>

#include "daemon/store/store.h"

namespace modelvane {

std::string to_document(const Batch& batch, ShardCount shards);

}  // namespace modelvane
