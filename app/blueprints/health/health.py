"""For load balancers and monitoring."""

from dataclasses import asdict

from flask import Response, current_app, jsonify

from app.blueprints.health import bp
from app.config import Settings
from app.services import readiness
from app.web.policy import policy
from app.web.redis_probe import is_redis_up


@bp.get("/healthz")
@policy(public=True)
def healthz() -> Response:
    return jsonify(status="ok")


@bp.get("/readyz")
@policy(public=True)
def readyz() -> tuple[Response, int]:
    settings: Settings = current_app.extensions["settings"]
    found = readiness.check(is_redis_up=is_redis_up(settings.redis_url))
    return jsonify(asdict(found)), 200 if found.is_ready else 503
