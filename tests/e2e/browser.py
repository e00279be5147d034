"""A person at Airflow's web interface, played by headless Chromium.

    browser.py CHROMIUM unpause URL DAG            turns the DAG's switch on
    browser.py CHROMIUM picture URL DAG RUN FILE   writes the graph of a run as PNG

Runs in the environment `browser` of tests/env.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from urllib.parse import quote

from playwright.sync_api import Page, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SIZE = {"width": 1240, "height": 600}
# What the interface remembers a person to prefer: the graph to the grid, and a wide one.
PREFERENCES = """{
    const set = (key, value) => localStorage.setItem(key, JSON.stringify(value));
    const panels = {expandToSizes: {}, layout: [78, 22]};
    set("default_dag_view", "graph");
    set("react-resizable-panels:graph-ltr", {"details-panel,main-panel": panels});
}"""
# The small map covers a part of the graph.
STYLE = ".react-flow__minimap { display: none }"
CLOSED_GROUP = re.compile(r"^\+ \d+ Tasks?$")
MILLISECONDS = 60_000


def unpause(page: Page, url: str, dag_id: str) -> None:
    """Turns the switch, and sees it turned."""
    page.goto(f"{url}/dags/{dag_id}")
    switch = page.get_by_test_id("toggle-pause").first
    is_answer = lambda answer: answer.request.method == "PATCH"  # noqa: E731
    with page.expect_response(is_answer) as answer:
        switch.click()
    if not answer.value.ok:
        raise SystemExit(f"error: {answer.value.url}: {answer.value.status}")
    expect(switch.locator("input")).to_be_checked()


def picture(page: Page, url: str, dag_id: str, run_id: str, file: str) -> None:
    """Shows the graph with the run selected and its groups open."""
    page.add_init_script(PREFERENCES)
    page.goto(f"{url}/dags/{dag_id}/runs/{quote(run_id, safe='')}")
    page.add_style_tag(content=STYLE)
    expect(page.get_by_text("success", exact=True).first).to_be_visible()
    groups = page.get_by_text(CLOSED_GROUP)
    while groups.count() > 0:
        before = groups.count()
        groups.first.click()
        expect(groups).to_have_count(before - 1)
    page.get_by_role("button", name="Fit View").click()
    Path(file).write_bytes(still(page))


def still(page: Page) -> bytes:
    """A picture of the page when nothing moves any more."""
    before, now = b"", page.screenshot()
    while now != before:
        page.wait_for_timeout(1_000)
        before, now = now, page.screenshot()
    return now


def main() -> None:
    chromium, act, *arguments = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(
            viewport=SIZE, device_scale_factor=1.5, timezone_id="UTC", locale="en-GB"
        )
        context.set_default_timeout(MILLISECONDS)
        expect.set_options(timeout=MILLISECONDS)
        {"unpause": unpause, "picture": picture}[act](context.new_page(), *arguments)
        browser.close()


if __name__ == "__main__":
    main()
