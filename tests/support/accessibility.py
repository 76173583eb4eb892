"""axe over a page as it stands in the browser."""

from axe_playwright_python.sync_playwright import Axe

TAGS = [
    "wcag2a",
    "wcag2aa",
    "wcag21a",
    "wcag21aa",
    "wcag22aa",
    "best-practice",
]
_AXE = Axe()


def violations(page):
    """What axe finds, one line each with the first element that it found it on."""
    results = _AXE.run(
        page,
        options={"runOnly": {"type": "tag", "values": TAGS}, "resultTypes": ["violations"]},
    )
    return [
        f"{page.url} {page.viewport_size['width']} px: {found['id']} ({len(found['nodes'])} times)"
        f" {found['nodes'][0]['target']} {found['nodes'][0]['html'][:160]}"
        for found in results.response["violations"]
    ]
