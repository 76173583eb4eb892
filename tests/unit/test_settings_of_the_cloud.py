"""Which of Microsoft's clouds an installation belongs to, as settings understand it."""

import pytest

from app.config import Cloud, SettingsError, _microsoft

SHEETS = {"PARTNER_API_URL": "https://sheets.example"}


def test_it_is_worldwide_unless_another_is_named():
    found = _microsoft({})

    assert found.cloud is Cloud.WORLDWIDE
    assert (found.login_url, found.partner_center_url) == (
        "https://login.microsoftonline.com",
        "https://api.partnercenter.microsoft.com",
    )


@pytest.mark.parametrize(
    ("cloud", "login_url", "partner_center_url", "arm_url"),
    [
        (
            "us-government",
            "https://login.microsoftonline.us",
            "https://api.partnercenter.microsoft.com",
            "https://management.usgovcloudapi.net",
        ),
        (
            "china",
            "https://login.partner.microsoftonline.cn",
            "https://partner.partnercenterapi.microsoftonline.cn",
            "https://management.chinacloudapi.cn",
        ),
    ],
)
def test_a_cloud_brings_its_addresses(cloud, login_url, partner_center_url, arm_url):
    found = _microsoft({"MICROSOFT_CLOUD": cloud, **SHEETS})

    assert (found.login_url, found.partner_center_url, found.arm_url) == (
        login_url,
        partner_center_url,
        arm_url,
    )


def test_where_microsoft_publishes_no_address_it_has_to_be_set():
    with pytest.raises(SettingsError, match="PARTNER_API_URL is not set"):
        _microsoft({"MICROSOFT_CLOUD": "china"})


def test_an_address_of_another_cloud_is_refused():
    with pytest.raises(SettingsError, match="MICROSOFT_LOGIN_URL is of worldwide"):
        _microsoft(
            {
                "MICROSOFT_CLOUD": "china",
                "MICROSOFT_LOGIN_URL": "https://login.microsoftonline.com",
                **SHEETS,
            }
        )


def test_a_setting_to_nothing_does_not_lead_to_microsoft():
    with pytest.raises(SettingsError, match="PARTNER_CENTER_URL must be an https"):
        _microsoft({"PARTNER_CENTER_URL": ""})


def test_an_unknown_cloud_is_refused():
    with pytest.raises(SettingsError, match="it can be worldwide, us-government, china"):
        _microsoft({"MICROSOFT_CLOUD": "germany"})
