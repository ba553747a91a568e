"""nginx as the provider of many endpoints, each with an address of its own."""
import json, os, subprocess

from machine import free_port, wait_until_open

HOSTS = 1000     # with TLS; in clear text every loopback address answers

CERTIFICATES = """
cd {folder}
openssl ecparam -name prime256v1 -genkey -noout -out ca-key.pem
openssl ecparam -name prime256v1 -genkey -noout -out key.pem
openssl req -x509 -new -key ca-key.pem -days 2 -subj "/CN=bench authority" -out cert.pem
openssl req -new -key key.pem -subj /CN=bench -out request.pem
for address in {addresses}; do
  echo "subjectAltName = IP:$address" > names
  openssl x509 -req -in request.pem -CA cert.pem -CAkey ca-key.pem -CAcreateserial -days 2 -extfile names -out $address.pem
done
"""


def models_list(count):
    rows = [{"id": f"model-{i}", "object": "model", "created": 1722424576, "owned_by": "acme", "description": "x" * 40} for i in range(count - 1)]
    rows.append({"id": "acme-latest", "object": "model", "ref_model": "model-1", "created": 1722424576, "owned_by": "acme"})
    return json.dumps({"object": "list", "data": rows})


class Upstream:
    """nginx with one small and one 60 kB list, plain and over TLS, on every loopback address. Without validators, which few providers
    send: both sides read each list whole."""

    def __init__(self, folder):
        self.plain, self.tls = free_port(), free_port()
        # A certificate for each address: one for all of them would weigh 25 kB, and handshakes would measure that.
        subprocess.run(["sh", "-euc", CERTIFICATES.format(folder=folder, addresses=" ".join(address(i) for i in range(HOSTS)))],
                       check=True, capture_output=True)
        os.mkdir(f"{folder}/www")
        open(f"{folder}/www/small", "w").write(models_list(3))
        open(f"{folder}/www/large", "w").write(models_list(500))
        os.chmod(folder, 0o755)
        tls_servers = "\n  ".join(f"server {{ listen {address(i)}:{self.tls} ssl; ssl_certificate {folder}/{address(i)}.pem; }}"
                                   for i in range(HOSTS))
        open(f"{folder}/nginx.conf", "w").write(f"""
daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.err; worker_processes 1; worker_rlimit_nofile 16384;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 1000000; keepalive_timeout 600; default_type application/json;
  root {folder}/www; etag off; if_modified_since off; add_header Last-Modified ""; ssl_session_tickets off; ssl_certificate_key {folder}/key.pem;
  server {{ listen 0.0.0.0:{self.plain}; }}
  {tls_servers}
}}
""")
        self.process = subprocess.Popen(["nginx", "-c", f"{folder}/nginx.conf", "-p", folder])
        wait_until_open(self.plain)

    def end(self):
        self.process.terminate()
        self.process.wait()

    def authority(self):
        return f"{self.process.args[4]}/cert.pem"

    def host(self, i):
        return address(i)

    def url(self, i, kind, is_tls):
        return f"{'https' if is_tls else 'http'}://{self.host(i)}:{self.tls if is_tls else self.plain}/{kind}"


def address(i):
    # A host of its own for every endpoint, so that connections are not shared.
    return f"127.1.{i // 250}.{i % 250 + 1}"
