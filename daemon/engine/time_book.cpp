#include "daemon/engine/time_book.h"

#include <algorithm>
#include <utility>

namespace modelvane {
namespace {

// Seconds become durable with the marks of good polls. Figures are larger; a crash costs those of a
// minute.
constexpr Duration kFiguresEvery = std::chrono::minutes{1};
constexpr std::size_t kHoursShown = 24;
constexpr std::size_t kDaysShown = 30;

void put(std::vector<PastFigure>& figures, const std::vector<PastSpan>& spans, Duration step,
         std::size_t count) {
  for (const auto& span : spans) {
    const PastFigure figure{span.from, span.seconds, span.durations.quantile(0.5)};
    const auto place = std::ranges::lower_bound(figures, span.from, {}, &PastFigure::from);
    if (place != figures.end() && place->from == span.from) {
      *place = figure;
    } else {
      figures.insert(place, figure);
    }
  }
  if (figures.empty()) return;
  const Time oldest = figures.back().from - step * static_cast<Duration::rep>(count - 1);
  std::erase_if(figures, [&](const PastFigure& figure) { return figure.from < oldest; });
}

}  // namespace

void TimeBook::open(std::vector<EndpointPast> past) {
  is_open_ = true;
  for (auto& one : past) {
    auto& entry = entries_[one.endpoint];
    entry.seconds = one.seconds;
    entry.keeper.restore(one.until);
    note_durable(one);
    // What the next seconds may belong to goes on where it stopped.
    const auto go_on = [&](std::vector<PastSpan>& spans, Lives& lives, Duration step) {
      for (auto& span : spans) {
        const Time from = span.from;
        if (from >= floor_to(one.until, step)) lives[from].span = std::move(span);
      }
    };
    go_on(one.hours, entry.hours, kHour);
    go_on(one.days, entry.days, kDay);
  }
}

// A clock that was set back must not write over what an earlier hour has: its seconds go to the
// oldest one that is still open.
PastSpan& TimeBook::live_at(Lives& lives, Duration step, Time time) {
  Time from = floor_to(time, step);
  if (!lives.empty()) from = std::max(from, lives.begin()->first);
  auto& live = lives[from];
  live.span.from = from;
  live.is_changed = true;
  return live.span;
}

void TimeBook::add(Lives& lives, Duration step, const TimeSpan& span) {
  for (Time from = span.from; from < span.to;) {
    const Time end = std::min(floor_to(from, step) + step, span.to);
    live_at(lives, step, from).seconds.of(span.state) += end - from;
    from = end;
    // Nothing is known of whole hours in between, which may be years: they have no figures.
    if (span.state == TimeState::Unknown) from = std::max(from, floor_to(span.to, step));
  }
}

void TimeBook::add(Entry& entry, const std::vector<TimeSpan>& spans) {
  for (const auto& span : spans) {
    entry.seconds.of(span.state) += span.to - span.from;
    add(entry.hours, kHour, span);
    add(entry.days, kDay, span);
  }
}

bool TimeBook::note(const std::string& endpoint, const Poll& poll) {
  if (!is_open_) return false;
  auto& entry = entries_[endpoint];
  add(entry, entry.keeper.note(poll.time));
  for (auto* figures :
       {&live_at(entry.hours, kHour, poll.time.at), &live_at(entry.days, kDay, poll.time.at)}) {
    if (poll.failure) ++figures->failures.of[static_cast<std::size_t>(*poll.failure)];
    if (!poll.total) continue;
    figures->durations.add(*poll.total);
    figures->longest = std::max(figures->longest, *poll.total);
  }
  return true;
}

bool TimeBook::count_until(const std::string& endpoint, Time now, Duration steady) {
  const auto found = entries_.find(endpoint);
  if (found == entries_.end() || !found->second.keeper.settled_until()) return false;
  add(found->second, found->second.keeper.count_until(now, steady));
  return true;
}

// What can grow no more is forgotten once it has been taken.
std::vector<PastSpan> TimeBook::take_changed(Lives& lives, Time settled) {
  std::vector<PastSpan> changed;
  for (auto& [from, live] : lives) {
    if (std::exchange(live.is_changed, false) && !live.span.is_empty())
      changed.push_back(live.span);
  }
  while (lives.size() > 1 && std::next(lives.begin())->first <= settled) lives.erase(lives.begin());
  return changed;
}

EndpointPast TimeBook::take(const std::string& endpoint, Duration steady, bool hurries) {
  auto& entry = entries_[endpoint];
  const Time settled = entry.keeper.settled_until().value_or(Time{});
  EndpointPast past{
      .endpoint = endpoint, .seconds = entry.seconds, .until = settled, .hours = {}, .days = {}};
  if (!hurries && steady < entry.figures_due) return past;
  entry.figures_due = steady + kFiguresEvery;
  past.hours = take_changed(entry.hours, settled);
  past.days = take_changed(entry.days, settled);
  return past;
}

std::shared_ptr<const PastView> TimeBook::note_durable(const EndpointPast& durable) {
  auto& shown = entries_[durable.endpoint].shown;
  auto view = shown ? std::make_shared<PastView>(*shown) : std::make_shared<PastView>();
  view->seconds = durable.seconds;
  put(view->hours, durable.hours, kHour, kHoursShown);
  put(view->days, durable.days, kDay, kDaysShown);
  shown = view;
  return view;
}

std::shared_ptr<const PastView> TimeBook::shown(const std::string& endpoint) const {
  const auto found = entries_.find(endpoint);
  return found == entries_.end() ? nullptr : found->second.shown;
}

}  // namespace modelvane
