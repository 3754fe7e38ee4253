"""Connects; what that takes is imported only then, in the background: no request waits for it."""

from __future__ import annotations

import codecs
import os
import ssl
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from infermeter._grpc import GrpcConnection

_importing = threading.Lock()


def connect(address: str, tls: ssl.SSLContext | None) -> GrpcConnection:
    """Takes two seconds at most; raises OSError, ValueError for what is no address, and ImportError without h2."""
    with _importing:
        from infermeter._grpc import GrpcConnection

        codecs.lookup("idna")  # the socket module would import it, for the name of the host
    return GrpcConnection(address, tls)


# A fork in the midst of that would leave half a module to the child.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_importing.acquire, after_in_parent=_importing.release, after_in_child=_importing.release
    )
