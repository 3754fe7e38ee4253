class ConnectionLost(Exception):
    """The connection is of no more use; whether the other side took the call is not known."""
