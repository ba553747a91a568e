// The past of endpoints: seconds, hours and days.
#include "store_world.h"

using namespace modelvane;
using namespace modelvane::test;
using namespace std::chrono_literals;

namespace {

PastSpan span_at(Time from, Duration up, Duration down) {
  PastSpan span;
  span.from = from;
  span.seconds = {.up = up, .down = down, .unknown = 1s};
  span.longest = 2s;
  span.durations.add(300ms);
  span.failures.of[static_cast<std::size_t>(Reason::Timeout)] = down > 0s ? 1 : 0;
  return span;
}

Batch batch_of(EndpointPast past) {
  Batch batch;
  batch.past.push_back(std::move(past));
  return batch;
}

}  // namespace

TEST_CASE("seconds and figures come back as they were stored, and a batch twice counts once") {
  const TempFolder folder;
  const EndpointPast past{.endpoint = "a",
                          .seconds = {.up = 3000s, .down = 600s, .unknown = 1s},
                          .until = kStart + 1h,
                          .hours = {span_at(kStart, 50min, 10min)},
                          .days = {span_at(floor_to(kStart, kDay), 50min, 10min)}};
  {
    SqliteStore store{folder.storage()};
    REQUIRE(store.load());
    REQUIRE(store.commit(batch_of(past)));
    REQUIRE(store.commit(batch_of(past)));
  }
  SqliteStore store{folder.storage()};
  const auto loaded = store.load();
  REQUIRE(loaded);
  REQUIRE(loaded->past.size() == 1);
  const auto& kept = loaded->past.front();
  CHECK(kept.endpoint == "a");
  CHECK(kept.seconds == past.seconds);
  CHECK(kept.until == past.until);
  CHECK(kept.hours == past.hours);
  CHECK(kept.days == past.days);
}

TEST_CASE("the past of one endpoint is read in steps, without those that nothing is known of") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  const Time midnight = floor_to(kStart, kDay);
  EndpointPast a{.endpoint = "a", .seconds = {}, .until = kStart, .hours = {}, .days = {}};
  auto b = a;
  b.endpoint = "b";
  for (const int hour : {0, 1, 2, 9})
    a.hours.push_back(span_at(midnight + std::chrono::hours{hour}, 40min, 20min));
  b.hours.push_back(span_at(midnight, 1min, 0s));
  a.days = {span_at(midnight - kDay, 1h, 0s), span_at(midnight, 2h, 2h)};
  REQUIRE(store.commit(batch_of(a)));
  REQUIRE(store.commit(batch_of(b)));
  SqliteEventLog log{folder.storage()};
  const auto hours = log.past({.endpoint = "a", .from = midnight, .to = midnight + 9h, .step = 1h});
  REQUIRE(hours);
  CHECK(*hours == std::vector(a.hours.begin(), a.hours.begin() + 3));
  const auto twos = log.past({.endpoint = "a", .from = midnight, .to = midnight + 24h, .step = 2h});
  REQUIRE(twos);
  REQUIRE(twos->size() == 3);
  CHECK(twos->at(0).seconds == Seconds{.up = 80min, .down = 40min, .unknown = 2s});
  CHECK(twos->at(0).durations.count() == 2);
  CHECK(twos->at(0).failures.worst() == Reason::Timeout);
  CHECK(twos->at(1).from == midnight + 2h);
  CHECK(twos->at(2).from == midnight + 8h);
  const auto days =
      log.past({.endpoint = "a", .from = midnight - kDay, .to = midnight + 1h, .step = 24h});
  REQUIRE(days);
  CHECK(*days == a.days);
}

TEST_CASE("hours go after their time, days with old events") {
  const TempFolder folder;
  SqliteStore store{folder.storage()};
  const Time midnight = floor_to(kStart, kDay);
  EndpointPast past{.endpoint = "a", .seconds = {}, .until = kStart, .hours = {}, .days = {}};
  for (int day = 0; day < 4; ++day) {
    past.hours.push_back(span_at(midnight + day * kDay, 1h, 0s));
    past.days.push_back(span_at(midnight + day * kDay, 1h, 0s));
  }
  auto batch = batch_of(past);
  batch.forget_hours_before = midnight + 3 * kDay;
  batch.forget_before = midnight + kDay + 5h;
  REQUIRE(store.commit(batch));
  SqliteEventLog log{folder.storage()};
  const auto read = [&](Duration step) {
    return log.past({.endpoint = "a", .from = midnight, .to = midnight + 4 * kDay, .step = step});
  };
  CHECK(read(1h)->size() == 1);
  CHECK(read(24h)->size() == 3);
}
