"""Static files: compressed, versioned, cached for ever."""

import gzip
import re


def test_a_page_names_its_files_with_their_version(client):
    text = client.get("/login").text

    links = re.findall(r'(?:href|src)="(/static/[^"]+)"', text)
    assert len(links) == 5
    for link in links:
        assert client.get(link).status_code == 200


def test_a_file_is_compressed_for_whoever_takes_it(client):
    plain = client.get("/static/css/ui.css", headers={"Accept-Encoding": "identity"})
    packed = client.get("/static/css/ui.css", headers={"Accept-Encoding": "br, gzip"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["Vary"] == "Accept-Encoding"
    assert packed.headers["Content-Type"] == "text/css; charset=utf-8"


def test_a_file_is_kept_for_ever_and_asked_for_again_at_no_cost(client):
    first = client.get("/static/js/ui.js")

    again = client.get("/static/js/ui.js", headers={"If-None-Match": first.headers["ETag"]})

    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in first.headers
    assert again.status_code == 304


def test_nothing_outside_the_folder_is_served(client):
    for path in ("../config.py", "..%2fconfig.py", "css/", "nothing.css", "/etc/passwd"):
        assert client.get(f"/static/{path}").status_code in {404, 308}
