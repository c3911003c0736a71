"""A server of an instance that can be made to fail, and remembers who came."""
import socketserver
import threading


class _Handler(socketserver.BaseRequestHandler):
    """A GET gets the server's status, anything else its name; who says nothing is only looking."""

    def handle(self):
        self.server.callers.add(self.client_address[0])
        self.request.settimeout(10)
        try:
            asked = self.request.recv(1000)
            if asked.startswith(b"GET "):
                self.server.asked = asked
                self.request.sendall(b"HTTP/1.1 %d Said\r\nContent-Length: 0\r\n\r\n" % self.server.status)
            elif asked:
                self.request.sendall(self.server.name.encode())
        except OSError:
            pass


class Server(socketserver.ThreadingTCPServer):
    """TCP, on an address of a namespace."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, instance, port, status=200):
        self.name, self.status, self.callers, self.asked = instance.name, status, set(), b""
        with instance.namespace.inside():
            super().__init__((instance.address, port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def close(self):
        self.shutdown()
        self.server_close()
        self._thread.join()
