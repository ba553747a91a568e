"""What all cases need of this machine: ports, processes and what they cost."""
import os, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.request

TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_mib(pid):
    return int(open(f"/proc/{pid}/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def wait_until_open(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


def wait_until(condition, seconds, what):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            sys.exit(f"{what} within {seconds} s did not happen")
        time.sleep(0.05)
    return time.time()


class Modelvane:
    """A daemon with this configuration, in a folder of its own."""

    def __init__(self, binary, lines, storage=True):
        self.folder, self.port = tempfile.mkdtemp(), free_port()
        open(f"{self.folder}/m.yml", "w").write("\n".join(lines) + "\n")
        place = [f"--storage.path={self.folder}/data"] if storage else []
        self.process = subprocess.Popen([binary, "serve", f"--config.file={self.folder}/m.yml", *place,
                                         f"--web.listen-address=127.0.0.1:{self.port}", "--log.level=error"], stderr=subprocess.DEVNULL)
        wait_until_open(self.port)

    @property
    def pid(self):
        return self.process.pid

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def text(self, path):
        return get(self.url(path))

    def sum_of(self, metric):
        return sum(float(line.rsplit(" ", 1)[1]) for line in self.text("/metrics").splitlines() if line.startswith(metric))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(15)
        shutil.rmtree(self.folder)


def goal(value, most, unit=""):
    return f"wanted at most {most:g}{unit}: {'met' if value <= most else 'NOT MET'}"
