"""CPU per poll and memory of modelvane beside blackbox_exporter: same upstream, same paced rate, same run."""
import os, shutil, socket, subprocess, sys, tempfile, threading, time

from machine import Modelvane, cpu_seconds, free_port, resident_mib, wait_until_open
from upstream import Upstream

ENDPOINTS = 1000
POLLS_PER_SECOND = 200
WARM_UP_SECONDS = 12     # every endpoint has been polled at least twice: caches, sessions and connections are what they will be
MEASURED_SECONDS = 20


def measure(pid, done, rate=POLLS_PER_SECOND):
    """CPU microseconds per poll over the measured time; `done()` counts polls."""
    time.sleep(WARM_UP_SECONDS)
    polls, cpu = done(), cpu_seconds(pid)
    time.sleep(MEASURED_SECONDS)
    # In this order: what done() costs (a scrape of everything) is no part of the polls.
    cpu, polls = cpu_seconds(pid) - cpu, done() - polls
    if polls < 0.9 * rate * MEASURED_SECONDS:
        print(f"    (only {polls} polls in {MEASURED_SECONDS} s)")
    return cpu * 1e6 / max(polls, 1), resident_mib(pid)


def run_modelvane(binary, upstream, kind, is_tls, connection, endpoints=ENDPOINTS, rate=POLLS_PER_SECOND):
    seconds = endpoints // rate
    lines = ["defaults:", f"  interval: {seconds}s", f"  timeout: {max(1, seconds - 1)}s", f"  recheck: {max(1, seconds - 1)}s",
             f"  connection: {connection}", "endpoints:"]
    tls = f", tls_config: {{ca_file: {upstream.authority()}}}" if is_tls else ""
    lines += [f"  - {{name: e{i}, url: '{upstream.url(i, kind, is_tls)}', aliases: [{{field: /ref_model}}]{tls}}}" for i in range(endpoints)]
    with Modelvane(binary, lines) as daemon:
        def done():
            if failed := daemon.sum_of("modelvane_poll_failures_total"):
                sys.exit(f"{failed} polls failed; the figures would mean nothing")
            return daemon.sum_of("modelvane_polls_total")
        return measure(daemon.pid, done, rate)


def run_blackbox(upstream, kind, is_tls):
    folder = tempfile.mkdtemp()
    port = free_port()
    open(f"{folder}/b.yml", "w").write("modules:\n  http_2xx:\n    prober: http\n    timeout: 4s\n    http:\n      preferred_ip_protocol: ip4\n"
                                       "      tls_config: {insecure_skip_verify: false, ca_file: " + upstream.authority() + "}\n")
    process = subprocess.Popen(["prometheus-blackbox-exporter", f"--config.file={folder}/b.yml", f"--web.listen-address=127.0.0.1:{port}"],
                               stderr=subprocess.DEVNULL)
    stop, count = threading.Event(), [0]

    def drive(offset, step):
        # Each driver keeps its own beat; together they ask POLLS_PER_SECOND times a second.
        i, next_at = offset, time.monotonic()
        connection = None
        while not stop.is_set():
            request = f"GET /probe?module=http_2xx&target={upstream.url(i % ENDPOINTS, kind, is_tls)} HTTP/1.0\r\nHost: b\r\n\r\n"
            connection = socket.create_connection(("127.0.0.1", port))
            connection.sendall(request.encode())
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
            connection.close()
            if b"\nprobe_success 1" not in answer:
                os._exit(print("a probe failed; the figures would mean nothing") or 1)
            count[0] += 1
            i += step
            next_at += step / POLLS_PER_SECOND
            time.sleep(max(0, next_at - time.monotonic()))
    drivers = 8
    try:
        wait_until_open(port)
        threads = [threading.Thread(target=drive, args=(n, drivers)) for n in range(drivers)]
        for thread in threads:
            thread.start()
        return measure(process.pid, lambda: count[0])
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        process.kill()
        process.wait()
        shutil.rmtree(folder)


def measure_polls(binary):
    folder = tempfile.mkdtemp()
    upstream = Upstream(folder)
    try:
        peer = {}
        for kind, is_tls in [("small", False), ("small", True)]:
            cpu, memory = run_blackbox(upstream, kind, is_tls)
            peer[is_tls] = cpu
            print(f"blackbox_exporter  {kind:5} {'https' if is_tls else 'http ':5} fresh  {cpu:7.0f} us/poll  {memory:5.1f} MiB", flush=True)
        for kind, is_tls, connection, wanted in [("small", False, "fresh", 1 / 4), ("small", True, "fresh", 2 / 3), ("small", False, "reuse", 1 / 8),
                                                 ("small", True, "reuse", 1 / 8), ("large", False, "reuse", None)]:
            cpu, memory = run_modelvane(binary, upstream, kind, is_tls, connection)
            share = cpu / peer[is_tls]
            goal = f"wanted at most {wanted:.3f} of it: {'met' if share <= wanted else 'NOT MET'}" if wanted else \
                f"unchanged 60 kB, wanted at most 200 us: {'met' if cpu <= 200 else 'NOT MET'}"
            memory_goal = "" if memory <= 40 else "  (more than 40 MiB: NOT MET)"
            print(f"modelvane          {kind:5} {'https' if is_tls else 'http ':5} {connection}  {cpu:7.0f} us/poll  {memory:5.1f} MiB  "
                  f"{share:.3f} of blackbox_exporter's; {goal}{memory_goal}", flush=True)
    finally:
        upstream.end()
        shutil.rmtree(folder)
