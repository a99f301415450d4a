"""A real browser that looks at the dashboard: Chromium, driven by Playwright (tests/dashboard/browser.mjs)."""

import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "dashboard"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def missing():
    """What the browser needs and this machine lacks; empty when nothing."""
    lacks = [name for name in ("node", "npm") if not shutil.which(name)]
    return ", ".join(lacks + ([] if CHROMIUM else ["chromium"]))


def modules():
    """The folder with the packages of npm, which the first call installs."""
    folder = Path(os.environ["HIVE_NODE_MODULES"])
    wanted = (SOURCE / "package.json").read_text(encoding="utf-8")
    done = folder / "installed.json"
    if not done.exists() or done.read_text(encoding="utf-8") != wanted:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(SOURCE / "package.json", folder / "package.json")
        env = os.environ | {"PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--no-package-lock"], cwd=folder, env=env, check=True,
                       capture_output=True, timeout=300)
        done.write_text(wanted, encoding="utf-8")
    return folder


class Failed(Exception):
    """What the browser could not do."""


class Browser:
    def __init__(self):
        self._process = subprocess.Popen(["node", SOURCE / "browser.mjs", modules(), CHROMIUM], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def ask(self, do, **more):
        self._process.stdin.write(json.dumps({"do": do, **more}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline() or '{"error": "the browser has ended"}')
        if "error" in answer:
            raise Failed(f"{do} {more}: {answer['error']}")
        return answer["answer"]

    def open(self, **options):
        return Tab(self, self.ask("open", **options))


class Tab:
    def __init__(self, browser, number):
        self._browser, self._number = browser, number

    def __getattr__(self, do):
        """Each command of browser.mjs is a method: tab.go(url=…), tab.text(), tab.axe()."""
        return lambda **more: self._browser.ask(do, page=self._number, **more)

    def wait_for(self, text, ms=15000):
        try:
            return self.ask_await(text, ms)
        except Failed as failure:
            raise AssertionError(f"the page never shows {text!r}; it shows:\n{self.text()}") from failure

    def ask_await(self, text, ms):
        return self._browser.ask("await", page=self._number, text=text, ms=ms)
