// Who may ask: HTTP Basic (RFC 7617) against bcrypt hashes. A check takes as long as the hash says,
// on purpose; whoever was let in once is known from then on. Constant. Any thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "daemon/http/logins.h"

namespace modelvane {

class Passwords {
 public:
  using Users = std::map<std::string, std::string, std::less<>>;  // name -> bcrypt hash
  explicit Passwords(Users users);

  enum class Verdict {
    Right,
    None,       // there is no header
    Malformed,  // the header holds no name and password
    Wrong,
    Busy  // others are being checked, and too many wait already
  };
  // The name that the header gives; "" when it gives none.
  static std::string user_in(std::string_view authorization);
  // `authorization`: the header's value, "" when there is none.
  Verdict check(std::string_view authorization, std::string_view peer, Logins& logins) const;

 private:
  const Users users_;
  // Checked for names that nobody has, as dear as the dearest of those that somebody has: time does
  // not tell which names there are.
  const std::string stand_in_;
};

}  // namespace modelvane
