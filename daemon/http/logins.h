// What a server remembers of those who logged in, and whose password is checked next. It outlives a
// changed file of passwords: a digest counts as long as the hash that it was checked against. Any
// thread.
//
// Checks are dear and made one at a time, first come first served. Only a few may wait, and
// guessing must not take all of their places: one user has two at most, from one peer one, and one
// peer leaves one to the others. So neither who guesses one name, nor all who guess names that
// nobody has, keep anybody else out.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace modelvane {

struct Login {
  using Digest = std::array<unsigned char, 32>;

  std::string user;  // "" = a name that nobody has
  std::string peer;
  Digest digest{};
  friend bool operator==(const Login&, const Login&) = default;
};

// May this one wait behind the others? Pure.
bool may_wait(const Login& login, const std::deque<const Login*>& waiting);

class Logins {
 public:
  Logins();

  // Of a password that is tried against a hash; nobody can guess it without this process's memory.
  Login::Digest digest_of(std::string_view hash, std::string_view credentials) const;
  bool is_known(const Login::Digest& digest) const;
  void remember(const Login::Digest& digest);

  // A turn to check a password, if there is one, for as long as this lives. Waits for it.
  class Turn {
   public:
    Turn(Logins& logins, const Login& login);
    ~Turn();
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    bool has_come() const { return has_come_; }

   private:
    Logins& logins_;
    const Login& login_;
    bool has_come_ = false;
  };

 private:
  void leave(const Login& login);  // with mutex_

  const std::array<unsigned char, 32> key_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<const Login*> waiting_;  // under mutex_; the first one is being checked
  std::set<Login::Digest> known_;     // under mutex_
};

}  // namespace modelvane
