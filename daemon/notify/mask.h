// The values of a webhook's secrets, to be taken out of whatever its receiver, or a proxy on the
// way, repeats of them: as they are, and in each form in which programs write what they were sent
// (in a URL, in JSON, in a page, in base64).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "daemon/config/config.h"

namespace modelvane {

class Mask {
 public:
  Mask() = default;
  // As the secrets are now: those that the next request carries. One that cannot be read is sent
  // nowhere.
  explicit Mask(const WebhookConfig& webhook);

  // The same, and one more.
  Mask with(const std::string& value) const;

  // With "[...]" in the place of each of them.
  std::string apply(std::string text) const;
  std::string apply(std::string text, std::string_view in_their_place) const;

 private:
  void add(const std::string& value);
  void add_access(const Access& access);
  void add_url(const std::string& url);
  void add_userinfo(std::string_view url);

  std::vector<std::string> values_;
};

}  // namespace modelvane
