"""Azure Resource Manager's Microsoft.Capacity: its place is kept, its calls are not built yet."""

from http import HTTPStatus

from flask import Blueprint, Response, jsonify

from sandbox.pipeline import route_name

bp = Blueprint("arm", __name__)

_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


@bp.route("/providers/<path:rest>", methods=_METHODS)
@bp.route("/subscriptions/<path:rest>", methods=_METHODS)
@route_name("arm")
def not_built(rest: str) -> tuple[Response, int]:
    message = f"The sandbox does not answer {rest} yet."
    body = {"error": {"code": "OperationNotSupported", "message": message}}
    return jsonify(body), HTTPStatus.NOT_IMPLEMENTED
