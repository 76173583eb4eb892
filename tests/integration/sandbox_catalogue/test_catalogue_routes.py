"""The sandbox's catalogue over HTTP."""

import json

import pytest

GREEK = {"country": "GR"}
AZURE_PLAN = {"country": "GR", "reservationScope": "AzurePlan"}
CHECK = "/v1/extensions/product/checkinventory?country=GR"


def paths_to(item, prefix="/v1"):
    product = f"{prefix}/products/{item.product_id}"
    sku = f"{product}/skus/{item.sku_id}"
    return product, sku, f"{sku}/availabilities/{item.availability_id}"


def body_of(answer):
    return json.loads(answer.data.decode("utf-8-sig"))


def test_all_reservation_products_come_over_several_pages(app_only_caller, catalogue):
    products, pages = app_only_caller.read_all(
        "/v1/products", targetView="AzureReservations", **AZURE_PLAN
    )

    assert pages == 2
    assert {p["id"] for p in products} == {
        p.id for p in catalogue.list_products("AzureReservations")
    }
    assert len({p["productType"]["subType"]["displayName"] for p in products}) == 13


def test_the_whole_catalogue_takes_about_a_hundred_requests(caller, catalogue):
    products, requests = caller.read_all(
        "/v1/products", targetView="AzureReservations", **AZURE_PLAN
    )
    skus = []
    for product in products:
        found, pages = caller.read_all(f"/v1/products/{product['id']}/skus", **AZURE_PLAN)
        skus += found
        requests += pages

    assert requests <= 110
    assert {(sku["productId"], sku["id"]) for sku in skus} == {
        (item.product_id, item.sku_id) for item in catalogue.list_items("AzureReservations")
    }


def test_without_the_scope_of_azure_plan_there_are_no_reservations(caller, demo_item):
    product, sku, _ = paths_to(demo_item)

    assert caller.read("/v1/products", targetView="AzureReservations", **GREEK)["items"] == []
    assert caller.read(f"{product}/skus", **GREEK)["items"] == []
    assert caller.read(f"{sku}/availabilities", **GREEK)["items"] == []


def test_software_needs_no_reservation_scope(caller):
    subscriptions, _ = caller.read_all(
        "/v1/products", targetView="SoftwareSubscriptions", targetSegment="commercial", **GREEK
    )
    perpetual, _ = caller.read_all("/v1/products", targetView="softwareperpetual", **GREEK)

    assert len(subscriptions) == 14
    assert len(perpetual) == 26
    assert subscriptions[0]["productType"]["id"] == "Software"


def test_a_segment_sees_its_own_skus_only(caller, catalogue):
    product = catalogue.list_products("SoftwareSubscriptions")[0]
    path = f"/v1/products/{product.id}/skus"

    all_skus, _ = caller.read_all(path, **GREEK)
    education, _ = caller.read_all(path, targetSegment="education", **GREEK)

    assert len(all_skus) == 6
    assert [sku["title"].endswith("(Education)") for sku in education] == [True, True]


def test_a_sku_says_what_it_is_and_what_must_be_known_to_buy_it(caller, demo_item):
    sku = caller.read(paths_to(demo_item)[1], **GREEK)

    assert sku["title"] == demo_item.title
    assert sku["maximumQuantity"] == 999_999_999
    assert sku["supportedBillingCycles"] == ["one_time"]
    assert sku["purchasePrerequisites"] == ["InventoryCheck", "AzureSubscriptionRegistration"]
    assert sku["dynamicAttributes"] == {
        "armSkuName": "Standard_D2s_v5",
        "armRegionName": "westeurope",
        "region": "EU West",
        "duration": "1Year",
        "category": "General purpose",
        "skuDisplayName": "D2s v5",
        "reservationType": "VirtualMachines",
        "cores": "2",
        "vCpu": "2",
        "ram": "8",
    }


def test_an_availability_carries_the_catalogue_item_id_and_its_term(caller, demo_item):
    [availability] = caller.read(f"{paths_to(demo_item)[1]}/availabilities", **AZURE_PLAN)["items"]

    assert availability["catalogItemId"] == demo_item.catalog_item_id
    assert availability["defaultCurrency"]["code"] == "EUR"
    assert availability["isPurchasable"]
    assert [(term["duration"], term["billingCycle"]) for term in availability["terms"]] == [
        ("P1Y", "one_time")
    ]
    assert availability == caller.read(paths_to(demo_item)[2], **GREEK)


@pytest.mark.parametrize(
    ("title", "duration", "windows"),
    [
        ("Windows Server CAL - 1 User - 3 Years", "P3Y", ["P1D", "P7D"]),
        ("Windows Server 2025 CAL - 1 User", None, ["P30D"]),
    ],
)
def test_software_says_how_long_it_can_be_returned(caller, catalogue, title, duration, windows):
    availability = caller.read(paths_to(catalogue.find_titled(title))[2], **GREEK)
    [term] = availability["terms"]
    [policy] = term["cancellationPolicies"]

    assert term.get("duration") == duration
    assert [option["expiresAfter"] for option in policy["refundOptions"]] == windows


def test_what_is_no_longer_sold_is_shown_but_not_purchasable(caller, catalogue):
    retired = catalogue.find_titled("Reserved VM Instance, Standard_NC6s_v3, EU West, 1 Year")

    assert not caller.read(paths_to(retired)[2], **GREEK)["isPurchasable"]


def test_a_customers_catalogue_needs_no_country_and_links_to_itself(caller, customer_id, demo_item):
    prefix = f"/customers/{customer_id}"
    page = caller.read(
        f"/v1{prefix}/products", targetView="AzureReservations", reservationScope="AzurePlan"
    )
    product, sku, availability = paths_to(demo_item, f"/v1{prefix}")

    assert page["links"]["next"]["uri"].startswith(f"{prefix}/products?targetView=")
    assert "country" not in page["links"]["next"]["uri"]
    assert (
        caller.read(product)["links"]["self"]["uri"] == f"{prefix}/products/{demo_item.product_id}"
    )
    assert caller.read(f"{product}/skus", reservationScope="AzurePlan")["items"]
    assert caller.read(sku)["id"] == demo_item.sku_id
    assert caller.read(availability)["catalogItemId"] == demo_item.catalog_item_id


def test_links_work_when_they_are_followed(caller, demo_item):
    product = caller.read(paths_to(demo_item)[0], **GREEK)
    sku = caller.read(paths_to(demo_item)[1], **GREEK)
    scope = "&reservationScope=AzurePlan"

    assert caller.read("/v1" + product["links"]["self"]["uri"]) == product
    assert caller.read("/v1" + product["links"]["skus"]["uri"] + scope)["items"]
    assert caller.read("/v1" + sku["links"]["self"]["uri"]) == sku
    assert caller.read("/v1" + sku["links"]["availabilities"]["uri"] + scope)["items"]


def test_paths_and_names_are_read_without_regard_to_case(caller, demo_item):
    path = paths_to(demo_item)[1].lower() + "/AVAILABILITIES/"

    found = caller.read(path, COUNTRY="gr", reservationscope="azureplan")["items"]

    assert found[0]["catalogItemId"] == demo_item.catalog_item_id


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ({"targetView": "AzureReservations"}, (400, "800002")),
        ({"country": "Greece", "targetView": "Software"}, (400, "800002")),
        ({"country": "GR"}, (403, "400036")),
        ({"country": "GR", "targetView": "OnlineServices"}, (403, "400036")),
        (
            {"country": "GR", "targetView": "Software", "targetSegment": "government"},
            (403, "400030"),
        ),
        (
            {"country": "GR", "targetView": "Software", "continuationToken": "-1"},
            (400, "800002"),
        ),
    ],
)
def test_a_list_that_is_not_allowed_is_refused(caller, query, refusal):
    assert caller.refusal("/v1/products", **query) == refusal


def test_unknown_things_are_not_found_each_with_its_code(caller, demo_item):
    product, sku, _ = paths_to(demo_item)

    assert caller.refusal("/v1/products/DZ0000000000", **GREEK) == (404, "400013")
    assert caller.refusal(f"{product}/skus/0000", **GREEK) == (404, "400018")
    assert caller.refusal(f"{sku}/availabilities/000000000000", **GREEK) == (404, "400019")


def test_without_a_token_nothing_is_shown(client):
    assert client.get("/v1/products?country=GR&targetView=Software").status_code == 401


def test_the_inventory_check_restricts_what_is_out_of_stock(caller, catalogue, demo_item):
    gone = catalogue.find_titled("Reserved VM Instance, Standard_B2s, CH West, 1 Year")
    wanted = [
        {"ProductId": demo_item.product_id, "SkuId": demo_item.sku_id},
        {"productId": gone.product_id, "skuId": gone.sku_id},
        {"productId": "DZ0000000000", "skuId": "0000"},
    ]

    found = body_of(caller.post(CHECK, {"TargetItems": wanted, "InventoryContext": {}}))

    assert [(entry["skuId"], entry["isRestricted"]) for entry in found] == [
        (demo_item.sku_id, False),
        (gone.sku_id, True),
    ]
    assert found[1]["restrictions"][0]["reasonCode"] == "NotAvailableForSubscription"
    assert found[1]["restrictions"][0]["properties"] == {
        "type": "Location",
        "values": "switzerlandwest",
    }


@pytest.mark.parametrize("body", [{}, {"targetItems": []}, {"targetItems": ["x"]}, []])
def test_an_inventory_check_of_nothing_is_refused(caller, body):
    answer = caller.post(CHECK, body)

    assert answer.status_code == 400
    assert body_of(answer)["code"] == "800002"


def test_a_planned_fault_hits_the_catalogue(client, caller):
    client.post("/__sandbox__/faults", json={"route": "catalog", "kind": "status:503"})

    answers = [
        caller.get("/v1/products", targetView="Software", **GREEK).status_code for _ in range(2)
    ]

    assert answers == [503, 200]
