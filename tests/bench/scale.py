"""10,000 endpoints every 10 s, of which 30 % never answer: what a poll costs, how late polls start, how much memory it all takes; then
1,000 kept TLS connections."""
import shutil, socket, tempfile, threading, time

import polls
from machine import Modelvane, cpu_seconds, goal, resident_mib
from upstream import HOSTS, Upstream

ENDPOINTS = 10_000
INTERVAL_SECONDS = 10
HANGING = 3              # of ten
WARM_UP_SECONDS = 30
MEASURED_SECONDS = 30


class Hanging:
    """Takes connections and says nothing."""

    def __init__(self):
        self.socket = socket.create_server(("0.0.0.0", 0), backlog=4096)
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        kept = []
        while True:
            try:
                kept.append((time.monotonic(), self.socket.accept()[0]))
            except OSError:
                return
            # Longer than any poll waits.
            while kept and kept[0][0] < time.monotonic() - 2 * INTERVAL_SECONDS:
                kept.pop(0)[1].close()


def latest_start(daemon):
    """The upper bound of the fullest bucket that any poll of the daemon's life needed, in seconds."""
    counts = {}
    for line in daemon.text("/metrics").splitlines():
        if line.startswith("modelvane_poll_lateness_seconds_bucket"):
            counts[line.split('le="')[1].split('"')[0]] = float(line.rsplit(" ", 1)[1])
    total = counts["+Inf"]
    return next(bound for bound, count in counts.items() if count == total), total


def measure(build):
    folder = tempfile.mkdtemp()
    upstream, hanging = Upstream(folder), Hanging()
    try:
        lines = ["defaults:", f"  interval: {INTERVAL_SECONDS}s", "  timeout: 5s", "endpoints:"]
        for i in range(ENDPOINTS):
            url = f"http://{upstream.host(i)}:{hanging.port}/" if i % 10 < HANGING else upstream.url(i, "small", False)
            lines.append(f"  - {{name: e{i}, url: '{url}', aliases: [{{field: /ref_model}}]}}")
        with Modelvane(f"{build}/modelvane", lines) as daemon:
            time.sleep(WARM_UP_SECONDS)
            done, cpu = daemon.sum_of("modelvane_polls_total"), cpu_seconds(daemon.pid)
            time.sleep(MEASURED_SECONDS)
            cpu = cpu_seconds(daemon.pid) - cpu
            done = daemon.sum_of("modelvane_polls_total") - done
            late, of = latest_start(daemon)
            print(f"modelvane          {ENDPOINTS} endpoints each {INTERVAL_SECONDS} s, {10 * HANGING} % hanging: {cpu * 1e6 / done:.0f} us/poll, "
                  f"{cpu / MEASURED_SECONDS:.2f} of a core, latest of {of:.0f} starts within {late} s of its time, {resident_mib(daemon.pid):.0f} MiB; "
                  f"{goal(resident_mib(daemon.pid), 110, ' MiB')}", flush=True)
        _, memory = polls.run_modelvane(f"{build}/modelvane", upstream, "small", True, "reuse", HOSTS)
        print(f"modelvane          {HOSTS} kept TLS connections: {memory:.0f} MiB; {goal(memory, 45, ' MiB')}", flush=True)
    finally:
        hanging.socket.close()
        upstream.end()
        shutil.rmtree(folder)
