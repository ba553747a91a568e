"""How fast many events reach webhooks, and what a dead one beside them costs."""
import json, os, shutil, sqlite3, subprocess, tempfile, time

from machine import Modelvane, free_port, get, wait_until, wait_until_open

EVENTS = 1000
DRAIN_SECONDS_WANTED = 10
DRAIN_ROUNDS = 5
DEAD_WEBHOOK_RATIO_WANTED = 1.5   # a third of a second is measured: less than that is noise


class Receivers:
    """nginx: a list of EVENTS aliases, and three webhooks that take everything and write down when."""

    def __init__(self):
        self.folder, self.port = tempfile.mkdtemp(), free_port()
        os.chmod(self.folder, 0o755)
        self.point_to("model-0")
        open(f"{self.folder}/nginx.conf", "w").write(f"""
daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx.err; worker_processes 1;
events {{ worker_connections 1024; }}
http {{ log_format times '$msec'; access_log off; default_type application/json; keepalive_requests 1000000; root {self.folder};
  server {{ listen 127.0.0.1:{self.port};
    location /hook/ {{ access_log {self.folder}/times times; return 204; }} }} }}
""")
        self.process = subprocess.Popen(["nginx", "-c", f"{self.folder}/nginx.conf", "-p", self.folder])
        wait_until_open(self.port)

    def point_to(self, target):
        rows = [{"id": f"alias-{i}", "ref_model": target} for i in range(EVENTS)]
        open(f"{self.folder}/next", "w").write(json.dumps({"object": "list", "data": rows}))
        os.rename(f"{self.folder}/next", f"{self.folder}/models")

    def first_request(self):
        return float(open(f"{self.folder}/times").readline())

    def end(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder)


def drain(binary, has_dead_webhook):
    """Seconds from the first request until every delivery to the three living webhooks is marked durably."""
    receivers = Receivers()
    lines = ["defaults: {interval: 1s, timeout: 1s, recheck: 1s}", "endpoints:",
             f"  - {{name: e, url: 'http://127.0.0.1:{receivers.port}/models', aliases: [{{field: /ref_model}}]}}", "webhooks:"]
    lines += [f"  - {{name: w{i}, url: 'http://127.0.0.1:{receivers.port}/hook/{i}'}}" for i in range(3)]
    if has_dead_webhook:
        lines.append(f"  - {{name: dead, url: 'http://127.0.0.1:{free_port()}/'}}")
    try:
        with Modelvane(binary, lines) as daemon:
            wait_until(lambda: f'modelvane_aliases{{endpoint="e",state="resolved"}} {EVENTS}' in get(daemon.url("/metrics")), 30, "the baseline")
            receivers.point_to("model-1")
            store = sqlite3.connect(f"file:{daemon.folder}/data/modelvane.db?mode=ro", uri=True)
            # What else is told, such as that so many aliases moved at once, is not counted.
            count = "SELECT count(*) FROM deliveries JOIN events USING (sequence) WHERE state = 'delivered' AND type = 'alias.moved'"
            done = wait_until(lambda: store.execute(count).fetchone()[0] == 3 * EVENTS, 120, "the end of the deliveries")
            return done - receivers.first_request()
    finally:
        receivers.end()


def measure_deliveries(binary):
    # In turns, and the best of each: what else the machine does must not pass for a difference.
    rounds = [(drain(binary, False), drain(binary, True)) for _ in range(DRAIN_ROUNDS)]
    alone, beside_dead = (min(column) for column in zip(*rounds))
    ratio = beside_dead / alone
    print(f"modelvane          {EVENTS} events to 3 webhooks: {alone:.2f} s with durable marks, wanted less than {DRAIN_SECONDS_WANTED}: "
          f"{'met' if alone < DRAIN_SECONDS_WANTED else 'NOT MET'}; beside a dead fourth webhook {beside_dead:.2f} s, {ratio:.2f} of it, "
          f"wanted at most {DEAD_WEBHOOK_RATIO_WANTED}: {'met' if ratio <= DEAD_WEBHOOK_RATIO_WANTED else 'NOT MET'}", flush=True)
