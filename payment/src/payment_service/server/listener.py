"""The listening socket: opened, and closed without cutting off anyone who was let in."""

import ctypes
import socket
import struct
from contextlib import suppress

# Of Linux; `socket` does not name it.
_SO_ATTACH_FILTER = 26
_FLAGS_OF_A_TCP_HEADER = 13
_ALL_OF_IPV4 = "0.0.0.0"  # noqa: S104 - what `::` means there
_SYN, _ACK = 0x02, 0x10


def open_listener(address: tuple[str, int]) -> socket.socket:
    """Binds and listens; `::` is all addresses, of both families where the host has them."""
    if address[0] == "::" and not socket.has_dualstack_ipv6():
        address = (_ALL_OF_IPV4, address[1])
    if ":" not in address[0]:
        return socket.create_server(address)
    both = address[0] == "::"
    return socket.create_server(address, family=socket.AF_INET6, dualstack_ipv6=both)


def turn_newcomers_away(listener: socket.socket) -> None:
    """Lets no new connection begin; those that have begun can still be completed and accepted.

    To close a listening socket resets every connection that waits in its queue, and one may come
    between the last look and the closing. So the kernel is told to drop each packet that would
    begin a connection, which its sender repeats after a second, to find the port closed. Where
    the kernel has no such filters, that moment stays, and is short.
    """
    program = b"".join(
        (
            _instruction(0x30, _FLAGS_OF_A_TCP_HEADER),  # load this byte
            _instruction(0x54, _SYN | _ACK),  # keep these bits of it
            _instruction(0x15, _SYN, otherwise_skip=1),  # if SYN alone is left:
            _instruction(0x06, 0),  # take nothing of the packet
            _instruction(0x06, 0xFFFFFFFF),  # else all of it
        )
    )
    buffer = ctypes.create_string_buffer(program, len(program))
    with suppress(OSError):
        pointer = struct.pack("@HP", len(program) // 8, ctypes.addressof(buffer))
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, pointer)


def _instruction(code: int, operand: int, *, otherwise_skip: int = 0) -> bytes:
    return struct.pack("=HBBI", code, 0, otherwise_skip, operand)
