// A value of which readers hold what was published, while its owner goes on to change it: in a copy
// that is made at the first change after a publication. So nearly always there is one in memory.
// The owner is for one thread; what it published is for any.
#pragma once

#include <memory>
#include <utility>

namespace modelvane {

template <typename Value>
class Published {
 public:
  // As the owner sees it, with what is not published yet.
  const Value& operator*() const { return draft_ ? *draft_ : *published_; }
  const Value* operator->() const { return &**this; }

  // The reference holds until publish().
  Value& edit() {
    if (!draft_) draft_ = std::make_shared<Value>(*published_);
    return *draft_;
  }

  std::shared_ptr<const Value> publish() {
    if (draft_) published_ = std::move(draft_);
    return published_;
  }

 private:
  // One of them is there; the draft, when both are, is newer.
  std::shared_ptr<Value> draft_ = std::make_shared<Value>();
  std::shared_ptr<const Value> published_;
};

}  // namespace modelvane
