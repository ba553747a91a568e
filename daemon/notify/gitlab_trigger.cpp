// GitLab pipeline triggers: the stored event as it is, which GitLab gives to the pipeline as the
// file $TRIGGER_PAYLOAD. Values in variables would be expanded by GitLab, and a model's name is a
// stranger's text.
#include <fmt/format.h>

#include "daemon/notify/rendering.h"
#include "daemon/notify/vendor_signature.h"

namespace modelvane {

Payload render_gitlab_trigger(const Occasion& occasion) {
  return {
      .body = occasion.first().stored->json,
      .path = fmt::format("/api/v4/projects/{}/ref/{}/trigger/pipeline",
                          url_encoded(occasion.webhook.project), url_encoded(occasion.webhook.ref)),
      .query = "token=" + url_encoded(occasion.secret)};
}

Ruling rule_gitlab_trigger(const HttpReply& reply) {
  const auto config = [](std::string_view sentence) {
    return Verdict{.kind = VerdictClass::Config,
                   .sentence = std::string{sentence},
                   .retry_after = std::nullopt};
  };
  if (reply.status == 404)
    return config(
        "the receiver answered with status 404 (no such project, or the trigger token is wrong)");
  if (reply.status == 400)
    return config(
        "the receiver answered with status 400 (no such ref, or the pipeline's rules do not let it "
        "start)");
  return std::nullopt;
}

}  // namespace modelvane
