// A configuration file: every error has a place and a sentence, and what is accepted is accepted
// again.
#include "daemon/config/load_config.h"
#include "tests/fuzz/promise.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace modelvane;
  const auto yaml = fuzz::text_of(data, size);
  const auto config = parse_config(yaml, "modelvane.yml");
  if (config) {
    fuzz::promise(parse_config(yaml, "modelvane.yml").value().endpoints == config->endpoints,
                  "reading twice is the same");
    return 0;
  }
  fuzz::promise(!config.error().empty(), "a refusal has a reason");
  for (const auto& error : config.error()) fuzz::promise_sentence(error.sentence);
  return 0;
}
