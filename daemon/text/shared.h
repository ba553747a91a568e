// A value that many hold and that seldom changes: its copies are one value in memory, until one of
// them is edited. Holders may be in different threads; one holder is for one thread at a time.
#pragma once

#include <memory>
#include <utility>

namespace modelvane {

template <typename Value>
class Shared {
 public:
  // A default value, the same in memory for all.
  Shared() : value_(usual()) {}
  // Implicit, as the way back below: it stands where a Value would.
  // NOLINTNEXTLINE(google-explicit-constructor)
  Shared(Value value) : value_(std::make_shared<const Value>(std::move(value))) {}

  const Value& operator*() const { return *value_; }
  const Value* operator->() const { return value_.get(); }
  // NOLINTNEXTLINE(google-explicit-constructor)
  operator const Value&() const { return *value_; }

  // From here on this holder has a value of its own. The reference holds until the holder is
  // copied.
  Value& edit() {
    auto own = std::make_shared<Value>(*value_);
    value_ = own;
    return *own;
  }

  friend bool operator==(const Shared& a, const Shared& b) {
    return a.value_ == b.value_ || *a == *b;
  }

 private:
  static const std::shared_ptr<const Value>& usual() {
    static const auto value = std::make_shared<const Value>();
    return value;
  }

  std::shared_ptr<const Value> value_;
};

}  // namespace modelvane
