#include "daemon/http/logins.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

namespace modelvane {
namespace {

// Of the twelve workers, see event_query.cpp. A check at the usual cost of 10 takes 0.1 s.
constexpr std::size_t kWaitingMax = 4;
constexpr std::ptrdiff_t kOfOneUser = 2;
constexpr std::ptrdiff_t kOfOnePeer = 3;
constexpr std::chrono::milliseconds kPatience{2'000};
// Each user has one, but bcrypt looks at 72 bytes only: longer ones are many. A set that is full
// starts anew.
constexpr std::size_t kKnownMax = 1'000;

std::array<unsigned char, 32> random_key() {
  std::array<unsigned char, 32> key{};
  if (RAND_bytes(key.data(), static_cast<int>(key.size())) != 1)
    throw std::runtime_error("no random numbers");
  return key;
}

}  // namespace

bool may_wait(const Login& login, const std::deque<const Login*>& waiting) {
  if (waiting.size() >= kWaitingMax) return false;
  const auto count = [&](auto is_alike) { return std::ranges::count_if(waiting, is_alike); };
  if (count([&](const Login* other) { return other->peer == login.peer; }) >= kOfOnePeer)
    return false;
  // Clients begin with several requests at once: what is the same password is no other guess.
  const auto is_rival = [&](const Login* other) {
    return other->user == login.user && other->digest != login.digest;
  };
  if (count(is_rival) >= kOfOneUser) return false;
  return count([&](const Login* other) { return is_rival(other) && other->peer == login.peer; }) ==
         0;
}

Logins::Logins() : key_(random_key()) {}

Login::Digest Logins::digest_of(std::string_view hash, std::string_view credentials) const {
  Login::Digest digest{};
  const auto text = std::string{hash}.append(1, '\0').append(credentials);
  HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data(), nullptr);
  return digest;
}

bool Logins::is_known(const Login::Digest& digest) const {
  const std::scoped_lock lock{mutex_};
  return known_.contains(digest);
}

void Logins::remember(const Login::Digest& digest) {
  const std::scoped_lock lock{mutex_};
  if (known_.size() >= kKnownMax) known_.clear();
  known_.insert(digest);
}

void Logins::leave(const Login& login) {
  std::erase(waiting_, &login);
  moved_.notify_all();
}

Logins::Turn::Turn(Logins& logins, const Login& login) : logins_(logins), login_(login) {
  std::unique_lock lock{logins_.mutex_};
  if (!may_wait(login, logins_.waiting_)) return;
  logins_.waiting_.push_back(&login);
  has_come_ =
      logins_.moved_.wait_for(lock, kPatience, [&] { return logins_.waiting_.front() == &login; });
  if (!has_come_) logins_.leave(login);
}

Logins::Turn::~Turn() {
  if (!has_come_) return;
  const std::scoped_lock lock{logins_.mutex_};
  logins_.leave(login_);
}

}  // namespace modelvane
