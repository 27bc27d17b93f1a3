"""Which worker an accepted connection goes to."""

import socket
from collections.abc import Iterator

import pytest

from app.workers.dispatcher import Dispatcher, Seat, open_listener


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with open_listener("127.0.0.1", 0) as listening:
        yield listening


def take(end: socket.socket) -> list[socket.socket]:
    """The connections that have arrived at a worker's end of its link."""
    end.setblocking(False)
    found: list[socket.socket] = []
    while True:
        try:
            message, files, _, _ = socket.recv_fds(end, 16, 16)
        except BlockingIOError:
            return found
        if not message:
            return found
        found += [socket.socket(fileno=number) for number in files]


@pytest.fixture
def crew() -> Iterator[tuple[list[Seat], list[socket.socket]]]:
    """Three seats and the workers' ends of their links."""
    pairs = [socket.socketpair() for _ in range(3)]
    for ours, _theirs in pairs:
        ours.setblocking(False)
    yield [Seat(ours, is_ready=True) for ours, _theirs in pairs], [theirs for _ours, theirs in pairs]
    for pair in pairs:
        for end in pair:
            end.close()


Ends = tuple[list[Seat], list[socket.socket]]


def call(listener: socket.socket, dispatcher: Dispatcher, seats: list[Seat], calls: int) -> None:
    """Connect so often and have each connection given away."""
    for _ in range(calls):
        with socket.create_connection(listener.getsockname()):
            dispatcher.accept(seats)


def count(ends: list[socket.socket]) -> list[int]:
    found = [take(end) for end in ends]
    for connections in found:
        for connection in connections:
            connection.close()
    return [len(connections) for connections in found]


def test_workers_take_turns(listener: socket.socket, crew: Ends) -> None:
    seats, ends = crew
    call(listener, Dispatcher(listener), seats, 7)
    assert count(ends) == [3, 2, 2]


def test_a_worker_that_loads_gets_nothing_while_others_are_ready(listener: socket.socket, crew: Ends) -> None:
    seats, ends = crew
    dispatcher = Dispatcher(listener)
    seats[1].is_ready = False
    call(listener, dispatcher, seats, 4)
    assert count(ends) == [2, 0, 2]
    for seat in seats:
        seat.is_ready = False
    call(listener, dispatcher, seats, 3)  # /livez is answered while all load
    assert count(ends) == [1, 1, 1]


def test_the_connection_of_a_worker_that_has_ended_goes_to_the_next(
    listener: socket.socket, crew: Ends
) -> None:
    seats, ends = crew
    ends[0].close()
    call(listener, Dispatcher(listener), seats, 4)
    assert count(ends[1:]) == [2, 2]


def test_a_connection_that_no_worker_takes_is_closed(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()) as client:
        client.settimeout(30)
        Dispatcher(listener).accept([])
        assert client.recv(1) == b""


def test_a_connection_arrives_as_it_was_accepted(listener: socket.socket, crew: Ends) -> None:
    seats, ends = crew
    with socket.create_connection(listener.getsockname()) as client:
        client.settimeout(30)
        client.sendall(b"early")
        Dispatcher(listener).accept(seats)
        (connection,) = take(ends[0])
        with connection:
            connection.setblocking(True)
            connection.settimeout(30)
            assert connection.recv(5) == b"early"
            assert connection.getpeername() == client.getsockname()
            connection.sendall(b"answer")
            assert client.recv(6) == b"answer"


def test_an_address_that_is_taken_is_an_error(listener: socket.socket) -> None:
    with pytest.raises(OSError, match="in use"):
        open_listener("127.0.0.1", listener.getsockname()[1])
