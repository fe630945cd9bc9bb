# SPDX-License-Identifier: MIT
"""An SMTP server that appends every e-mail, behind its envelope, to FOLDER/mail."""
import asyncio
import os
import sys

from aiosmtpd.smtp import SMTP

folder = sys.argv[1]


class Handler:
    async def handle_DATA(self, server, session, envelope):
        with open(os.path.join(folder, "mail"), "ab") as file:
            head = f"MAIL FROM {envelope.mail_from} TO {' '.join(envelope.rcpt_tos)}\r\n"
            file.write(head.encode() + envelope.content)
        return "250 OK"


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler()), "127.0.0.1", 0)
    draft = os.path.join(folder, "port.new")
    with open(draft, "w") as file:
        file.write(str(server.sockets[0].getsockname()[1]))
    os.rename(draft, os.path.join(folder, "port"))
    await server.serve_forever()


asyncio.run(main())
