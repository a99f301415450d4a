"""What can go wrong, as exceptions."""


class HivemarkError(Exception):
    """Base of all exceptions of this package but ValueError, which says that an argument makes no sense."""


class Unreachable(HivemarkError):
    """No whole answer came in time: the node is down, restarting, too slow, or behind a broken network."""


class NodeError(HivemarkError):
    """The node answered with an error, or something answered that is no node.

    `status` is the HTTP status; `code` is the node's name for the error, such as "invalid" or "overloaded", and empty
    when no node wrote the answer; `detail` names what is wrong.
    """

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}" if code else f"{status}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class Closed(HivemarkError):
    """A record came after close()."""
