#include "daemon/transport/shortage.h"

#include <cerrno>

namespace modelvane {

std::optional<Shortage> shortage_of(int error) {
  switch (error) {
    case EMFILE:
    case ENFILE: return Shortage::Descriptors;
    case ENOMEM:
    case ENOBUFS: return Shortage::Memory;
    case EADDRNOTAVAIL: return Shortage::Ports;
    default: return std::nullopt;
  }
}

std::string_view remedy(Shortage shortage) {
  switch (shortage) {
    case Shortage::Descriptors:
      return "this machine has no file descriptors left for it: raise the limit (LimitNOFILE= of "
             "the service, ulimit -n)";
    case Shortage::Memory: return "this machine has no memory left for it";
    case Shortage::Ports: return "this machine has no free local address or port for it";
  }
  return "";
}

}  // namespace modelvane
