"""Values that were never meant: numbers, days, ids, texts and bytes."""

from uuid import UUID, uuid5

NUMBERS = (
    *("0", "-1", "1.5", "1e9", "1000000000", "-0", "+1", "1_000", "0x10", "1,5", "1 000"),
    *("9" * 20, "9" * 5000, "0.00001", "1" * 18 + ".9999", "1E+999999", "1E-999999"),
    *("NaN", "sNaN", "Infinity", "-Infinity", "١٢٣", "²", "½", "0" * 300 + "1"),
)
DAYS = (
    *("2026-02-30", "0000-00-00", "0001-01-01", "9999-12-31", "10000-01-01", "2026-13-01"),
    *(
        "1900-01-01",
        "2026-1-1",
        "20261122",
        "2026-11-22T25:61:61Z",
        "tomorrow",
        "\u0662\u0660\u0662\u0666-03-22",
    ),
)
IDS = (
    *("", "0", "-1", "1.5", "1000000000", "abc", "😀", "..", ".", "%", "%00", "null"),
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
    "urn:uuid:00000000-0000-4000-8000-000000000000",
    "{00000000-0000-4000-8000-000000000000}",
    "00000000000040008000000000000000",
    *("'; DROP TABLE assets; --", "a" * 5000, "\0", "\ud800", b"\xff\xfe", "\u202e123"),
)
TEXTS = (
    *("", " ", "\t\r\n", "\0", "a\0b", "\ud800", "\udfff\ud800", b"\xff\xfe", b"\xc3(", b"%"),
    *(
        "😀",
        "👩\u200d👩\u200d👧",
        "\u202e\u05d0\u05d1",
        "ﷺ",
        "Z͑ͫ̓",
        "\u2028\u2029",
        "\ufeff",
        "\x7f\x1b[0m",
    ),
    "ß" * 300,
    *("<script>fuzz</script>", "\"'><script>fuzz</script>", "'\"--;", "{{7*7}}", "%s%n%(a)s"),
    *("${x}", "{0.__class__}", "../../etc/passwd", "a\r\nSet-Cookie: fuzz=1", "=1+1", "@SUM(1)"),
    *("//evil.example", "http://[", "//[", "/\\evil.example", "javascript:fuzz", "/%0a/evil"),
    *("true", "null", "None", "undefined", "on", "EUR", "zz", "tlh", "C" * 3000),
)
ORDINARY = (
    *("1", "2", "y", "yes", "12.50", "Aegean", "EUR", "GR", "el", "2026-11-22", "2027-06-30"),
    *("somebody@customer.example", "A long enough phrase", "/orders/", "all", "failed", "csv"),
    *("xlsx", "name", "-total", "incl", "AST-000001", "+30 210 0000000", "Europe/Berlin"),
)
HUGE = ("a" * 100_000, "😀" * 25_000, "1" * 100_000, "\ud800" * 30_000, "%00" * 30_000)
HEADERS = {
    "Accept": ("", "*/*;q=-1", "application/json", "text/html;q=NaN", ",,,", "é"),
    "Accept-Encoding": ("", "gzip;q=abc", "br;q=1e999", "identity;q=0, *;q=0", "gzip, \x01"),
    "Accept-Language": ("", "el", "de-AT,de;q=0.5", "xx-" * 400, "*;q=0", "en;q=abc", "-,--", "é"),
    "Cache-Control": ("no-cache", "max-age=abc"),
    "Content-Encoding": ("gzip", "nonsense"),
    "Host": ("evil.example", "", "a b", "[::1", "localhost:99999", "xn--\xff", "-", "a" * 300),
    "HX-Current-URL": ("", "http://[", "//[::1", "http://a/%ff", "\xff\xfe", "/" * 3000, "orders/"),
    "HX-Request": ("true", "false", "TRUE", ""),
    "HX-Request-Type": ("partial", "full", "nonsense"),
    "HX-Target": ("main", "#", "\xff"),
    "If-Modified-Since": ("yesterday", "Sun, 31 Feb 2026 99:99:99 GMT", "0"),
    "If-None-Match": ("*", '"', 'W/"', "a" * 3000),
    "Origin": ("null", "http://[", "http://evil.example", "http://localhost", "", "\xff"),
    "Range": ("bytes=0-", "bytes=-", "bytes=9-1", "bytes=" + "0-1," * 500, "items=1"),
    "Referer": ("http://[", "", "\xff\xfe", "http://evil.example/"),
    "Sec-Fetch-Site": ("cross-site", "none", "nonsense", ""),
    "Transfer-Encoding": ("chunked", "nonsense"),
    "User-Agent": ("", "\xff" * 500, "a" * 5000, "() { :; }"),
    "X-Forwarded-For": ("", "1.1.1.1, nonsense", "::::", "a" * 3000),
    "X-Forwarded-Host": ("evil.example", "[", ""),
    "X-Forwarded-Proto": ("https", "nonsense"),
    "X-HTTP-Method-Override": ("DELETE", ""),
}
METHODS = ("GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW")
CONTENT_TYPES = (
    *("", "text/plain", "application/json", "text/html", "nonsense", "a" * 3000, "é/é"),
    *("multipart/form-data", "multipart/form-data; boundary=", "multipart/form-data; boundary=é"),
    "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=nonsense",
)
BODIES = (
    *(b"", b"\0", b"\xff\xfe\x00", b"&&&===&", b"=&=&=", b"%zz=%", b"a" * 1_100_000, b"[" * 20_000),
    *(b'{"a": 1}', b"{", b"null", b"--x\r\nContent-Disposition: form-data", b"--x--", b"<a/>"),
)
_NAMESPACE = UUID("7a1f0000-0000-4000-8000-000000000000")


def nobodys_id(chance):
    """A well-formed id that no row has."""
    return str(uuid5(_NAMESPACE, str(chance.random())))


def strange_value(chance):
    """Mostly a text, a number or a day; seldom a huge one."""
    if chance.random() < 0.01:
        return chance.choice(HUGE)
    return chance.choice(chance.choice((NUMBERS, TEXTS, DAYS, IDS, ORDINARY)))
