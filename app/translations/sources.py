"""Which texts of the sources are translated: the methods of messages.cfg, for pybabel."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

_Found = tuple[int, str, str | tuple[str, ...], list[str]]

# What is called with texts that the page translates, and which arguments those are.
SAID: dict[str, tuple[int | str, ...]] = {
    "_": (0,),
    "gettext": (0,),
    "said": (0,),
    **dict.fromkeys(
        ("ConflictError", "InvalidError", "NotAllowedError", "NotFoundError"),
        (0,),
    ),
    **dict.fromkeys(("ValidationError", "form_errors.append"), (0,)),
    **dict.fromkeys(("DataRequired", "InputRequired", "AnyOf"), (0, "message")),
    **dict.fromkeys(("NumberRange", "Length", "Regexp", "Email"), ("message",)),
    **dict.fromkeys(("Column", "AssetColumn", "percent_field", "NavigationItem"), (0, "note")),
    "AssetColumn": (1, "label"),
    "Problem": (1, 2),
    "show_problem": (1,),
}
_FIELDS = {"Amount", "CustomFields", "PlanOfAccount", "Tags", "WholeNumber", "_Day"}
_IN_SENTENCES = {"CaseState", "SubscriptionStatus"}
_FIELD_TEXTS = (0, "wrong", "label", "description")


def python_texts(file: IO[bytes], *_args: Any, **_options: Any) -> Iterator[_Found]:
    """Of `_()`, `said()` and of everything in SAID; a name stands for its module's constant."""
    tree = ast.parse(file.read())
    constants = _constants(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = _name(node.func)
        if name == "ngettext":
            one, many = (_texts(each, constants) for each in node.args[:2])
            yield node.lineno, "ngettext", (*one, *many), []
            continue
        for argument in _said(node, name):
            for text in _texts(argument, constants):
                yield node.lineno, "_", text, []


def domain_texts(file: IO[bytes], *_args: Any, **_options: Any) -> Iterator[_Found]:
    """As python_texts, and the `label` of every member of the enums that the module defines."""
    yield from python_texts(file)
    name = f"app.domain.{Path(file.name).stem}"
    module = importlib.import_module(name)
    for _, kind in inspect.getmembers(module, inspect.isclass):
        if name.endswith(".languages"):
            continue  # each has its own name in every language
        if kind.__module__ == name and issubclass(kind, StrEnum) and hasattr(kind, "label"):
            for member in kind:
                yield 1, "_", str(member.label), []
                if kind.__name__ in _IN_SENTENCES:
                    yield 1, "_", str(member.label).lower(), []


def marked_texts(node: ast.Call) -> list[ast.expr]:
    """The arguments of a call that hold texts for people."""
    return _said(node, _name(node.func))


def _said(node: ast.Call, name: str) -> list[ast.expr]:
    wanted = SAID.get(name) or (
        _FIELD_TEXTS if name.endswith(("Field", "Text")) or name in _FIELDS else ()
    )
    found = [node.args[each] for each in wanted if isinstance(each, int) and each < len(node.args)]
    return found + [each.value for each in node.keywords if each.arg in wanted]


def _texts(node: ast.expr, constants: dict[str, str]) -> list[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value] if node.value else []
    if isinstance(node, ast.IfExp):
        return _texts(node.body, constants) + _texts(node.orelse, constants)
    if isinstance(node, ast.Name) and node.id in constants:
        return [constants[node.id]]
    return []


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        owner = _name(function.value)
        return "form_errors.append" if owner == "form_errors" else function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _constants(tree: ast.Module) -> dict[str, str]:
    """`_NAME = "text"` of the module."""
    return {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
