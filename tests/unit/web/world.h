// A web server over values that a test sets: snapshot, history, reload.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>

#include "daemon/web/front.h"
#include "daemon/web/server.h"

namespace modelvane::web_test {

// A history in memory with the store's contract. Can hang like a disk.
class FakeLog : public EventLog {
 public:
  std::expected<std::vector<StoredEvent>, StoreError> events(const EventFilter& filter) override;
  std::expected<std::vector<DeliveryRow>, StoreError> deliveries(
      const DeliveryFilter& filter) override;
  std::expected<std::vector<PastSpan>, StoreError> past(const PastFilter& filter) override;

  void add(Event event);
  // As the board would tell it.
  Pulse pulse();
  void hang();
  void go_on();
  // Waits until so many queries are inside.
  void wait_for_queries(int count);

  std::optional<StoreError> error;        // set before the server starts
  std::atomic<std::uint64_t> version{1};  // of the board
  EventFilter last_filter;                // read when no query is under way
  std::vector<DeliveryRow> rows;  // of deliveries, in their order; set before the first request
  PastFilter last_past;           // likewise
  std::vector<PastSpan> spans;    // of the past; set before the first request

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<StoredEvent> stored_;
  bool hangs_ = false;
  int inside_ = 0;
};

struct World {
  Snapshot snapshot;  // set before the first request
  FakeLog log;
  std::function<std::expected<void, std::string>()> reload = [] {
    return std::expected<void, std::string>{};
  };
  std::function<std::expected<OperatorResult, std::string>(const OperatorRequest&)> operate =
      [](const OperatorRequest&) { return OperatorResult{.sentence = "done"}; };
  std::vector<FailedLogin> failed_logins;  // read them when the answer is there
  std::vector<std::string> polled;         // read it when the answer is there
  WebServer server;

  explicit World(std::vector<std::string> addresses = {"127.0.0.1:0"},
                 std::string external_url = "");
  explicit World(WebOptions options);
  ~World();
  // The first address.
  std::string address() const { return server.addresses().front(); }
};

// A front alone, with limits that a test can reach or never reaches, and answers of its own.
struct BareFront {
  Front front;

  BareFront(FrontLimits limits, std::function<Reply(const RequestHead&)> answer,
            std::shared_ptr<const modelvane::TlsContext> tls = nullptr);
  std::string address() const { return front.addresses().front(); }
};

Event moved_event(const std::string& alias, const std::string& from, const std::string& to);

}  // namespace modelvane::web_test
