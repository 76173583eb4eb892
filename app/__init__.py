"""Entrepot: a storefront and a back office for companies that resell Microsoft cloud."""

from flask import Flask
from jinja2 import StrictUndefined

from app.blueprints import auth, bss, health, storefront
from app.config import Settings
from app.database import init_database
from app.failpoints import arm
from app.queueing import init_queueing
from app.services.mail_room import open_mail_room
from app.services.microsoft_connection import connect_microsoft
from app.services.production_checks import check_production
from app.web.brands import init_brands
from app.web.countries import init_countries
from app.web.errors import init_errors
from app.web.filters import init_filters
from app.web.forms import init_forms
from app.web.icons import init_icons
from app.web.layout import init_layout
from app.web.locale import init_locale
from app.web.messages import init_messages
from app.web.month_bars import init_month_bars
from app.web.ordering.asset_links import init_asset_links
from app.web.pagination import init_pagination
from app.web.palette import init_palette
from app.web.policy import init_policy
from app.web.request_log import init_request_log
from app.web.security import init_security
from app.web.sign_in_limits import init_sign_in_limits
from app.web.states import init_states
from app.web.static_files import init_static_files
from app.web.viewer import init_viewer


def create_app(settings: Settings) -> Flask:
    """Put everything together. Raises SettingsError where production must not start."""
    app = Flask(__name__, static_folder=None)
    app.extensions["settings"] = settings
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = True  # lstrip_blocks would glue attributes together
    if not settings.is_production:
        arm(settings.failpoint, hits_file=settings.failpoint_hits, seed=settings.failpoint_seed)
    init_request_log(app, settings)
    init_database(app, settings)
    init_queueing(app, settings)
    app.extensions["purchase_driver"] = connect_microsoft(settings)
    app.extensions["mail_room"] = open_mail_room(settings)
    init_viewer(app, settings)
    init_policy(app)
    init_security(app, settings)
    init_sign_in_limits(app, settings)
    init_errors(app)
    for init in (init_static_files, init_icons, init_locale, init_countries, init_filters):
        init(app)
    init_brands(app)
    for init in (init_forms, init_pagination, init_asset_links, init_layout, init_palette):
        init(app)
    init_month_bars(app)
    init_messages(app)
    init_states(app, settings)
    for part in (storefront, bss, auth, health):
        app.register_blueprint(part.bp)
    if settings.is_production:
        with app.app_context():
            check_production(settings)
    return app
