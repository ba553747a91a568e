#include "tests/unit/metrics/sample_snapshot.h"

namespace modelvane::sample {

namespace {

using namespace std::chrono_literals;

KnownView known_of_internlm() {
  KnownView known;
  auto latest = alias("internlm3-latest", "internlm3-20b-instruct");
  latest.pin = PinState{.approved = {"internlm3-8b-instruct"}, .ok = false};
  latest.changes = 1;
  latest.last_change = noon() - 1h;
  auto vision = alias("internvl-latest", "internvl3-78b");
  vision.pending = true;
  vision.pending_target = "internvl3.5-241b";
  vision.disagrees = true;
  auto hidden = alias("intern-hidden", "");
  hidden.status = AliasStatus::Undisclosed;
  auto gone = alias("internlm2-latest", "internlm2.5");
  gone.status = AliasStatus::Absent;
  auto hostile = alias("<img src=x onerror=alert(1)>", "\"quoted\\\" & 'single'");
  hostile.unstable = true;
  known.aliases = {hostile, hidden, gone, latest, vision};
  known.models = {"<img src=x onerror=alert(1)>", "internlm3-20b-instruct",
                  "internlm3-8b-instruct"};
  known.retirements = {{.model = "internlm3-20b-instruct",
                        .at = noon() + 24h * 12,
                        .replacement = "intern-s1",
                        .days_left = std::nullopt},
                       {.model = "internlm3-8b-instruct",
                        .at = std::nullopt,
                        .replacement = "",
                        .days_left = std::nullopt}};
  known.has_baseline = true;
  known.availability = Availability::Up;
  known.events[static_cast<std::size_t>(EventType::AliasMoved)] = 1;
  return known;
}

}  // namespace

Time noon() {
  return Time{1'795'341'600s};
}

AliasView alias(const std::string& name, const std::string& target) {
  return {.alias = name, .target = target, .since = noon() - 48h};
}

EndpointView internlm() {
  EndpointView view;
  view.name = "internlm";
  view.provider = "internlm";
  view.url = "https://chat.intern-ai.org.cn/api/v1/models";
  view.labels = {{"team", "search"}};
  view.compare = "shanghai";
  view.interval = 60s;
  Histogram first_token{kDurationBounds};
  first_token.observe(0.2);
  view.first_tokens = std::make_shared<const std::map<std::string, Histogram>>(
      std::map<std::string, Histogram>{{"intern-latest", first_token}});
  view.served = std::make_shared<const std::vector<ServedView>>(
      std::vector<ServedView>{{.alias = "intern-latest",
                               .answers = 200,
                               .shares = {{"intern-s1", 0.95}, {"intern-s1-pro", 0.05}}}});
  view.known = std::make_shared<const KnownView>(known_of_internlm());
  view.notes = {{"hint /versoin", "hint /versoin finds nothing in any of the 3 rows"},
                {"", "a note on one row"}};
  view.polls = 3;
  view.failures[static_cast<std::size_t>(Reason::Timeout)] = 1;
  view.duration = Histogram{HistogramBounds{{0.1, 1}}};
  view.duration.observe(0.05);
  view.duration.observe(0.5);
  view.duration.observe(2);
  view.last_poll = view.last_good_poll = noon() - 20s;
  view.next_poll = noon() + 40s;
  view.last_ok = true;
  view.status_code = 200;
  view.body_bytes = 1234;
  view.phases = {
      .resolve = 1ms, .connect = 20ms, .tls = 40ms, .processing = 80ms, .transfer = 500us};
  view.certificate_expiry = noon() + 24h;
  PastView past;
  past.seconds = {.up = 80'000s, .down = 480s, .unknown = 1500ms};
  past.hours = {{.from = noon() - 2h, .seconds = {.up = 3'600s}, .p50 = 300ms},
                {.from = noon() - 1h, .seconds = {.up = 3'120s, .down = 480s}, .p50 = 500ms}};
  past.days = {{.from = noon() - 12h, .seconds = {.up = 40'000s, .down = 480s}, .p50 = 400ms}};
  view.past = std::make_shared<const PastView>(past);
  return view;
}

EndpointView gateway() {
  EndpointView view;
  view.name = "gateway";
  view.url = "https://llm.example.com/v1/models";
  view.interval = 60s;
  view.duration = Histogram{HistogramBounds{{0.1, 1}}};
  view.known = std::make_shared<const KnownView>();
  view.is_paused = true;
  return view;
}

EndpointView dead() {
  auto view = gateway();
  view.name = "dead";
  KnownView known;
  known.has_baseline = true;
  known.availability = Availability::Down;
  known.down_since = noon() - 3h;
  known.models = {"m"};
  view.known = std::make_shared<const KnownView>(known);
  view.polls = 5;
  view.failures[static_cast<std::size_t>(Reason::Tls)] = 5;
  view.last_poll = noon() - 5s;
  view.last_good_poll = noon() - 4h;
  view.last_reason = Reason::Tls;
  view.next_poll = noon() + 55s;
  view.is_paused = false;
  view.maintenance = "move of the cluster";
  view.slowed = Slowing{.reason = Reason::Auth, .is_asked_for = false};
  view.last_sentence = "the certificate of llm.example.com has expired";
  view.certificate_expiry = noon() - 24h;
  return view;
}

WebhookView oncall() {
  WebhookView view;
  view.name = "oncall";
  view.format = "cloudevents";
  view.delivered = 7;
  view.failures = {0, 2, 1, 0, 0};
  view.duration = Histogram{HistogramBounds{{1}}};
  view.duration.observe(0.25);
  view.pending = 2;
  view.oldest_pending = noon() - 90s;
  view.dead_letters = 1;
  view.last_error = "the receiver answered 503";
  return view;
}

DaemonView daemon() {
  DaemonView view;
  view.version = "0.1.0";
  view.revision = "0123456789ab";
  view.instance = "prod-a";
  view.started = noon() - 26h;
  view.poll_lateness = view.loop_lag = view.commit = Histogram{HistogramBounds{{0.01}}};
  view.poll_lateness.observe(0.001);
  view.reload_success = noon() - 26h;
  view.polls_in_flight = 1;
  view.cluster = std::make_shared<const ClusterView>(
      ClusterView{.replica = "mv-a",
                  .shards = 64,
                  .owned = 30,
                  .wanted = 32,
                  .unowned = 2,
                  .trusted_for = 8s,
                  .takeovers = 1,
                  .fenced = 0,
                  .repeated = 3,
                  .rewound = 0,
                  .is_synchronous = true,
                  .config_hash = "00c0ffee00c0ffee",
                  .config_differs = false,
                  .replicas = {{.name = "mv-a",
                                .address = "https://mv-a:10178",
                                .version = "0.1.0",
                                .host = "node-1",
                                .shards = 30,
                                .lease_left = 9s,
                                .config_hash = "00c0ffee00c0ffee"}}});
  return view;
}

Snapshot empty_snapshot() {
  Snapshot empty;
  return empty;
}

Snapshot snapshot_of(std::vector<EndpointView> endpoints, std::vector<WebhookView> webhooks) {
  Snapshot result;
  result.at = noon();
  result.daemon = daemon();
  result.store = {.bytes = 1'234'567, .oldest_event = noon() - 24h * 30};
  result.discovery = {{.name = "racks",
                       .is_ok = false,
                       .failures = 3,
                       .endpoints = 2,
                       .last_success = noon() - 1h}};
  result.web_refused = {7, 1, 2, 0};
  for (auto& view : endpoints)
    result.endpoints.push_back(std::make_shared<const EndpointView>(std::move(view)));
  for (auto& view : webhooks)
    result.webhooks.push_back(std::make_shared<const WebhookView>(std::move(view)));
  return result;
}

Snapshot snapshot() {
  return snapshot_of({internlm(), gateway(), dead()}, {oncall()});
}

}  // namespace modelvane::sample
