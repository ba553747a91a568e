// A webhook whose receiver has outages, limits and events that it chokes on, under a daemon that
// crashes and whose clock is set; beside one that always works. Every event arrives or is a dead
// letter with a reason, in order, and a receiver that works again has its queue empty within a
// minute and what its rate takes. Replay one: MODELVANE_SIM_SEED=17 build/.../sim; more:
// MODELVANE_SIM_STEPS=1000000.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <set>

#include "daemon/events/event_json.h"
#include "tests/sanitized.h"
#include "tests/sim/moody_receiver.h"

namespace modelvane::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kDeliverySteps =
    200'000 / kSanitizerSlowdown;  // turns of the engine's loop
constexpr int kDeliveryActs = 25;  // of one world
constexpr int kEndpoints = 6;
constexpr int kAliases = 20;
constexpr Duration kMaxAge = 24h;
// From "the receiver works" to "the queue is empty", beside what its rate takes.
constexpr Duration kMinute = 1min;
// An event that the receiver chokes on holds up its own subject until its third failure.
constexpr Duration kStepsAside = 45s;
// What four lanes take, each a request at a time that lasts 150 ms; a subject's events come one by
// one.
constexpr double kLanesPerSecond = 12;
// How much more than a limit's own time an unknown limit may cost: it is found by trying.
constexpr double kSearching = 1.5;

struct Seen {
  std::string id;
  std::string subject;
  Time since{};  // by the simulator's clock
  bool is_old = false;
};

struct Storm {
  World world;
  MoodyReceiver receiver;
  bool has_crashes;
  bool has_jumps;
  std::map<std::uint64_t, Seen> events;  // those that the receiver should get
  std::set<std::uint64_t> open;          // of these: neither taken nor dead
  std::vector<std::pair<Time, Time>> troubles;
  std::uint64_t last_sequence = 0;
  std::uint64_t steps = 0;
  int version = 0;
  Duration worst_minute{0};
  std::string fault;

  explicit Storm(std::uint64_t seed)
      : world(seed),
        receiver((prepare(), world), "stormy"),
        has_crashes(seed % 3 != 0),
        has_jumps(seed % 3 != 1) {
    world.start();
    world.run_for(10min);
  }
  void prepare() {
    std::map<std::string, std::string> aliases;
    for (int i = 0; i < kAliases; ++i) aliases[fmt::format("alias-{}", i)] = "v0";
    for (int i = 0; i < kEndpoints; ++i) {
      world.add_endpoint(fmt::format("h{}", i), aliases);
      world.config.endpoints.back().edit().interval = 5min;
    }
    for (const auto* name : {"stormy", "steady"}) {
      world.add_webhook(name);
      world.config.webhooks.back().max_age = kMaxAge;
    }
  }

  Duration some(Duration least, Duration most) {
    const auto span = static_cast<std::uint64_t>((most - least).count());
    return least + Duration{static_cast<Duration::rep>(world.random() % span)};
  }
  void complain(std::string what) {
    if (fault.empty()) fault = std::move(what);
  }

  // ---- the books
  void look() {
    for (auto entry = world.disk.events.upper_bound(last_sequence);
         entry != world.disk.events.end(); ++entry) {
      last_sequence = entry->first;
      const auto event = parse_cloudevent(entry->second.json);
      if (event->webhook == "stormy") continue;  // told to the other
      events[entry->first] = {event->id, event->subject(), world.clock.now};
      open.insert(entry->first);
    }
    std::erase_if(open, [&](std::uint64_t sequence) {
      return receiver.has(events.at(sequence).id) || is_dead(sequence);
    });
  }
  const Delivery* row(std::uint64_t sequence, const std::string& webhook) const {
    const auto found = world.disk.deliveries.find({sequence, webhook});
    return found == world.disk.deliveries.end() ? nullptr : &found->second;
  }
  bool is_dead(std::uint64_t sequence) const {
    const auto* delivery = row(sequence, "stormy");
    return delivery != nullptr && delivery->state == DeliveryState::Dead;
  }
  static bool is_poison(const std::string& id) {
    return MoodyReceiver::chokes_on(id) || MoodyReceiver::rejects(id);
  }
  std::size_t healthy_open() const {
    return static_cast<std::size_t>(std::ranges::count_if(
        open, [&](std::uint64_t sequence) { return !is_poison(events.at(sequence).id); }));
  }
  void pass(Duration span) {
    for (const Time end = world.clock.now + span; world.clock.now < end; look())
      world.run_for(std::min<Duration>(10s, end - world.clock.now));
  }

  // ---- what happens
  void move_some() {
    const auto endpoints = 1 + world.random() % kEndpoints;
    const auto aliases = 1 + world.random() % kAliases;
    ++version;
    for (std::uint64_t i = 0; i < endpoints; ++i) {
      auto& upstream = world.transport.upstreams[fmt::format("h{}", world.random() % kEndpoints)];
      for (std::uint64_t k = 0; k < aliases; ++k)
        upstream.move(fmt::format("alias-{}", k), fmt::format("v{}", version), world.clock.now);
    }
  }
  void disturb() {
    if (has_jumps && chance(world.random, 0.3)) {
      const Duration step = some(1s, 72h);
      world.clock.wall_ahead += chance(world.random, 0.5) ? step : -step;
    }
    if (has_crashes && chance(world.random, 0.3)) {
      steps += world.engine->heartbeat();
      world.crash();
      world.clock.now += some(1s, 5min);
      world.start();
    }
  }
  void have_trouble() {
    constexpr std::array kMoods{Mood::Silent, Mood::Refusing, Mood::Broken, Mood::Resting,
                                Mood::Misconfigured};
    const Time begin = world.clock.now;
    const Duration lasts = chance(world.random, 0.05) ? some(25h, 30h) : some(1min, 3h);
    const bool is_disturbed = chance(world.random, 0.5);
    receiver.become(kMoods[world.random() % kMoods.size()]);
    const auto before = events.size();
    const bool waited = healthy_open() > 0;
    pass(lasts / 2);
    if (is_disturbed) disturb();
    pass(lasts - lasts / 2);
    if (!is_disturbed && waited && healthy_open() > 0) judge_asking(lasts, events.size() - before);
    troubles.emplace_back(begin, world.clock.now);
    const Mood was = std::exchange(receiver.mood, Mood::Works);
    receiver.become(Mood::Works);
    empty_queue(was == Mood::Misconfigured ? Duration{1h} : was == Mood::Resting ? 24s : 0s);
  }
  // While the receiver is away it is asked every 30 seconds, which may end in a time-out of 15.
  void judge_asking(Duration lasts, std::size_t added) {
    if (receiver.mood == Mood::Misconfigured) return;
    if (receiver.longest_silence() > 47s)
      complain(fmt::format("a receiver in trouble was not asked for {}",
                           to_text(receiver.longest_silence())));
    const auto most = 20 + static_cast<std::size_t>(lasts / 19s) + added;
    if (receiver.requests() > most)
      complain(fmt::format("a receiver in trouble was asked {} times in {}", receiver.requests(),
                           to_text(lasts)));
  }
  void have_limit() {
    receiver.limit = Limit{.per_second = 0.5 + static_cast<double>(world.random() % 20),
                           .says_when = chance(world.random, 0.5)};
    receiver.become(Mood::Works);
    move_some();
    pass(6min);
    empty_queue(0s);
    const auto taken = receiver.requests() - receiver.limited();
    if (receiver.limited() > 20 + taken)
      complain(fmt::format("{} requests were too many, {} were not", receiver.limited(), taken));
    receiver.limit.reset();
  }
  // From now on the receiver works.
  void empty_queue(Duration until_asked) {
    receiver.stumbles = receiver.loses_answers = 0;
    look();
    const auto waiting = static_cast<double>(healthy_open());
    const double rate =
        std::min(kLanesPerSecond, receiver.limit ? receiver.limit->per_second : kLanesPerSecond);
    const Duration by_rate{static_cast<Duration::rep>(kSearching * 1e6 * waiting / rate)};
    const Time begin = world.clock.now;
    const Time end = begin + kMinute + by_rate + until_asked;
    std::set<std::uint64_t> left;
    std::set<std::uint64_t> behind;
    std::set<std::string> held_up;
    for (const auto sequence : open) {
      const auto& event = events.at(sequence);
      if (is_poison(event.id)) {
        held_up.insert(event.subject);
      } else {
        (held_up.contains(event.subject) ? behind : left).insert(sequence);
      }
    }
    wait_for(left, end);
    worst_minute = std::max(worst_minute, world.clock.now - begin - by_rate - until_asked -
                                              receiver.asked_in_vain() * kAskEvery);
    wait_for(behind, end + kStepsAside);
    left.merge(behind);
    if (!left.empty()) {
      const auto* first = row(*left.begin(), "stormy");
      complain(fmt::format(
          "{} of {} events still wait {} after the return of a receiver of {:.1f} a second at {}; "
          "{} of {}: {} attempts, {}",
          left.size(), waiting, to_text(end - begin), rate, to_rfc3339(begin),
          events.at(*left.begin()).id, events.at(*left.begin()).subject, first->attempts,
          first->last_error));
    }
  }
  // Until nothing is left that still waits.
  void wait_for(std::set<std::uint64_t>& left, Time end) {
    while (!left.empty() && world.clock.now < end + receiver.asked_in_vain() * kAskEvery) {
      world.run_for(1s);
      look();
      std::erase_if(left, [&](std::uint64_t sequence) { return !open.contains(sequence); });
    }
  }
  void act() {
    receiver.stumbles = chance(world.random, 0.5) ? 0.02 : 0;
    receiver.loses_answers = chance(world.random, 0.5) ? 0.02 : 0;
    move_some();
    if (chance(world.random, 0.7)) pass(some(1s, 6min));
    if (chance(world.random, 0.7)) {
      have_trouble();
    } else {
      have_limit();
    }
    if (chance(world.random, 0.5)) disturb();
    pass(some(1min, 40min));
    judge_others();
  }

  // ---- what must hold
  // A receiver that works hears of everything within a minute, whatever befalls others.
  void judge_others() {
    const auto& steady = world.outside.receivers.at("steady").body_by_id;
    for (auto& [sequence, event] : events) {
      if (event.is_old || world.clock.now - event.since < kMinute) continue;
      event.is_old = true;
      if (!steady.contains(event.id))
        complain(fmt::format("the webhook that always works has not got {}", event.id));
    }
  }
  bool was_in_trouble(Time at) const {
    return std::ranges::any_of(troubles, [&](const auto& trouble) {
      return trouble.first <= at && at <= trouble.second + kMinute;
    });
  }
  void judge_dead_letters() {
    for (const auto& [sequence, event] : events) {
      const auto* delivery = row(sequence, "stormy");
      if (delivery == nullptr || delivery->state == DeliveryState::Pending) {
        complain(fmt::format("{} still waits", event.id));
      } else if (delivery->state == DeliveryState::Dead && delivery->last_error.empty()) {
        complain(fmt::format("nobody knows why {} is a dead letter", event.id));
      } else if (delivery->state == DeliveryState::Delivered && !receiver.has(event.id)) {
        complain(fmt::format("{} counts as delivered, and is not", event.id));
      }
      // A clock that was put forward before a restart makes events as old as it says.
      const bool may_be_dead = is_poison(event.id) || (has_crashes && has_jumps) ||
                               was_in_trouble(event.since + kMaxAge);
      if (is_dead(sequence) && !may_be_dead)
        complain(fmt::format("{} is a dead letter: {}", event.id, delivery->last_error));
    }
  }
  void judge_order() {
    std::map<std::string, std::string> subject_of;
    std::map<std::string, std::vector<std::string>> sent;
    std::map<std::string, std::vector<std::string>> taken;
    for (const auto& [sequence, event] : events) {
      subject_of[event.id] = event.subject;
      if (is_in_line(event.id)) sent[event.subject].push_back(event.id);
    }
    for (const auto& id : receiver.receiver().order) {
      if (subject_of.contains(id) && is_in_line(id)) taken[subject_of[id]].push_back(id);
    }
    if (sent != taken) complain("out of order");
    if (receiver.receiver().saw_changed_body) complain("one id had two bodies");
  }
  // Who failed so often itself may be overtaken by its subject.
  bool is_in_line(const std::string& id) const {
    const auto refusals = receiver.receiver().refusals.find(id);
    const bool steps_aside =
        refusals != receiver.receiver().refusals.end() && refusals->second >= kFailuresToStepAside;
    return receiver.has(id) && !steps_aside;
  }
  // An event that its receiver chokes on is tried by a schedule of its own, which begins with 5 s.
  // A trouble's end makes it due once more.
  void judge_back_off() {
    for (const auto& [id, times] : receiver.choked()) {
      std::size_t quick = 0;
      for (std::size_t i = 1; i < times.size(); ++i) quick += times[i] - times[i - 1] < 4s;
      if (quick > troubles.size() + 2)
        complain(fmt::format("{} was tried {} times at once", id, quick));
    }
  }

  void run() {
    for (int i = 0; i < kDeliveryActs && fault.empty(); ++i) act();
    receiver.stumbles = receiver.loses_answers = 0;
    pass(kMaxAge + 6h);
    judge_dead_letters();
    judge_order();
    judge_back_off();
    steps += world.engine->heartbeat();
  }
};

}  // namespace

TEST_CASE(
    "whatever befalls a receiver, every event arrives or is a dead letter with a reason, in order, "
    "and soon after it works again") {
  const char* one = std::getenv("MODELVANE_SIM_SEED");
  const char* wanted = std::getenv("MODELVANE_SIM_STEPS");
  const std::uint64_t most = wanted ? std::strtoull(wanted, nullptr, 10) : kDeliverySteps;
  std::uint64_t seed = one ? std::strtoull(one, nullptr, 10) : 1;
  std::uint64_t worlds = 0;
  std::size_t events = 0;
  std::size_t dead = 0;
  Duration worst{0};
  for (std::uint64_t steps = 0; steps < most; ++seed) {
    Storm storm{seed};
    storm.run();
    if (!storm.fault.empty()) FAIL_CHECK("seed " << seed << ": " << storm.fault);
    steps += storm.steps;
    ++worlds;
    events += storm.events.size();
    for (const auto& [sequence, event] : storm.events) dead += storm.is_dead(sequence);
    worst = std::max(worst, storm.worst_minute);
    if (one || !storm.fault.empty()) break;
  }
  MESSAGE(
      fmt::format("{} worlds, {} events, {} dead letters; after a receiver's return its queue "
                  "was empty within {} and what its rate takes",
                  worlds, events, dead, to_text(worst)));
}

}  // namespace modelvane::sim
