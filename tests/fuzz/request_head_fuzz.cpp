// What a client of the pages may send: head, query and cursors.
#include "daemon/http/request_head.h"
#include "daemon/web/query.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace modelvane;
  const auto bytes = fuzz::text_of(data, size);
  const auto end = find_head_end(bytes, 0);
  if (end && *end > 0) {
    if (const auto head =
            read_head(bytes.substr(0, *end), Site{.url = "", .host = "", .prefix = "/vane"})) {
      fuzz::promise(head->path().starts_with('/'), "a path begins with a slash");
      fuzz::promise(head->target.size() <= kTargetBytesMax, "a target is bounded");
    }
  }
  const auto query = parse_query(bytes);
  Parameters parameters{query};
  const auto page = parameters.page('e', 1, {.usual = 10, .max = 100});
  parameters.time("since");
  parameters.number("n", 1, 9);
  parameters.flag("flag");
  const auto refusal = parameters.refusal();
  fuzz::promise(refusal ? refusal->status >= 400 : page.limit <= 100,
                "a page is bounded, or refused");
  return 0;
}
