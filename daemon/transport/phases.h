// Where the time of an exchange went.
#pragma once

#include "daemon/text/time.h"

namespace modelvane {

// Curl's and blackbox_exporter's phases. Zero = the phase did not happen (a reused connection, a
// cached address).
struct Phases {
  Duration resolve{0};
  Duration connect{0};
  Duration tls{0};
  Duration processing{0};  // request sent -> first byte
  Duration transfer{0};    // first byte -> last byte
};

}  // namespace modelvane
