// A webhook receiver on loopback that does what a careful one should: verify the signature, refuse
// what is malformed, take each event once. The demo prints what it takes; tests ask it what came.
// The callback runs on a server thread, one event at a time. Everything else may be called from any
// thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "daemon/text/time.h"

namespace modelvane::simulated {

// What one request said. Only JSON objects in CloudEvents 1.0 form are taken.
struct ReceivedEvent {
  std::string id;
  std::string type;  // without "io.modelvane."
  std::string subject;
  std::string summary{};
  Time time{};      // when modelvane was sure
  Time received{};  // when the request was here
  std::string body{};
  bool is_signed = false;  // and the signature is good
};

class Receiver {
 public:
  struct Options {
    std::string listen_address = "127.0.0.1:0";
    std::vector<std::string> secrets{};  // empty = signatures are not asked for
    std::function<Time()> now{};         // the system clock by default
    std::function<void(const ReceivedEvent&)> on_event{};
  };

  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t taken = 0;
    std::uint64_t duplicates = 0;  // answered 204 like the first, but not taken again
    std::uint64_t refused = 0;     // bad signature or body
    friend bool operator==(const Counts&, const Counts&) = default;
  };

  explicit Receiver(Options options);
  ~Receiver();
  Receiver(const Receiver&) = delete;
  Receiver& operator=(const Receiver&) = delete;

  std::expected<void, std::string> start();
  void stop();
  std::string url() const;

  // Trouble on demand: from now on answer every request with this status and take nothing. 0 =
  // behave again.
  void answer_with(int status);

  // Taken events in the order of arrival, the newest kRememberedEvents of them.
  std::vector<ReceivedEvent> events() const;
  Counts counts() const;
  std::string last_refusal() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// So many events and ids are remembered: far more than a demo or a test sends, and still only
// megabytes.
inline constexpr std::size_t kRememberedEvents = 10'000;

}  // namespace modelvane::simulated
