"""The package's types: mypy finds nothing in it, and sees what its clients' methods take and return."""

import subprocess
import tempfile
import textwrap
import unittest
from pathlib import Path

from conftest import PACKAGE

# Debian's mypy belongs to Debian's Python, which need not be the one that runs this.
MYPY = ["mypy", "--strict", "--python-version", "3.11"]

USE = """
    from typing import Any, Dict, Iterator, List
    from hivemark import AsyncClient, Client

    client = Client(namespace="n")
    check: Dict[str, Any] = client.check_upgrade("v1", "v2", policy="threshold")
    text: str = client.metrics()
    events: Iterator[Dict[str, Any]] = client.events(kind=["capture"])
    with client.lease(vram_gb=4, shared=True) as lease:
        devices: List[str] = lease.devices


    async def use(client: AsyncClient) -> Dict[str, Any]:
        async with client.lease(2.5) as lease:
            await lease.ready()
        return await client.get_capture("v1", 3)
"""


class TypesTest(unittest.TestCase):
    def check(self, *arguments):
        with tempfile.TemporaryDirectory() as cache:
            try:
                done = subprocess.run(
                    [*MYPY, "--cache-dir", cache, *arguments], cwd=PACKAGE, capture_output=True, text=True, check=False
                )
            except FileNotFoundError:
                self.fail("mypy is not installed; deploy/setup.sh installs it")
        return done.stdout

    def test_the_package_has_no_faults(self):
        self.assertIn("Success", self.check("hivemark"))

    def test_methods_are_checked_where_they_are_used(self):
        with tempfile.TemporaryDirectory() as directory:
            good, wrong = Path(directory, "good.py"), Path(directory, "wrong.py")
            good.write_text(textwrap.dedent(USE), encoding="utf-8")
            self.assertIn("Success", self.check(str(good)))
            wrong.write_text(textwrap.dedent(USE) + 'client.check_upgrade("v1")\nn: int = text\n', encoding="utf-8")
            found = self.check(str(wrong))
        self.assertIn("Too few arguments", found)
        self.assertIn("Found 2 errors", found)


if __name__ == "__main__":
    unittest.main()
