// A text that nobody changes any more and many may hold: one rendering of 60 MB goes to the socket
// of each client that asked for it without a copy.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace modelvane {

class SharedText {
 public:
  SharedText() = default;
  // Implicit: whoever makes a reply has a text in hand.
  SharedText(std::string text) : text_(std::make_shared<const std::string>(std::move(text))) {}
  SharedText(const char* text) : SharedText(std::string{text}) {}

  std::string_view view() const { return text_ == nullptr ? std::string_view{} : *text_; }
  std::size_t size() const { return view().size(); }
  bool empty() const { return view().empty(); }

 private:
  std::shared_ptr<const std::string> text_;
};

}  // namespace modelvane
