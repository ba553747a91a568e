#include "daemon/store/checksum.h"

#include <doctest/doctest.h>

#include <string>

using namespace modelvane;

TEST_CASE("the checksum is CRC-32C, by its published check values") {
  CHECK(crc32c("") == 0);
  CHECK(crc32c("123456789") == 0xE3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8A9136AA);
  CHECK(crc32c(std::string(32, '\xFF')) == 0x62A8AB43);
}

TEST_CASE("fields can be chained") {
  CHECK(crc32c("6789", crc32c("12345")) == crc32c("123456789"));
}
