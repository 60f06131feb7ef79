"""Fetching evidence by URL: attacks by name, without a network; and one request over a real connection to this very process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest

from probatum.errors import EvidenceRefused
from probatum.evidence.names import name_problem
from probatum.evidence.readers import read_source
from probatum.gateway.outside.addresses import Address, inside
from probatum.gateway.outside.fetch import Answer, Fetched, Fetcher, Limits, Unreachable
from probatum.gateway.outside.pinned import ask as real_ask
from probatum.gateway.outside.target import Target, parse
from probatum.testing import timeless

PUBLIC, OTHER, METADATA = "93.184.215.14", "2606:2800:21f:cb07::1", "169.254.169.254"


@dataclass
class Page:
    """A scripted response; as an :class:`Answer`."""

    body: bytes = b"<p>Voyager 1 was launched in 1977.</p>"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=lambda: {"content-type": "text/html; charset=utf-8"})
    pause: float = 0.0
    endless: bool = False

    async def chunks(self) -> AsyncIterator[bytes]:
        while True:
            for at in range(0, len(self.body), 1000):
                await asyncio.sleep(self.pause)
                yield self.body[at : at + 1000]
            if not self.endless:
                return


def moved(location: str, status: int = 302) -> Page:
    return Page(b"", status, {"location": location})


@dataclass
class Web:
    """Hosts with their addresses, one list for each time they are asked for; pages by URL; and what was asked of whom."""

    pages: Mapping[str, Page]
    hosts: dict[str, list[list[str]]] = field(default_factory=dict)
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        answers = self.hosts.get(host, [[PUBLIC]])
        if not answers:
            raise OSError("Name or service not known")
        return answers.pop(0) if len(answers) > 1 else answers[0]

    @asynccontextmanager
    async def ask(self, target: Target, addresses: Sequence[Address]) -> AsyncIterator[Answer]:
        self.asked.append((str(target), [str(address) for address in addresses]))
        if str(target) not in self.pages:
            raise Unreachable("connection refused")
        yield self.pages[str(target)]

    def fetch(self, url: str, limits: Limits | None = None) -> Fetched:
        return timeless.run(Fetcher(self.ask, self.resolve, limits, now=lambda: 7).fetch(url))


def refused(web: Web, url: str, limits: Limits | None = None) -> str:
    """The reason why ``url`` is refused."""
    with pytest.raises(EvidenceRefused) as caught:
        web.fetch(url, limits)
    return str(caught.value)


def test_a_page_comes_with_name_final_url_and_time() -> None:
    web = Web({"https://example.org/wiki/Voyager_1?x=1": Page()})
    fetched = web.fetch("HTTPS://Example.ORG./wiki/Voyager_1?x=1#launch")
    assert fetched == Fetched("example.org/wiki/Voyager_1.html", Page().body, "https://example.org/wiki/Voyager_1?x=1", 7)
    assert web.asked == [("https://example.org/wiki/Voyager_1?x=1", [PUBLIC])]
    assert b"1977" in read_source(fetched.name, fetched.data).copy


@pytest.mark.parametrize(
    "address",
    [
        *("0.0.0.0", "0.1.2.3", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", METADATA),  # noqa: S104
        *("172.16.0.1", "172.31.255.255", "192.0.0.192", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "203.0.113.9"),
        *("168.63.129.16", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255"),
        *(
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b::808:808",
        ),
        *(
            "64:ff9b:1::a00:1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
        ),
        *("fe80::1", "fec0::1", "ff02::1", "4000::1"),
    ],
)
def test_inside_addresses(address: str) -> None:
    assert inside(ip_address(address))
    web = Web({}, {"example.org": [[PUBLIC, address]]})
    assert "not public" in refused(web, "http://example.org/")
    host = f"[{address}]" if ":" in address else address
    assert "not public" in refused(web, f"http://{host}/")
    assert web.asked == []


@pytest.mark.parametrize(
    "address", [PUBLIC, OTHER, "8.8.8.8", "1.1.1.1", "172.32.0.1", "172.15.0.1", "100.128.0.1", "2a00:1450:4001::1"]
)
def test_outside_addresses(address: str) -> None:
    assert inside(ip_address(address)) is None


def test_dns_rebinding_changes_nothing() -> None:
    """The second look-up would lead inside; there is none: the connection goes to what was checked."""
    web = Web({"http://rebind.test/": Page()}, {"rebind.test": [[PUBLIC], ["127.0.0.1"]]})
    web.fetch("http://rebind.test/")
    assert web.asked == [("http://rebind.test/", [PUBLIC])]
    assert "not public (127.0.0.1: loopback)" in refused(web, "http://rebind.test/")


@pytest.mark.parametrize(
    "location",
    [
        f"http://{METADATA}/latest/meta-data/", "//127.0.0.1/", "http://inside.test/", "http://[::1]/", "http://2130706433/",
        "http://localhost/", "http://[::ffff:a9fe:a9fe]/",
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_inside(location: str, status: int) -> None:
    web = Web(
        {"http://example.org/": moved(location, status)}, {"inside.test": [["10.1.2.3"]], "localhost": [["127.0.0.1", "::1"]]}
    )
    refused(web, "http://example.org/")
    assert [url for url, _ in web.asked] == ["http://example.org/"]


def test_redirects_are_followed_checked_and_bounded() -> None:
    hops: dict[str, Page] = {f"https://example.org/{n}": moved(f"/{n + 1}") for n in range(7)} | {"https://example.org/7": Page()}
    web = Web(hops, {"example.org": [[PUBLIC], [OTHER]]})
    assert web.fetch("https://example.org/2").url == "https://example.org/7"
    assert [addresses for _, addresses in web.asked] == [[PUBLIC], *[[OTHER]] * 5]
    assert "more than 5 redirects" in refused(web, "https://example.org/0")
    assert "redirects to nowhere" in refused(Web({"http://a.test/": Page(b"", 302, {})}), "http://a.test/")
    assert "more than" in refused(Web({"http://a.test/": moved("http://a.test/")}), "http://a.test/")


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://example.org/", "http://example.org/", "https://u:p@example.org/"]
)
def test_redirect_to_another_scheme_down_or_with_a_password(location: str) -> None:
    web = Web({"https://example.org/": moved(location)})
    refused(web, "https://example.org/")
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://127.0.0.01/",
        "http://0/", "http://017700000001/", "http://127.0.0.1.0x0/", "http://1.2.3.4.5/", "http://256.1.1.1/", "http://0x/",
        "http://１２７.０.０.１/", "http://①②⑦.0.0.1/", "http://ex\u00adample.org/", "http://münchen.test/",
    ],
)  # fmt: skip
def test_odd_spellings_of_addresses_and_hosts(url: str) -> None:
    web = Web({})
    assert "form" in refused(web, url)
    assert web.asked == []


@pytest.mark.parametrize(
    "url",
    [
        "http://user@example.org/", "http://user:secret@example.org/", "http://example.org@127.0.0.1/", "http://@example.org/",
        "http://127.0.0.1:80\\@example.org/", "http://example.org\\@127.0.0.1/", "http://127.0.0.1\t.example.org/",
        "http://example.org/\r\nHost: inside", " http://example.org/", "http:///x", "http://", "http://:80/", "http://example.org:0/",
        "http://example.org:99999/", "http://example.org:80:80/", "http://[::1/", "http://[fe80::1%25eth0]/", "http://[1.2.3.4]/",
        "http://[::1].example.org/", "http://exa mple.org/", "http://a..b/", "http://-a.test/", "http://" + "a" * 300 + "/",
        "ftp://example.org/", "file:///etc/passwd", "data:text/plain,x", "example.org", "//example.org/", "",
        "http://example.org/" + "a" * 3000,
    ],
)  # fmt: skip
def test_urls_that_readers_read_differently(url: str) -> None:
    web = Web({})
    reason = refused(web, url)
    assert "secret" not in reason
    assert web.asked == []


def test_ports_where_no_web_server_is_expected() -> None:
    web = Web({"http://example.org:8080/": Page()})
    assert web.fetch("http://example.org:8080/").url == "http://example.org:8080/"
    assert "port 25 is not asked" in refused(web, "http://example.org:25/")


def test_a_host_that_cannot_be_found() -> None:
    assert "cannot be found" in refused(Web({}, {"gone.test": []}), "http://gone.test/")
    assert "no address" in refused(Web({}, {"none.test": [[]]}), "http://none.test/")
    assert "cannot be found" in refused(Web({}, {"odd.test": [["not an address"]]}), "http://odd.test/")
    assert "connection refused" in refused(Web({}), "http://example.org/")


SMALL = Limits(body_bytes=5000, seconds=10)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (Page(b"x" * 5001), "more than 5000 bytes"),
        (Page(b"x" * 1000, endless=True), "more than 5000 bytes"),
        (Page(b"x", headers={"content-type": "text/plain", "content-length": "5001"}), "has 5001 bytes"),
        (Page(b"x", headers={"content-type": "text/plain", "content-length": "9" * 4000}), "at most 5000"),
        (Page(b"x" * 4000, pause=3), "not here after 10 seconds"),
        (Page(b"x", pause=600), "not here after 10 seconds"),
        (Page(b"\x1f\x8b", headers={"content-type": "text/html", "content-encoding": "gzip"}), "comes compressed"),
        (Page(headers={"content-type": "image/png"}), "is image/png"),
        (Page(headers={}), "of no type"),
        (Page(headers={"content-type": "text/html" + "x" * 500}), "is text/html"),
        (Page(status=404), "status 404"),
        (Page(status=206), "status 206"),
    ],
)
def test_bodies_that_are_refused(page: Page, reason: str) -> None:
    message = refused(Web({"http://example.org/": page}), "http://example.org/", SMALL)
    assert reason in message
    assert len(message) < 300


def test_exactly_the_limit_is_fine() -> None:
    assert len(Web({"http://example.org/": Page(b"x" * 5000)}).fetch("http://example.org/", SMALL).data) == 5000


@pytest.mark.parametrize(
    ("path", "kind", "name"),
    [
        ("/", "text/html", "example.org/index.html"),
        ("/a/b.pdf", "application/pdf", "example.org/a/b.pdf"),
        ("/a/b.pdf", "application/octet-stream", "example.org/a/b.pdf"),
        ("/b.md", "text/plain", "example.org/b.md"),
        ("/b.md", "", "example.org/b.md"),
        ("/b", "text/markdown; charset=utf-8", "example.org/b.md"),
        ("/b.php", "TEXT/HTML", "example.org/b.php.html"),
        ("/b.html", "text/plain", "example.org/b.html.txt"),
        ("/%2e%2e/%2e%2e/etc/passwd", "text/plain", "example.org/etc/passwd.txt"),
        ("/a%5cb%00c", "text/plain", "example.org/a\ufffdb\ufffdc.txt"),
    ],
)
def test_names(path: str, kind: str, name: str) -> None:
    fetched = Web({f"http://example.org{path}": Page(headers={"content-type": kind})}).fetch(f"http://example.org{path}")
    assert fetched.name == name
    assert name_problem(fetched.name) is None


def test_a_target_asks_for_what_was_checked() -> None:
    assert (
        str(parse("http://[2606:2800:21F::1]:8080/ä b?q=ü".replace(" ", "%20")))
        == "http://[2606:2800:21f::1]:8080/%C3%A4%20b?q=%C3%BC"
    )


# -- over a real connection ---------------------------------------------------------------------------------------------------


async def _serve(reply: bytes, use: Callable[[int], object]) -> tuple[bytes, object]:
    """A server in this process that answers once with ``reply``; what it was asked, and what ``use(port)`` gave."""
    asked = asyncio.get_running_loop().create_future()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if not asked.done():  # a client may ask again after an empty answer
            asked.set_result(head)
        writer.write(reply)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        made = await use(server.sockets[0].getsockname()[1])  # type: ignore[misc]
        return await asked, made


async def _get(port: int) -> tuple[int, Mapping[str, str], bytes]:
    target = parse(f"http://evidence.test:{port}/a%2fb?c=%26")
    async with real_ask(target, [ip_address("127.0.0.1")]) as answer:
        return answer.status, answer.headers, b"".join([chunk async for chunk in answer.chunks()])


def test_the_connection_goes_to_the_address_given_and_nowhere_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The host exists nowhere, and the environment names a proxy that is not there."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    reply = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"
    asked, (status, headers, body) = asyncio.run(_serve(reply, _get))  # type: ignore[misc]
    head = asked.decode().lower().splitlines()
    assert head[0] == "get /a%2fb?c=%26 http/1.1"
    assert any(line.startswith("host: evidence.test:") for line in head)
    assert "accept-encoding: identity" in head
    assert (status, headers["location"], body) == (302, "http://127.0.0.1:9/", b"abc")


@pytest.mark.parametrize("reply", [b"", b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"])
def test_a_server_that_breaks_off_is_unreachable(reply: bytes) -> None:
    with pytest.raises(Unreachable):
        asyncio.run(_serve(reply, _get))


def test_nobody_listens() -> None:
    with pytest.raises(Unreachable):
        asyncio.run(_get(9))
