// Paths to replies: the HTTP library's routing and response writing, fed with checked heads from memory instead of sockets.
// answer() may be called from several threads at once; everything else is constant after construction.
#pragma once

#include <memory>
#include <string>

#include "daemon/web/request_head.h"
#include "daemon/web/server.h"

namespace modelvane {

class Router {
 public:
  explicit Router(WebHooks hooks);
  ~Router();
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;

  // The complete bytes of the answer. Never throws.
  std::string answer(const RequestHead& head);

 private:
  class Routes;
  std::unique_ptr<Routes> routes_;
};

}  // namespace modelvane
