"""A server of one file, quicker than whoever fetches it: `python -m benchmarks.plain_server FILE` prints its port."""

import os
import socket
import sys
import threading
from pathlib import Path


def answer(connection: socket.socket, path: Path) -> None:
    """Whatever is asked for, the file is the answer."""
    with connection, path.open("rb") as file:
        connection.recv(64 * 1024)
        size = path.stat().st_size
        head = f"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: {size}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode())
        sent = 0
        while sent < size:
            sent += os.sendfile(connection.fileno(), file.fileno(), sent, size - sent)


def main(path: Path) -> None:
    """Until it is ended."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            connection, _address = server.accept()
            threading.Thread(target=answer, args=(connection, path), daemon=True).start()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
