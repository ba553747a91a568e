// Bytes of a models list -> Catalog, or the reason why not. The bytes are hostile until proven
// otherwise: every bound of list_bounds.h ends the reading with a sentence, never with a crash, and
// memory stays within a few rows beyond the result itself.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string_view>

#include "daemon/catalog/catalog.h"
#include "daemon/catalog/model_id.h"
#include "daemon/catalog/pagination.h"
#include "daemon/catalog/read_error.h"
#include "daemon/catalog/reading.h"

namespace modelvane {

using HeaderOf = std::function<std::string_view(std::string_view)>;

// What the pages that are read are of a list.
enum class Extent {
  Whole,     // all of it: one that goes on, while nothing says how, is an error
  Document,  // all of a list that can have one page only
  Start      // its first page; more may follow
};

// Collects the pages and second documents of one poll. An error ends the poll: the reader is then
// to be thrown away. Borrows the reading.
class CatalogReader {
 public:
  explicit CatalogReader(const Reading& reading, Extent extent = Extent::Whole);
  ~CatalogReader();
  CatalogReader(CatalogReader&&) noexcept;
  CatalogReader& operator=(CatalogReader&&) noexcept;

  // In any order of pages; the first one's error keeps its reason, that of a later one is
  // `partial`. `header` returns a header's value or "".
  std::expected<PageEnd, ReadError> add_page(std::string_view body, const HeaderOf& header = {});
  // The second document of `reading.rules[rule]`.
  std::expected<void, ReadError> add_document(std::size_t rule, std::string_view body,
                                              const HeaderOf& header = {});
  // Once, when all is read: applies the rules, in order, to all rows together.
  std::expected<Catalog, ReadError> take();

 private:
  class Rows;
  std::unique_ptr<Rows> rows_;
};

// A list of one page and one document.
std::expected<Catalog, ReadError> read_catalog(std::string_view body, const Reading& reading,
                                               const HeaderOf& header = {},
                                               Extent extent = Extent::Whole);

}  // namespace modelvane
