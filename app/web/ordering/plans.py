"""Azure plans: the list, and one with what was bought from it."""

from collections.abc import Iterable
from uuid import UUID

from flask import Response

from app.domain.assets import ProvisioningSyncStatus, SubscriptionStatus
from app.services import subscriptions
from app.web.customer_filter import customer_filter
from app.web.htmx import render_page
from app.web.ordering.files import plan_file
from app.web.ordering.lists import answer_list, chosen, owner_head, read_newest_first
from app.web.pagination import ListQuery, read_list
from app.web.viewer import current_viewer


def read_plans_query() -> ListQuery:
    filters: dict[str, Iterable[str]] = {
        "status": SubscriptionStatus,
        "sync": ProvisioningSyncStatus,
        **customer_filter(),
    }
    return read_newest_first("subscription-table", filters, sorts=subscriptions.PlanSort)


def show_plans(
    folder: str,
    query: ListQuery,
    *,
    account_id: UUID | None = None,
    reseller_id: UUID | None = None,
) -> Response:
    """`folder` holds the face's own list.html and _subscription_table.html."""
    viewer = current_viewer()
    search = subscriptions.PlanSearch(
        q=query.q,
        status=chosen(query, "status", SubscriptionStatus),
        sync_status=chosen(query, "sync", ProvisioningSyncStatus),
        account_id=account_id,
        reseller_id=reseller_id,
        sort=subscriptions.PlanSort(query.sort),
        descending=query.descending,
    )
    return answer_list(
        f"{folder}/_subscription_table.html",
        query,
        file=lambda chosen_format: plan_file(
            subscriptions.export_subscriptions(viewer, search), chosen_format, owner_head(viewer)
        ),
        page=lambda: subscriptions.list_subscriptions(viewer, search, page=query.page),
        statuses=list(SubscriptionStatus),
        syncs=list(ProvisioningSyncStatus),
    )


def show_plan(folder: str, subscription_id: UUID) -> Response:
    """`folder` holds the face's own detail.html."""
    viewer = current_viewer()
    query = read_list("plan-reservation-table", sorts=(), default_sort="-number")
    return render_page(
        f"{folder}/detail.html",
        partial="ordering/subscriptions/_plan_reservation_table.html",
        plan=subscriptions.get_subscription(viewer, subscription_id),
        query=query,
        page=subscriptions.list_plan_reservations(viewer, subscription_id, page=query.page),
    )
