// So many may be inside at once, a few more wait a moment for a place, the rest is turned away:
// what may take long must never hold every worker. Any thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

namespace modelvane {

class Places {
 public:
  struct Limits {
    int inside;
    int waiting;
    std::chrono::milliseconds patience;
  };
  explicit Places(Limits limits) : limits_(limits) {}

  // A place, if there is one, for as long as this lives.
  class Place {
   public:
    explicit Place(Places& places);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    bool is_taken() const { return is_taken_; }

   private:
    Places& places_;
    bool is_taken_ = false;
  };

 private:
  const Limits limits_;
  std::mutex mutex_;
  std::condition_variable left_;
  int inside_ = 0;   // under mutex_
  int waiting_ = 0;  // under mutex_
};

}  // namespace modelvane
