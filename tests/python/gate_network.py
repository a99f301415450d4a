"""Machines as network namespaces on one switch that can be split, and HTTP to a node in one of them. Needs root and
`ip`."""

import contextlib
import ctypes
import http.client
import os
import subprocess

CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)


def run(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, timeout=60)


def try_to_run(*words):
    subprocess.run(["ip", *words], check=False, capture_output=True, timeout=60)


def is_possible():
    """Whether this process may make such a network; tries it."""
    try:
        with Network(1):
            return True
    except (OSError, subprocess.SubprocessError):
        return False


def enter(descriptor):
    if LIBC.setns(descriptor, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(namespace):
    """This thread's new sockets belong to the namespace; None: to the machine."""
    if namespace is None:
        yield
        return
    with open("/proc/thread-self/ns/net", "rb") as home, open(f"/run/netns/{namespace}", "rb") as there:
        enter(there.fileno())
        try:
            yield
        finally:
            enter(home.fileno())


class Connection(http.client.HTTPConnection):
    """To a server in a namespace. A socket stays in the namespace in which it was made."""

    def __init__(self, endpoint, namespace=None, **options):
        super().__init__(endpoint, **options)
        self._namespace = namespace

    def connect(self):
        with inside(self._namespace):
            super().connect()


class Network:
    """Its machines have the addresses 10.79.0.1 and so on."""

    def __init__(self, machines):
        self._mark = f"hg{os.getpid() % 100000}"
        self.namespaces = [f"{self._mark}n{i}" for i in range(machines)]

    def __enter__(self):
        try:
            for half in "ab":
                run("link", "add", self._mark + half, "type", "bridge")
                run("link", "set", self._mark + half, "up")
            for i, name in enumerate(self.namespaces):
                self._add(i, name)
        except (OSError, subprocess.SubprocessError):
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for i, name in enumerate(self.namespaces):
            try_to_run("link", "delete", self._port(i))
            try_to_run("netns", "delete", name)
        for half in "ab":
            try_to_run("link", "delete", self._mark + half)

    def _add(self, i, name):
        run("netns", "add", name)
        run("link", "add", self._port(i), "type", "veth", "peer", "name", "eth0", "netns", name)
        run("-n", name, "address", "add", self.address(i) + "/24", "dev", "eth0")
        run("-n", name, "link", "set", "lo", "up")
        run("-n", name, "link", "set", "eth0", "up")
        self._plug(i, "a")
        run("link", "set", self._port(i), "up")

    def _port(self, i):
        return f"{self._mark}p{i}"

    def _plug(self, i, half):
        run("link", "set", self._port(i), "master", self._mark + half)

    @staticmethod
    def address(i):
        return f"10.79.0.{i + 1}"

    def split_off(self, machines):
        """After this these machines reach each other alone, and so do the others."""
        for i in machines:
            self._plug(i, "b")

    def cut(self, one, other):
        """These two machines do not reach each other; all others reach both."""
        for here, there in (one, other), (other, one):
            run("-n", self.namespaces[here], "route", "add", "blackhole", self.address(there) + "/32")

    def heal(self):
        for i, name in enumerate(self.namespaces):
            self._plug(i, "a")
            try_to_run("-n", name, "route", "flush", "type", "blackhole")
