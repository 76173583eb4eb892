"""A page that is used without a mouse: what page objects do with one, keys do instead."""

from playwright.sync_api import Locator, expect

_MOST_STEPS = 200
_COMES_BEFORE_FOCUS = """element => document.activeElement !== document.body && Boolean(
    element.compareDocumentPosition(document.activeElement) & Node.DOCUMENT_POSITION_FOLLOWING)"""
_IS_IN_GROUP = """element => element === document.activeElement
    || Boolean(element.name) && element.name === document.activeElement.name"""


def tab_to(locator, *, is_there="element => element === document.activeElement"):
    """Press Tab until the focus is there, as a person would."""
    key = "Shift+Tab" if locator.evaluate(_COMES_BEFORE_FOCUS) else "Tab"
    for _ in range(_MOST_STEPS):
        if locator.evaluate(is_there):
            return
        locator.page.keyboard.press(key)
    expect(locator).to_be_focused()


def press(locator, key="Enter"):
    tab_to(locator)
    locator.page.keyboard.press(key)


def type_into(locator, words):
    tab_to(locator)
    locator.page.keyboard.press("Control+A")
    if words:
        locator.page.keyboard.type(words)
    else:
        locator.page.keyboard.press("Delete")


def tick(locator):
    """A box by the space bar; a radio button by the arrows of its group."""
    if locator.get_attribute("type") != "radio":
        press(locator, "Space")
    else:
        tab_to(locator, is_there=_IS_IN_GROUP)
        for _ in range(_MOST_STEPS):
            if locator.is_checked():
                break
            focused = locator.evaluate("element => element === document.activeElement")
            locator.page.keyboard.press("Space" if focused else "ArrowDown")
    expect(locator).to_be_checked()


def choose(locator, *, label):
    tab_to(locator)
    locator.page.keyboard.type(label)
    expect(locator.locator("option:checked")).to_have_text(label)


_BY_KEYS = {"click": press, "fill": type_into, "check": tick, "select_option": choose}


def use_keys_only(monkeypatch, page):
    """From now on this page's locators are used by keys; other pages' as before."""
    for action, by_keys in _BY_KEYS.items():
        monkeypatch.setattr(Locator, action, _told_apart(page, by_keys, getattr(Locator, action)))


def _told_apart(page, by_keys, by_mouse):
    def act(locator, *arguments, **named):
        if locator.page == page:
            expect(locator).to_be_visible()
            return by_keys(locator, *arguments, **named)
        return by_mouse(locator, *arguments, **named)

    return act
