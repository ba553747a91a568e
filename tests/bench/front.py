"""The web front under wrk, kept and fresh connections, beside blackbox_exporter's; then one scrape while thousands of clients do not
behave; then many scrapers of a large fleet at once."""
import socket, subprocess, threading, time, urllib.request

from machine import Modelvane, cpu_seconds, free_port, goal, resident_mib, wait_until_open

SECONDS = 8
CLIENTS = 16
SLOW, IDLE, STREAMS = 2000, 2000, 3000
ENDPOINTS, SCRAPERS = 10_000, 24


def wrk(url, is_kept):
    header = [] if is_kept else ["-H", "Connection: close"]
    out = subprocess.run(["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "--latency", *header, url], check=True, capture_output=True, text=True).stdout
    words = out.split()
    return float(words[words.index("Requests/sec:") + 1]), words[words.index("99%") + 1]


def endpoints(count):
    # Nobody answers there: the fleet is there to be shown.
    return ["defaults: {interval: 1h}", "endpoints:"] + [f"  - {{name: e{i}, url: 'http://127.2.{i // 250}.{i % 250 + 1}:1/', aliases: [{{field: /ref_model}}]}}" for i in range(count)]


def scrape(daemon, packed=True):
    begun = time.monotonic()
    request = urllib.request.Request(daemon.url("/metrics"), headers={"Accept-Encoding": "gzip"} if packed else {})
    with urllib.request.urlopen(request, timeout=60) as answer:
        size = len(answer.read())
    return time.monotonic() - begun, size


def open_clients(daemon, count, first_bytes):
    clients = []
    for _ in range(count):
        try:
            client = socket.create_connection(("127.0.0.1", daemon.port), 1)
            client.sendall(first_bytes)
            clients.append(client)
        except OSError:
            pass  # turned away: that is what the front is for
    return clients


def measure_requests(daemon):
    peer_port = free_port()
    peer = subprocess.Popen(["prometheus-blackbox-exporter", "--config.file=/etc/prometheus/blackbox.yml", f"--web.listen-address=127.0.0.1:{peer_port}"],
                            stderr=subprocess.DEVNULL)
    try:
        wait_until_open(peer_port)
        for is_kept in (True, False):
            ours, slowest = wrk(daemon.url("/-/healthy"), is_kept)
            theirs, their_slowest = wrk(f"http://127.0.0.1:{peer_port}/-/healthy", is_kept)
            print(f"modelvane          {'kept ' if is_kept else 'fresh'} {ours:7.0f} requests/s, 99 % within {slowest}; blackbox_exporter {theirs:.0f}, {their_slowest}: "
                  f"{ours / theirs:.2f} of it", flush=True)
    finally:
        peer.terminate()
        peer.wait()


def measure_under_load(daemon):
    head = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n"
    stream = b"GET /api/v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for name, count, first in [("slow", SLOW, head), ("idle", IDLE, b""), ("stream", STREAMS, stream)]:
        clients = open_clients(daemon, count, first)
        slowest = max(scrape(daemon)[0] for _ in range(20))
        print(f"modelvane          beside {count} {name} clients: slowest of 20 scrapes {1000 * slowest:.0f} ms; {goal(slowest, 1, ' s')}", flush=True)
        for client in clients:
            client.close()


def measure_scrapers(binary):
    with Modelvane(binary, endpoints(ENDPOINTS)) as daemon:
        time.sleep(10)
        alone, size = scrape(daemon, packed=False)
        before = resident_mib(daemon.pid)
        cpu = cpu_seconds(daemon.pid)
        most, is_over = [before], threading.Event()

        def watch():
            while not is_over.is_set():
                most[0] = max(most[0], resident_mib(daemon.pid))
                time.sleep(0.02)
        watcher = threading.Thread(target=watch)
        watcher.start()
        took = []
        threads = [threading.Thread(target=lambda i=i: took.append(scrape(daemon, packed=i % 2 == 0)[0])) for i in range(SCRAPERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        is_over.set()
        watcher.join()
        print(f"modelvane          {SCRAPERS} scrapers of {ENDPOINTS} endpoints ({size / 2**20:.0f} MiB) at once: slowest {max(took):.1f} s (alone {alone:.1f} s), "
              f"{cpu_seconds(daemon.pid) - cpu:.1f} s of CPU, {most[0] - before:.0f} MiB more at most; {goal(most[0] - before, 5 * size / 2**20, ' MiB')}", flush=True)


def measure(build):
    binary = f"{build}/modelvane"
    with Modelvane(binary, endpoints(10)) as daemon:
        measure_requests(daemon)
        measure_under_load(daemon)
    measure_scrapers(binary)
