// Numbers of requests with the transport, unlike each other whoever makes them.
#pragma once

#include <cstdint>

namespace modelvane {

class Tickets {
 public:
  std::uint64_t next() { return next_++; }

 private:
  std::uint64_t next_ = 1;
};

}  // namespace modelvane
