#include "daemon/http/places.h"

namespace modelvane {

Places::Place::Place(Places& places) : places_(places) {
  std::unique_lock lock{places_.mutex_};
  const auto has_room = [this] { return places_.inside_ < places_.limits_.inside; };
  if (!has_room() && places_.waiting_ < places_.limits_.waiting) {
    ++places_.waiting_;
    places_.left_.wait_for(lock, places_.limits_.patience, has_room);
    --places_.waiting_;
  }
  is_taken_ = has_room();
  if (is_taken_) ++places_.inside_;
}

Places::Place::~Place() {
  if (!is_taken_) return;
  const std::scoped_lock lock{places_.mutex_};
  --places_.inside_;
  places_.left_.notify_one();
}

}  // namespace modelvane
