"""A server that answers every request with the same few bytes, to see what the clients themselves cost."""

from __future__ import annotations

import select
import socket
import sys

_BODY = b'{"head":{"vars":["action"]},"results":{"bindings":[]}}'
_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(_BODY),
    _BODY,
)


def serve(port: int) -> None:
    """Answer on `port` of the loopback until killed. A request must come in one piece."""
    listener = socket.create_server(("127.0.0.1", port))
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    clients: dict[int, socket.socket] = {}
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                clients[client.fileno()] = client
                poll.register(client, select.EPOLLIN)
            elif clients[number].recv(65_536):
                clients[number].sendall(_ANSWER)
            else:
                poll.unregister(number)
                clients.pop(number).close()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
