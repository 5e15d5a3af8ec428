"""Pages in a real browser: headless Chromium without a network, driven by playwright."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
#: Chromium looks nothing up and asks for nothing. As root it has no sandbox.
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: WebGL drawn by the processor, and none at all.
WEBGL = {True: ("--enable-unsafe-swiftshader",), False: ("--disable-gpu", "--disable-3d-apis")}


@pytest.fixture(scope="session")
def playwright() -> Iterator[Any]:
    """Playwright, or the reason why there are no tests in a browser."""
    if not any(map(shutil.which, NAMES)):
        pytest.skip(f"no browser is installed: looked for {', '.join(NAMES)}")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def browsers(playwright: Any) -> Iterator[Callable[[bool], Any]]:
    """Browsers with and without WebGL, each started when it is needed first."""
    found: dict[bool, Any] = {}
    path = next(filter(None, map(shutil.which, NAMES)))

    def browser(webgl: bool) -> Any:
        if webgl not in found:
            args = [*FLAGS, *WEBGL[webgl]]
            found[webgl] = playwright.chromium.launch(executable_path=path, args=args)
        return found[webgl]

    yield browser
    for opened in found.values():
        opened.close()


@pytest.fixture
def open_page(browsers: Callable[[bool], Any]) -> Iterator[Callable[..., Any]]:
    """Open a file as a page, offline. Options: `webgl` (bool, default False), and those of playwright's
    contexts, as `viewport={"width": 390, "height": 800}`, `color_scheme="dark"` or `has_touch=True`.

    The test fails if the page has written an error or a warning to the console, raised an error, asked for
    anything beside the file, or shown a dialog. `open_page.faults` lists them, for tests that expect one.
    """
    contexts: list[Any] = []
    faults: list[str] = []

    def open_page(path: Path, *, webgl: bool = False, **options: Any) -> Any:
        options.setdefault("viewport", {"width": 1280, "height": 900})
        context = browsers(webgl).new_context(offline=True, accept_downloads=True, **options)
        contexts.append(context)
        opened = context.new_page()
        url = Path(path).resolve().as_uri()

        def note_message(message: Any) -> None:
            # A browser without a graphics card tells how fast it reads pixels; that is not the page's doing.
            if message.type in ("error", "warning") and "GL Driver Message" not in message.text:
                faults.append(f"console {message.type}: {message.text}")

        def note_request(request: Any) -> None:
            if request.url.split("#")[0] != url and not request.url.startswith(("data:", "blob:")):
                faults.append(f"request: {request.url}")

        def note_dialog(dialog: Any) -> None:
            faults.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        opened.on("console", note_message)
        opened.on("pageerror", lambda error: faults.append(f"error: {error}"))
        opened.on("request", note_request)
        opened.on("dialog", note_dialog)
        opened.goto(url)
        return opened

    open_page.faults = faults  # type: ignore[attr-defined]
    yield open_page
    for context in contexts:
        context.close()
    assert not faults
