"""CPU per poll as a multiple of a bare client's on the same upstream: what the kernel and OpenSSL take in any case. Pairs in turns, and the
median of their ratios."""
import os, shutil, statistics, subprocess, tempfile

import polls
from upstream import Upstream

PAIRS = int(os.environ.get("MODELVANE_BENCH_PAIRS", "3"))
SECONDS = polls.WARM_UP_SECONDS + polls.MEASURED_SECONDS
# endpoints, polls a second, TLS, connection, wanted
CASES = [(1000, 200, False, "fresh", 1.5), (5000, 5000, False, "fresh", 1.4), (1000, 200, False, "reuse", 1.8), (5000, 5000, False, "reuse", 1.8),
         (1000, 200, True, "fresh", 1.25)]


def run_bare(build, upstream, endpoints, rate, is_tls, connection):
    port = upstream.tls if is_tls else upstream.plain
    authority = [upstream.authority()] if is_tls else []
    out = subprocess.run([f"{build}/tests/bench/bare_client", str(endpoints), str(rate), str(SECONDS), connection, str(port), *authority],
                         check=True, capture_output=True, text=True).stdout
    return float(out.split()[0])


def measure(build):
    folder = tempfile.mkdtemp()
    upstream = Upstream(folder)
    try:
        for endpoints, rate, is_tls, connection, wanted in CASES:
            pairs = [(polls.run_modelvane(f"{build}/modelvane", upstream, "small", is_tls, connection, endpoints, rate)[0],
                      run_bare(build, upstream, endpoints, rate, is_tls, connection)) for _ in range(PAIRS)]
            ratio = statistics.median(ours / bare for ours, bare in pairs)
            ours, bare = (statistics.median(column) for column in zip(*pairs))
            print(f"modelvane          {rate:5} polls/s {'https' if is_tls else 'http ':5} {connection}  {ours:6.0f} us/poll, bare client {bare:6.1f}: "
                  f"{ratio:.2f} of it, wanted at most {wanted}: {'met' if ratio <= wanted else 'NOT MET'}", flush=True)
    finally:
        upstream.end()
        shutil.rmtree(folder)
