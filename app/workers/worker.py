"""The main module of a worker process, whose order is on its standard input."""

import sys

from app.online_commands import serve_connections
from app.workers.orders import WorkerOrder

if __name__ == "__main__":
    sys.exit(serve_connections(WorkerOrder.load(sys.stdin.buffer.read())))
