"""Small lies planted into the running app: a policy away, an owner check away, a wall away."""

import ast
import contextlib
import inspect
import sys
from dataclasses import dataclass

import sqlalchemy as sa
from flask import request

from app.web.policy import Policy, policy_of

_NAME = "_perhaps_without_it"


@dataclass(frozen=True)
class PolicyMutant:
    """A view that asks for less than it should."""

    endpoint: str
    page: str
    methods: tuple
    policy: Policy

    def __str__(self):
        return f"{self.endpoint}: nobody asked who it is"


def policy_mutants(app, pages):
    """Every view without its policy."""
    for rule in app.url_map.iter_rules():
        page, kept = pages(rule.rule), policy_of(app.view_functions[rule.endpoint])
        if kept.is_public:
            continue
        methods = tuple(sorted(rule.methods & {"GET", "POST"}))
        yield PolicyMutant(rule.endpoint, page, methods, Policy(is_public=True))


@contextlib.contextmanager
def with_policy(app, mutant):
    view = app.view_functions[mutant.endpoint]
    kept, view.policy = view.policy, mutant.policy
    try:
        yield
    finally:
        view.policy = kept


class OwnerChecks:
    """Every comparison of a service with the viewer's account: each can be made to hold always.

    `visible_to(viewer, …)` and `… == viewer.account_id`, found in the source of app.services. The
    functions' code is exchanged, so that whoever imported them is meant too.
    """

    def __init__(self):
        self.sites = []  # (module, function, line), in the order of the source
        self.reached = {}  # number of a site → pages that came by
        self.removed = None  # number of the site that holds always
        self._kept = []

    def __enter__(self):
        for name, module in sorted(sys.modules.items()):
            if name.startswith("app.services."):
                self._prepare(module)
        return self

    def __exit__(self, *_error):
        for function, code in self._kept:
            function.__code__ = code

    def _prepare(self, module):
        tree = _Marker(module.__name__, self.sites).visit(ast.parse(inspect.getsource(module)))
        compiled = compile(ast.fix_missing_locations(tree), module.__file__, "exec")
        codes = {code.co_name: code for code in compiled.co_consts if inspect.iscode(code)}
        for name, code in codes.items():
            function = inspect.unwrap(getattr(module, name, None) or _prepared)
            if _NAME in _names_in(code) and inspect.isfunction(function):
                self._kept.append((function, function.__code__))
                function.__code__ = code
                function.__globals__[_NAME] = self._perhaps

    def _perhaps(self, number, value):
        if request:
            page = (str(request.url_rule), request.method)
            self.reached.setdefault(number, set()).add(page)
        if number != self.removed:
            return value
        return True if isinstance(value, bool) else sa.true()


class _Marker(ast.NodeTransformer):
    """Puts each owner check into a call that may answer otherwise."""

    def __init__(self, module, sites):
        self._module, self._sites, self._function = module, sites, ""

    def visit_FunctionDef(self, node):  # ast's name
        if not self._function:
            self._function = node.name
            node.body = [self.visit(each) for each in node.body]
            self._function = ""
            return node
        return self.generic_visit(node)

    def visit_Call(self, node):  # ast's name
        self.generic_visit(node)
        is_check = isinstance(node.func, ast.Name) and node.func.id == "visible_to"
        return self._marked(node) if is_check else node

    def visit_Compare(self, node):  # ast's name
        self.generic_visit(node)
        sides = {ast.unparse(each) for each in (node.left, *node.comparators)}
        is_check = isinstance(node.ops[0], ast.Eq) and "viewer.account_id" in sides
        return self._marked(node) if is_check else node

    def _marked(self, node):
        if not self._function:
            return node
        self._sites.append((self._module, self._function, node.lineno))
        number = ast.Constant(len(self._sites) - 1)
        call = ast.Call(ast.Name(_NAME, ast.Load()), [number, node], [])
        return ast.copy_location(call, node)


def _names_in(code):
    inner = (each for each in code.co_consts if inspect.iscode(each))
    return {*code.co_names, *(name for each in inner for name in _names_in(each))}


def _prepared():
    """Stands for what a module defines and does not keep."""
