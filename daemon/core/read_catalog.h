// Bytes of a models list -> Catalog, or the reason why not. The bytes are hostile until proven otherwise: every bound below ends
// the reading with a sentence, never with a crash, and memory stays within a few rows beyond the result itself.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string_view>

#include "daemon/core/catalog.h"
#include "daemon/core/model_id.h"
#include "daemon/core/pagination.h"
#include "daemon/core/read_error.h"
#include "daemon/core/reading.h"

namespace modelvane {

// 20,000 models per list, all pages together, is PRODUCT's limit; the widest public list has about 700.
inline constexpr std::size_t kRowsMax = 20'000;
// Real lists nest five levels; deeper ones are made to exhaust a stack somewhere.
inline constexpr std::size_t kDepthMax = 32;
// Values in one row. OpenRouter's rows have about 120.
inline constexpr std::size_t kRowValuesMax = 10'000;
// A row kept as evidence in events; receivers advise bodies below 20 kB. A larger row is cut down to its id and target.
inline constexpr std::size_t kEvidenceBytesMax = 4'096;
// Unlike targets of one alias. A target of so many names would fill every label and page.
inline constexpr std::size_t kTargetsMax = 64;
// A watched value in an event. Of a larger one only its length and checksum are kept.
inline constexpr std::size_t kHintBytesMax = 1'024;

// Collects the pages and second documents of one poll. An error ends the poll: the reader is then to be thrown away. Borrows the
// reading.
class CatalogReader {
 public:
  explicit CatalogReader(const Reading& reading);
  ~CatalogReader();
  CatalogReader(CatalogReader&&) noexcept;
  CatalogReader& operator=(CatalogReader&&) noexcept;

  // In any order of pages; the first one's error keeps its reason, that of a later one is `partial`.
  std::expected<PageEnd, ReadError> add_page(std::string_view body);
  // The second document of `reading.rules[rule]`.
  std::expected<void, ReadError> add_document(std::size_t rule, std::string_view body);
  // Once, when all is read: applies the rules, in order, to all rows together.
  std::expected<Catalog, ReadError> take();

 private:
  class Rows;
  std::unique_ptr<Rows> rows_;
};

// A list of one page and one document.
std::expected<Catalog, ReadError> read_catalog(std::string_view body, const Reading& reading);

}  // namespace modelvane
