"""python3 mail_server.py CERTIFICATE KEY: an SMTP server, Debian's python3-aiosmtpd, with STARTTLS
and a login (vane, mail-password) on a port that it prints. Each message that it takes becomes a line
of JSON, as Python's own parser reads it."""

import asyncio
import json
import ssl
import sys
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult


greylist = set()  # who was put off once


class Handler:
    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        if address.startswith("grey@") and address not in greylist:
            greylist.add(address)
            return "451 4.7.1 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        parts = {part.get_content_type(): part.get_content() for part in mail.iter_parts()}
        defects = [str(defect) for part in mail.walk() for defect in part.defects]
        defects += [str(defect) for value in mail.values() for defect in value.defects]
        said = {
            "envelope": {"from": envelope.mail_from, "to": envelope.rcpt_tos},
            "headers": {name.lower(): str(value) for name, value in mail.items()},
            "names": [address.display_name for address in mail["to"].addresses],
            "text": parts.get("text/plain"),
            "html": parts.get("text/html"),
            "defects": defects,
            "longest": max(len(line) for line in envelope.content.split(b"\r\n")),
        }
        print("mail " + json.dumps(said), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    known = (data.login, data.password) == (b"vane", b"mail-password")
    return AuthResult(success=known, handled=False)


async def main():
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(sys.argv[1], sys.argv[2])

    def session():
        return SMTP(
            Handler(),
            hostname="mail.test",
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=authenticate,
        )

    server = await asyncio.get_running_loop().create_server(session, "127.0.0.1", 0)
    print(f"listening on {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


asyncio.run(main())
