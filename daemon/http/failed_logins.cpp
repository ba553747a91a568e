#include "daemon/http/failed_logins.h"

#include <utility>

#include "daemon/http/admission.h"

namespace modelvane {

std::optional<FailedLogin> FailedLogins::note(std::string_view user, std::string_view peer,
                                              std::chrono::steady_clock::time_point now) {
  const std::scoped_lock lock{mutex_};
  if (told_ && now - *told_ < kQuiet) {
    ++untold_;
    return std::nullopt;
  }
  told_ = now;
  return FailedLogin{
      .user = std::string{user}, .peer = text_of_peer(peer), .others = std::exchange(untold_, 0)};
}

}  // namespace modelvane
