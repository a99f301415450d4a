"""Every block of every page of the documentation runs, each page on a fresh machine of its own; see docs_blocks.py."""

import os
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import docs_blocks
import pytest

pytestmark = pytest.mark.skipif(not docs_blocks.is_possible(), reason="the sandbox needs bubblewrap and user namespaces")
PROGRAMS = Path(os.environ["HIVED"]).resolve().parent


@pytest.fixture(scope="module")
def runs():
    """What becomes of each page; two run at a time."""
    with ThreadPoolExecutor(2) as pool:
        yield {page: pool.submit(docs_blocks.faults, docs_blocks.ROOT / page, PROGRAMS) for page in docs_blocks.pages()}


@pytest.mark.parametrize("page", docs_blocks.pages())
def test_blocks_of(page, runs):
    assert "\n".join(runs[page].result()) == ""


@pytest.mark.parametrize(
    "text, fault",
    [
        ("```sh\nfalse\ntrue\n```", "3: failed with status 1 false"),
        ("```sh\nfalse\n```", "3: it ended with status 1, not 0"),
        ("```sh exit=3\n(exit 2)\n```", "3: it ended with status 2, not 3"),
        ("```sh exit=3\nfalse; (exit 3)\n```", "3: failed with status 1"),
        ("```sh\nexit 0\n```", "3: it did not end"),
        ("```sh norun\nif\n```", "3: "),
        ("```sh\necho a; echo b\n```\n```text output\na\n```", "3: its output is not"),
        ("```sh\nready=\n```\n```sh\nhivectl ready\n```", "6: it ended with status 69"),
        ("```json\n{\n```", "3: "),
        ("```toml\n[a\n```", "3: "),
        ("```toml\n[node]\nnmae = 'x'\n```", "3: "),
        ("```python\nif\n```", "3: "),
    ],
)
def test_a_block_that_does_otherwise_is_found(text, fault, tmp_path):
    page = tmp_path / "page.md"
    page.write_text(f"<!-- before the blocks:\n-->\n{text}\n")
    assert any(f"{page}:{fault}" in one for one in docs_blocks.faults(page, PROGRAMS))


@pytest.mark.parametrize(
    "expected, printed, same",
    [
        ("Node … at …\n", "Node   n1 (12) at http\n", True),
        ("a\n…\nb\n", "a\nb\n", True),
        ("a\n…\nb\n", "a\n1\n2\nb\n", True),
        ("a …\n", "a b\nc\n", False),
        ("a\n", "a\nb\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_output_with_wildcards(expected, printed, same):
    assert docs_blocks.is_output(expected, printed) == same


def test_a_page_runs_in_one_shell_with_a_node_of_its_own(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        textwrap.dedent("""\
        ```sh
        x=1
        hivectl ready
        ```
        ```sh background
        hived --http 127.0.0.1:7499 --data other
        ```
        ```sh
        echo $x; hivectl --url http://127.0.0.1:7499 ready
        ```
        ```text output
        1
        ok
        ```
        """)
    )
    assert docs_blocks.faults(page, PROGRAMS) == []
