// The base of a receiver's URL, whatever part of its interface's path the user wrote down. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace modelvane {

// `url` (without a query) without slashes at its end and without what is, or begins, one of the
// interface's `paths`, whose segments are globs. A prefix in front of it is kept:
// "https://a/am/api/v2/" with "/api/v2/alerts" is "https://a/am".
std::string base_of(std::string_view url, std::span<const std::string_view> paths);

}  // namespace modelvane
