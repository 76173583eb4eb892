"""axe over a page as it stands in the browser."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

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
_OPENERS = ":is([popovertarget], [data-open], summary):visible"
_NAME = """element => element.getAttribute('popovertarget') || element.dataset.open
    || element.closest('details').className + element.textContent.trim()"""
_CLOSE = """() => {
    document.querySelectorAll('dialog[open]').forEach(each => each.close());
    document.querySelectorAll('details[open]').forEach(each => { each.open = false });
    document.querySelectorAll(':popover-open').forEach(each => each.hidePopover()) }"""
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


def violations_of_what_opens(page, seen):
    """With each menu, preview, dialog and fold of the page open whose name is not `seen` yet."""
    found = []
    for opener in page.locator(_OPENERS).all():
        name = opener.evaluate(_NAME)
        if name in seen:
            continue
        seen.add(name)
        opener.evaluate("element => element.click()")
        expect(page.locator("[aria-busy=true]:visible")).to_have_count(0)
        page.evaluate(_END_TRANSITIONS)
        found += [f"{name} open: {each}" for each in violations(page)]
        page.evaluate(_CLOSE)
    return found


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
