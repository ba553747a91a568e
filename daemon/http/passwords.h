// Who may ask: HTTP Basic (RFC 7617) against bcrypt hashes. A check takes as long as the hash says,
// on purpose; whoever was let in once is known from then on. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "daemon/http/places.h"

namespace modelvane {

class Passwords {
 public:
  using Users = std::map<std::string, std::string, std::less<>>;  // name -> bcrypt hash
  explicit Passwords(Users users);

  enum class Verdict {
    Right,
    Wrong,
    Busy
  };  // Busy: others are being checked, and too many wait already
  // `authorization`: the header's value, "" when there is none.
  Verdict check(std::string_view authorization);

 private:
  using Digest = std::array<unsigned char, 32>;

  Digest digest_of(std::string_view credentials) const;
  bool is_known(const Digest& digest);

  const Users users_;
  const std::string stand_in_;  // checked for names that nobody has, so that time does not tell
                                // which names there are
  const std::array<unsigned char, 32>
      key_;  // of the digests, new in each process: they are of no use elsewhere
  Places places_;
  std::mutex mutex_;
  std::set<Digest> known_;  // under mutex_: credentials that were right
};

}  // namespace modelvane
