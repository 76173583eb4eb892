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
_RULES = {"type": "tag", "values": TAGS}
_COLOUR_RULES = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
_AXE = Axe().axe_script
_RUN = "options => axe.run(document, options).then(results => results.violations)"
_CANVAS = "() => getComputedStyle(document.body).backgroundColor"
# One transition may begin with the end of another: of what it inherits.
_END_TRANSITIONS = """() => { for (let times = 0; times < 5; times++)
    document.getAnimations().forEach(each => each instanceof CSSTransition && each.finish()) }"""


def violations(page):
    """What axe finds, one line each with the first element that it found it on."""
    return _found(page, _RULES)


def violations_in_the_dark(page):
    """Of the same page once its colours are the dark ones: nothing else of it changes by that."""
    light = page.evaluate(_CANVAS)
    _wear(page, "dark")
    assert page.evaluate(_CANVAS) != light, f"{page.url} stays light"
    found = _found(page, _COLOUR_RULES)
    _wear(page, "light")
    return [f"in the dark: {each}" for each in found]


def _wear(page, colours):
    page.emulate_media(color_scheme=colours)
    page.evaluate(_END_TRANSITIONS)


def _found(page, rules):
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE)
    options = {"runOnly": rules, "resultTypes": ["violations"]}
    return [
        f"{page.url} {page.viewport_size['width']} px: {found['id']} ({len(found['nodes'])} times)"
        f" {found['nodes'][0]['target']} {found['nodes'][0]['html'][:160]}"
        for found in page.evaluate(_RUN, options)
    ]
