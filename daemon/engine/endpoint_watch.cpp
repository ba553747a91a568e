#include "daemon/engine/endpoint_watch.h"

#include <algorithm>
#include <utility>

#include "daemon/catalog/endings.h"
#include "daemon/config/spelling.h"
#include "daemon/detect/clock_step.h"
#include "daemon/detect/retirements.h"
#include "daemon/engine/observe.h"
#include "daemon/log/log.h"

namespace modelvane {
namespace {

// Whoever slews a clock moves it by less than this between two polls.
constexpr Duration kClockStepMin = std::chrono::seconds{5};

// Query strings may hold keys: what is shown ends before them.
std::string shown_url(const std::string& url) {
  return url.substr(0, url.find('?'));
}

AliasView alias_view(const std::string& id, const AliasState& alias, const Watched& watched) {
  AliasView view{.alias = id,
                 .status = alias.status(),
                 .target = alias.target(),
                 .rule = alias.rule,
                 .since = alias.since};
  const auto& pending = alias.sighting.pending;
  view.pending = pending.has_value();
  if (pending && pending->seen.status == AliasStatus::Resolved)
    view.pending_target = pending->seen.target;
  view.unstable = alias.unstable;
  view.changes = alias.changes;
  view.last_seen = alias.last_seen;
  if (alias.last_move) view.last_change = alias.last_move->at;
  if (!watched.compare.empty() || alias.disagrees_served.known)
    view.disagrees = alias.disagrees.known || alias.disagrees_served.known;
  view.pin = pin_state(watched, id, alias.target());
  if (view.pin && alias.target().empty()) view.pin->ok = false;  // nobody says what it points to
  return view;
}

// What a header said of a model's end is confirmed by asking about that model once more.
void add_ending_soon(const EndpointState& state, std::vector<std::string>& pending) {
  if (!state.endings) return;
  for (const auto& [model, ending] : *state.endings) {
    const auto& [known, waiting] = ending.ending;
    if (!waiting) continue;
    const auto& said = waiting->seen ? waiting->seen : known;
    if (!said || said->source != kHeaderSource) continue;
    pending.push_back(model);
    for (const auto& [id, alias] : state.aliases) {
      if (alias.target() == model) pending.push_back(id);
    }
  }
}

void add_served(const EndpointState& state, QuestionScope& scope) {
  for (const auto* aliases : {&state.aliases, &state.newcomers}) {
    for (const auto& [id, alias] : *aliases) {
      const bool is_served = alias.rule == Rule::Served;
      if (is_served) scope.served.emplace(id, alias.target());
      const bool is_pending =
          alias.disagrees_served.pending || (is_served && alias.sighting.pending);
      scope.is_served_pending = scope.is_served_pending || is_pending;
    }
  }
}

// What the list calls something like it, as a question.
std::string meant_instead_of(const std::string& id, const EndpointState& state) {
  std::vector<std::string> names;
  for (const auto& [alias, known] : state.aliases) names.push_back(alias);
  for (const auto& listed : state.ids) names.push_back(listed);
  return did_you_mean(id, std::vector<std::string_view>{names.begin(), names.end()});
}

}  // namespace

EndpointWatch::EndpointWatch(Shared<EndpointConfig> config, const std::string& instance,
                             EndsBook* ends)
    : config_(std::move(config)), ends_(ends) {
  watched_.instance = instance;
  view_.edit().known = std::make_shared<const KnownView>();
  set_config_facts();
}

void EndpointWatch::set_config_facts() {
  watched_.endpoint = config_->name;
  watched_.policy = config_->policy;
  set_pins();
  watched_.labels = config_->labels;
  watched_.compare = config_->compare;
  watched_.hints = config_->reading->hints;
  EndpointView& view = view_.edit();
  view.name = config_->name;
  view.provider = config_->provider;
  view.url = shown_url(config_->url);
  view.labels = config_->labels;
  view.compare = config_->compare;
  view.interval = config_->interval;
  view.is_paused = config_->is_paused;
  if (config_->is_paused) view.slowed.reset();
  // Counts of other buckets cannot be carried over; to Prometheus it looks like a restart.
  if (view.duration.bounds != config_->duration_buckets)
    view.duration = Histogram{config_->duration_buckets};
}

void EndpointWatch::approve(ApprovedTargets approved) {
  approved_ = std::move(approved);
  set_pins();
}

void EndpointWatch::set_pins() {
  state_.steady = {};  // the next poll judges them, even if its list is the same
  watched_.pins = config_->pins;
  for (const auto& [alias, targets] : approved_) {
    auto& pins = watched_.pins[alias];
    for (const auto& target : targets) {
      if (std::ranges::find(pins, target) == pins.end()) pins.push_back(target);
    }
  }
}

void EndpointWatch::reconfigure(Shared<EndpointConfig> config, bool is_durable) {
  const bool reads_alike = config->url == config_->url && config->reading == config_->reading;
  config_ = std::move(config);
  memory_ = {};
  heard_ = {};
  view_.edit().served.reset();
  set_config_facts();
  if (!reads_alike) {
    forget_list(state_);
  }
  if (is_durable) show(state_, {});
}

void EndpointWatch::restore(EndpointState state, const EventCounts& counts, Time now) {
  state_ = std::move(state);
  state_.is_unwatched = false;
  clamp_times(state_, now);
  memory_.questions.asked.merge(asked_before(state_, *config_->reading, now).asked);
  auto known = std::make_shared<KnownView>();
  known->events = counts;
  view_.edit().known = std::move(known);
  show(state_, {});
}

void EndpointWatch::begin_poll(Duration steady, bool may_decide) {
  QuestionScope scope{.pending = {}, .echo = state_.echo, .may_echo = may_decide};
  if (asks_questions(*config_->reading)) {
    for (const auto* aliases : {&state_.aliases, &state_.newcomers}) {
      for (const auto& [id, alias] : *aliases) {
        if (alias.sighting.pending) scope.pending.push_back(id);
      }
    }
    add_ending_soon(state_, scope.pending);
    std::ranges::sort(scope.pending);  // looked up by binary search
  }
  if (served_rule(*config_->reading) != nullptr) add_served(state_, scope);
  // Before it is read for the request: a key that changes meanwhile is noticed later.
  if (is_refused()) refused_key_ = key_identity(*config_);
  run_ = std::make_unique<PollRun>(*config_, memory_, std::move(scope), steady);
}

// When the wall clock was set since the poll before, what waits is told in its new time.
void EndpointWatch::follow_clock(Time now, Duration steady) {
  const Duration ahead = now.time_since_epoch() - steady;
  const Duration step = ahead - wall_ahead_.value_or(ahead);
  if (std::chrono::abs(step) >= kClockStepMin) move_times(state_, step);
  wall_ahead_ = ahead;
}

EndpointWatch::Outcome EndpointWatch::finish_poll(Time now, Duration steady, bool may_decide,
                                                  const MayTellDown& may_tell_down) {
  if (may_decide) follow_clock(now, steady);
  PollResult result = std::exchange(run_, nullptr)->finish();
  if (result.shortage) {
    log::warn("poll not made", {{"endpoint", name()},
                                {"lacking", std::string{label(*result.shortage)}},
                                {"error", result.catalog.error().sentence}});
    Outcome outcome;
    outcome.shortage = result.shortage;
    return outcome;
  }
  EndpointView& view = view_.edit();
  view.phases = result.phases;
  view.status_code = result.status;
  view.body_bytes = result.body_bytes;
  if (result.certificate_expiry) view.certificate_expiry = result.certificate_expiry;
  if (result.requests > 0) view.duration.observe(to_seconds(result.total));
  const Duration total = result.total;
  const bool was_asked = result.requests > 0;
  auto outcome = settle(std::move(result), now, may_decide, may_tell_down);
  // Answers that could not be judged are lost: their questions count as not asked.
  if (!may_decide) {
    memory_.questions = {};
    if (memory_.others) memory_.others->traffic_asked.reset();
  }
  if (was_asked) outcome.total = total;
  remember(total);
  return outcome;
}

// A new value for each poll, because snapshots still hold the one before.
void EndpointWatch::remember(Duration total) {
  EndpointView& view = view_.edit();
  auto history =
      view.history ? std::make_shared<PollHistory>(*view.history) : std::make_shared<PollHistory>();
  history->add({.at = *view.last_poll, .total = total, .reason = view.last_reason});
  view.history = std::move(history);
}

EndpointWatch::Outcome EndpointWatch::settle(PollResult result, Time now, bool may_decide,
                                             const MayTellDown& may_tell_down) {
  if (!result.catalog)
    return settle_failure(std::move(result.catalog.error()), now, may_decide, may_tell_down);
  EndpointView& view = view_.edit();
  ++view.polls;
  view.last_poll = view.last_good_poll = now;
  view.last_ok = true;
  refusals_in_row_ = 0;
  view.last_reason.reset();
  view.last_sentence.clear();
  note((*result.catalog)->notes);
  auto catalog = std::move(*result.catalog);
  if (ends_ != nullptr) {
    ends_->tell(name(), catalog, state_);
    catalog = ends_->join(*config_, state_, std::move(catalog), heard_);
  }
  auto outcome =
      decide({.at = now, .result = std::move(catalog), .request_id = std::move(result.request_id)},
             may_decide);
  if (result.echo) {
    state_.echo = *result.echo;
    outcome.must_persist = true;
  }
  outcome.left_pending = result.left_pending;
  if (result.served) view.served = std::move(result.served);
  note_first_tokens(result.first_tokens);
  return outcome;
}

// A new value where there is news, because snapshots still hold the one before.
void EndpointWatch::note_first_tokens(const std::vector<FirstToken>& tokens) {
  if (tokens.empty()) return;
  auto all = view_->first_tokens ? *view_->first_tokens : std::map<std::string, Histogram>{};
  for (const auto& [alias, after] : tokens)
    all.try_emplace(alias, Histogram{kDurationBounds}).first->second.observe(to_seconds(after));
  view_.edit().first_tokens =
      std::make_shared<const std::map<std::string, Histogram>>(std::move(all));
}

EndpointWatch::Outcome EndpointWatch::settle_failure(PollFailure failure, Time now, bool may_decide,
                                                     const MayTellDown& may_tell_down) {
  EndpointView& view = view_.edit();
  ++view.polls;
  ++view.failures[static_cast<std::size_t>(failure.reason)];
  if (view.last_ok || view.last_reason != failure.reason) {
    log::warn("poll failed", {{"endpoint", name()},
                              {"reason", std::string{label(failure.reason)}},
                              {"error", failure.sentence}});
  }
  if (failure.reason == Reason::Auth && !is_refused()) refused_key_ = key_identity(*config_);
  view.last_poll = now;
  view.last_ok = false;
  view.last_reason = failure.reason;
  view.last_sentence = failure.sentence;
  refusals_in_row_ = failure.is_refusal ? refusals_in_row_ + 1 : 0;
  auto retry_after = failure.retry_after;
  if (retry_after)
    retry_after = std::min(*retry_after, longest_distance(failure.reason, config_->interval));
  const Duration pause = retry_after || !failure.is_refusal
                             ? Duration{0}
                             : pause_after(failure, refusals_in_row_, config_->interval);
  // Who is known to be down is not told so again: no need to keep what was known before.
  const bool may_be_ours = is_unreachable(failure.reason) && may_tell_down &&
                           state_.availability.known != Availability::Down;
  std::optional<EndpointState> before;
  if (may_decide && may_be_ours) before = state_;
  auto outcome = decide(
      {.at = now, .result = std::unexpected(std::move(failure)), .request_id = ""}, may_decide);
  const bool tells_down = std::ranges::any_of(
      outcome.events, [](const Event& event) { return event.type == EventType::EndpointDown; });
  if (may_be_ours && tells_down) {
    const auto telling = may_tell_down();
    for (auto& event : outcome.events)
      event.is_isolated = telling == Telling::Isolated && event.type == EventType::EndpointDown;
    if (telling == Telling::No) {
      state_ = std::move(*before);
      outcome = {};
    }
  }
  outcome.retry_after = retry_after;
  outcome.pause = pause;
  return outcome;
}

std::optional<Time> EndpointWatch::stands_in_at(Time now) const {
  const auto& pending = state_.availability.pending;
  const bool may_go_down = pending && pending->seen == Availability::Down && !is_in_maintenance();
  if (!may_go_down || !is_failing() || view_->last_reason != Reason::RateLimited)
    return std::nullopt;
  return wants_poll_at(now);
}

EndpointWatch::Outcome EndpointWatch::repeat_failure(Time now, Duration steady, bool may_decide) {
  if (may_decide) follow_clock(now, steady);
  PollFailure failure{.reason = *view_->last_reason, .sentence = view_->last_sentence};
  return decide({.at = now, .result = std::unexpected(std::move(failure)), .request_id = ""},
                may_decide);
}

EndpointWatch::Outcome EndpointWatch::decide(const Observation& observation, bool may_decide) {
  if (!may_decide) return {};
  auto advanced = advance(std::move(state_), observation, watched_);
  state_ = std::move(advanced.state);
  return {.events = std::move(advanced.events),
          .must_persist = advanced.must_persist,
          .has_mark = !advanced.must_persist && state_.last_good == observation.at,
          .retry_after = std::nullopt,
          .pause = Duration{0},
          .left_pending = false};
}

bool EndpointWatch::note_maintenance(const std::string& window) {
  if (view_->maintenance == window) return false;
  view_.edit().maintenance = window;
  watched_.is_in_maintenance = !window.empty();
  return true;
}

void EndpointWatch::note_pace(bool slower, bool asked, Duration until_next) {
  std::optional<Slowing> slowing;
  if (slower) {
    slowing = {.reason = view_->last_reason.value_or(Reason::Other), .is_asked_for = asked};
  }
  if (view_->slowed == slowing) return;
  view_.edit().slowed = slowing;
  if (slowing) {
    log::warn("polled less often", {{"endpoint", name()},
                                    {"because", std::string{sentence_of(*slowing)}},
                                    {"next_poll_in", to_text(until_next)}});
  } else {
    log::info("polled as often as configured again", {{"endpoint", name()}});
  }
}

// What a list says in vain, or cannot say, is worth one line, not one for each poll.
void EndpointWatch::note(const std::vector<CatalogNote>& notes) {
  if (notes == view_->notes) return;
  for (const auto& one : notes) {
    if (std::ranges::find(view_->notes, one) == view_->notes.end())
      log::warn("the list is not as configured", {{"endpoint", name()}, {"problem", one.sentence}});
  }
  view_.edit().notes = notes;
}

void EndpointWatch::add_unlisted_pins(const EndpointState& durable, KnownView& known) {
  if (!durable.has_baseline) return;
  for (const auto& [id, approved] : watched_.pins) {
    if (durable.aliases.contains(id)) continue;
    known.aliases.push_back(
        {.alias = id,
         .status = durable.ids.has(id) ? AliasStatus::Undisclosed : AliasStatus::Absent,
         .since = durable.last_good.value_or(Time{}),
         .pin = PinState{approved, false}});
    if (!unlisted_pins_.insert(id).second) continue;
    const std::string meant = durable.ids.has(id) ? "" : meant_instead_of(id, durable);
    log::warn("nobody says what a pinned alias points to" + meant,
              {{"endpoint", name()}, {"alias", id}});
  }
  std::ranges::sort(known.aliases, {}, &AliasView::alias);
}

std::optional<Time> EndpointWatch::wants_poll_at(Time now) const {
  return modelvane::wants_poll_at(state_, config_->policy, config_->recheck, now,
                                  watched_.is_in_maintenance);
}

void EndpointWatch::show(const EndpointState& durable, const std::vector<EventType>& new_events) {
  auto known = std::make_shared<KnownView>();
  known->events = view_->known->events;
  for (const auto type : new_events) ++known->events[static_cast<std::size_t>(type)];
  for (const auto& [id, alias] : durable.aliases) {
    known->aliases.push_back(alias_view(id, alias, watched_));
  }
  add_unlisted_pins(durable, *known);
  known->models = durable.ids;
  known->retirements = known_retirements(durable);
  known->has_baseline = durable.has_baseline;
  known->availability = durable.availability.known;
  known->down_since = durable.down_since;
  known->quarantined = durable.quarantine.has_value();
  EndpointView& view = view_.edit();
  view.known = std::move(known);
  if (!view.last_good_poll) view.last_good_poll = durable.last_good;
}

}  // namespace modelvane
