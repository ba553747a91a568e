// The values of a webhook's secrets, to be taken out of whatever its receiver, or a proxy on the
// way, repeats of them.
#pragma once

#include <string>
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

 private:
  void add(const std::string& value);
  void add_url(const std::string& url);

  std::vector<std::string> values_;  // longest first: one may hold another
};

}  // namespace modelvane
