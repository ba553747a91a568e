// A small snapshot with something of everything: what the tests of metrics and web render.
#pragma once

#include "daemon/engine/snapshot.h"

namespace modelvane::sample {

// 2026-11-22T10:00:00Z
Time noon();

AliasView alias(const std::string& name, const std::string& target);

// internlm: up, labels {team: search}, a pinned, a pending, an undisclosed and an absent alias, and
// a model whose name is HTML. gateway: not polled yet. dead: down, its certificate has expired. One
// webhook with trouble.
Snapshot snapshot();

// The same with views that a test can change.
EndpointView internlm();
EndpointView gateway();
EndpointView dead();
WebhookView oncall();
DaemonView daemon();
Snapshot empty_snapshot();
Snapshot snapshot_of(std::vector<EndpointView> endpoints, std::vector<WebhookView> webhooks);

}  // namespace modelvane::sample
