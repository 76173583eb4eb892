"""Templates: what the naming chain and the content security policy ask of them."""

import re
from pathlib import Path

import html5lib
import pytest

TEMPLATES = Path(__file__).parent.parent.parent / "app" / "templates"
# Mail programs know inline styles alone, and nothing of a mail is a page of ours.
ALL = sorted(path for path in TEMPLATES.rglob("*.html") if "mail" not in path.parts)
PARTIALS = [path for path in ALL if path.name.startswith("_")]
COMPONENTS = sorted((TEMPLATES / "components").glob("*.html"))

NEEDS_EVAL = [
    (r"\shx-on[:=-]", "hx-on needs eval"),
    (r'hx-trigger="[^"]*\w\[', "a trigger filter needs eval"),
    (r'hx-(vals|headers|confirm)=["\']\s*(js|javascript):', "js: needs eval"),
    (r"\son\w+=", "inline handlers are blocked"),
    (r"\sstyle=", "inline styles are blocked"),
    (r"<style", "inline styles are blocked"),
    (r"<script(?![^>]*\ssrc=)", "inline scripts are blocked"),
    (r"javascript:", "javascript: URLs are blocked"),
    (r"\shx-(delete|put|patch|boost)", "unsafe requests are forms; there is no boost"),
    (r"\shx-swap-oob", "several regions use hx-partial or an event"),
    (r"\shx-browser-indicator", "it breaks (htmx 3838)"),
    (r"from:(find|closest|next|previous) ", "from: with a space needs quotes"),
]


def name_of(path):
    return path.relative_to(TEMPLATES).as_posix()


def without_comments(path):
    return re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_nothing_needs_eval_or_inline_code(path):
    text = without_comments(path)

    found = [why for pattern, why in NEEDS_EVAL if re.search(pattern, text)]

    assert found == []


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_post_form_carries_the_csrf_field(path):
    for form in re.findall(r"<form.*?</form>", without_comments(path), flags=re.DOTALL):
        if 'method="post"' in form:
            assert "csrf_token" in form


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_what_asks_by_htmx_names_its_target_and_swap(path):
    for tag in re.findall(r"<(?!hx-)\w[^<]*?\shx-(?:get|post)=[^<]*?>", without_comments(path)):
        assert "hx-target=" in tag or 'hx-trigger="warm"' in tag, tag
        assert "hx-swap=" in tag or 'hx-trigger="warm"' in tag, tag


@pytest.mark.parametrize("path", PARTIALS, ids=name_of)
def test_a_partial_declares_its_context_and_its_root_is_named_after_it(path):
    text = path.read_text(encoding="utf-8")
    expected = path.stem.removeprefix("_").replace("_", "-")

    assert text.startswith("{# context:")
    root = re.search(r"<\w[^>]*>", re.sub(r"\{%.*?%\}", "", without_comments(path)))
    assert root is not None
    if expected != "toast":  # several stand in #toasts at once
        assert re.search(rf'\sid="{expected}("|-\{{\{{)', root.group()), root.group()


@pytest.mark.parametrize("path", PARTIALS, ids=name_of)
def test_a_partial_has_one_root(path):
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", without_comments(path), flags=re.DOTALL)
    container = "tbody" if text.lstrip().startswith("<tr") else "div"

    fragment = html5lib.parseFragment(text, container=container, namespaceHTMLElements=False)

    assert len(list(fragment)) == 1


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_a_component_begins_by_saying_what_it_is(path):
    assert path.read_text(encoding="utf-8").startswith("{#")


@pytest.mark.parametrize("path", COMPONENTS, ids=name_of)
def test_a_macro_has_at_most_four_parameters(path):
    for name, parameters in re.findall(r"macro (\w+)\((.*?)\)\s*-?%\}", without_comments(path)):
        assert len([each for each in parameters.split(", ") if each]) <= 4, name


def test_the_templates_compile(the_app):
    for path in ALL:
        the_app.jinja_env.get_template(name_of(path))


# The page of components is for us alone.
IN_ENGLISH = {"states.html"}
SAID_ATTRIBUTES = ("alt", "aria-label", "data-l", "placeholder", "title")


def unsaid(text):
    """Words between tags, and in attributes that are read out, that stand outside `{{ _() }}`."""
    text = re.sub(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", "", text, flags=re.DOTALL)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "\x00", text, flags=re.DOTALL)
    found = re.findall(r">([^<]+)", text)
    for name in SAID_ATTRIBUTES:
        found += re.findall(rf'\s{name}="([^"]*)"', text)
    plain = [re.sub(r"&\w+;", "", each).strip("\x00 \n") for each in found]
    return [each for each in plain if re.search(r"[A-Za-z]{2}", each)]


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_every_text_is_translated(path):
    """Red? Write `{{ _("…") }}`, then `make translations` and translate it."""
    if name_of(path) not in IN_ENGLISH:
        assert unsaid(without_comments(path)) == []
