"""33,000 endpoints on three replicas and one PostgreSQL: what a poll costs each of them, how late polls start, and how long a third of the
endpoints is without an owner when one is killed."""
import glob, os, shutil, subprocess, tempfile, time

from machine import Modelvane, cpu_seconds, free_port, goal, resident_mib, wait_until, wait_until_open
from scale import latest_start
from upstream import Upstream

ENDPOINTS = int(os.environ.get("MODELVANE_BENCH_ENDPOINTS", "33000"))
REPLICAS = 3
INTERVAL_SECONDS, LEASE_SECONDS = 60, 10
MEASURED_SECONDS = 60


class Postgres:
    """A server of its own in a folder of its own, as a user that may run it."""

    def __init__(self):
        self.folder, self.port = tempfile.mkdtemp(), free_port()
        self.bin = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        if self.user:
            shutil.chown(self.folder, "postgres")
        self.run([f"{self.bin}/initdb", "-D", f"{self.folder}/data", "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"])
        self.process = subprocess.Popen([*self.user, f"{self.bin}/postgres", "-D", f"{self.folder}/data", "-p", str(self.port), "-k", self.folder,
                                         "-c", "listen_addresses=127.0.0.1"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
        wait_until_open(self.port)

    def run(self, command):
        return subprocess.run([*self.user, *command], check=True, capture_output=True, text=True, cwd="/").stdout.strip()

    def url(self):
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def ask(self, sql):
        return self.run(["psql", "-At", self.url(), "-c", sql])

    def end(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def unowned(postgres):
    return int(postgres.ask("SELECT count(*) FROM modelvane.shards AS s WHERE NOT EXISTS(SELECT 1 FROM modelvane.sessions AS o WHERE "
                            "o.session = s.session AND o.expires >= clock_timestamp())"))


def owners(postgres):
    return int(postgres.ask("SELECT count(DISTINCT session) FROM modelvane.shards"))


def configuration(postgres, upstream, name):
    lines = ["instance: bench", f"storage: {{postgres: {{url: '{postgres.url()}'}}}}", f"cluster: {{replica: {name}, lease: {LEASE_SECONDS}s}}",
             "defaults:", f"  interval: {INTERVAL_SECONDS}s", "  timeout: 10s", "endpoints:"]
    return lines + [f"  - {{name: e{i}, url: '{upstream.url(i, 'small', False)}', aliases: [{{field: /ref_model}}]}}" for i in range(ENDPOINTS)]


def measure(build):
    folder = tempfile.mkdtemp()
    binary, upstream, postgres, replicas = f"{build}/modelvane", Upstream(folder), Postgres(), []
    try:
        with open(f"{folder}/migrate.yml", "w") as file:
            file.write("\n".join(configuration(postgres, upstream, "migrate")) + "\n")
        subprocess.run([binary, "store", "migrate", f"--config.file={folder}/migrate.yml"], check=True, capture_output=True)
        replicas = [Modelvane(binary, configuration(postgres, upstream, f"mv-{i}"), storage=False) for i in range(REPLICAS)]
        wait_until(lambda: unowned(postgres) == 0 and owners(postgres) == REPLICAS, 120, "every replica owning shards")
        time.sleep(INTERVAL_SECONDS + 15)
        before = [(r.sum_of("modelvane_polls_total"), cpu_seconds(r.pid)) for r in replicas]
        time.sleep(MEASURED_SECONDS)
        for replica, (polls, cpu) in zip(replicas, before):
            cpu = cpu_seconds(replica.pid) - cpu
            polls = replica.sum_of("modelvane_polls_total") - polls
            late, of = latest_start(replica)
            print(f"replica            {polls / MEASURED_SECONDS:.0f} polls/s, {cpu * 1e6 / polls:.0f} us/poll, {resident_mib(replica.pid):.0f} MiB; latest of "
                  f"{of:.0f} starts within {late} s of its time", flush=True)
        killed = replicas.pop(0)
        begun = time.monotonic()
        killed.process.kill()
        # Its session lasts for up to a lease.
        wait_until(lambda: unowned(postgres) > 0, 3 * LEASE_SECONDS, "the end of the killed replica's session")
        wait_until(lambda: unowned(postgres) == 0, 3 * LEASE_SECONDS, "a takeover")
        took = time.monotonic() - begun
        print(f"modelvane          a third of {ENDPOINTS} endpoints taken over {took:.1f} s after kill -9; {goal(took, 2 * LEASE_SECONDS, ' s')}", flush=True)
        shutil.rmtree(killed.folder)
    finally:
        for replica in replicas:
            replica.__exit__()
        postgres.end()
        upstream.end()
        shutil.rmtree(folder)
