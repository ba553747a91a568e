// The ids of a list, sorted and unique, shared with the catalog that they came from: a state that is copied, or a poll that shows
// the same list again, copies no id. A value: two lists are equal when their ids are. An unknown list is no empty one.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "daemon/core/catalog.h"

namespace modelvane {

class IdList {
 public:
  IdList() = default;
  IdList(std::initializer_list<std::string> sorted) : IdList(std::vector<std::string>{sorted}) {}
  explicit IdList(std::vector<std::string> sorted) : ids_(std::make_shared<const std::vector<std::string>>(std::move(sorted))) {}
  explicit IdList(const std::shared_ptr<const Catalog>& catalog) : ids_(catalog, &catalog->ids) {}

  bool is_known() const { return ids_ != nullptr; }
  const std::vector<std::string>& all() const;
  std::size_t size() const { return all().size(); }
  bool has(const std::string& id) const;
  friend bool operator==(const IdList& a, const IdList& b) {
    return a.ids_ == b.ids_ || (a.ids_ && b.ids_ && *a.ids_ == *b.ids_);
  }

 private:
  std::shared_ptr<const std::vector<std::string>> ids_;
};

}  // namespace modelvane
