"""Real shared caches in front of a gateway: nginx and Varnish, as Debian has them, by the rules or told to ignore them."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

_SBIN: Final = "/usr/sbin"
NGINX: Final = shutil.which("nginx") or shutil.which("nginx", path=_SBIN)
VARNISH: Final = shutil.which("varnishd") or shutil.which("varnishd", path=_SBIN)

BY_THE_RULES: Final = ""
NGINX_KEEPS_ANY_STATUS: Final = "proxy_ignore_headers Cache-Control Expires; proxy_cache_valid any 10m;"
NGINX_IGNORES_VARY_TOO: Final = "proxy_ignore_headers Cache-Control Expires Vary; proxy_cache_valid 10m;"
VARNISH_KEEPS_AN_HOUR: Final = "sub vcl_backend_response { unset beresp.http.cache-control; set beresp.ttl = 1h; }"

_CONF: Final = """
{user}
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache keys_zone=kept:1m;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass {target}; proxy_http_version 1.1; proxy_buffering on;
      proxy_cache kept; add_header x-cache $upstream_cache_status always; {more}
    }}
  }}
}}
"""
_VCL: Final = """
vcl 4.1;
backend default {{ .host = "{host}"; .port = "{target}"; }}
{more}
sub vcl_deliver {{ if (obj.hits > 0) {{ set resp.http.x-cache = "HIT"; }} else {{ set resp.http.x-cache = "MISS"; }} }}
"""


@contextmanager
def nginx(folder: Path, target: str, more: str = BY_THE_RULES) -> Iterator[str]:
    """nginx in front of ``target``, with further lines in its settings; its URL."""
    if NGINX is None:
        pytest.skip("nginx is not installed; this shared cache was not tested (Debian: apt-get install nginx-light)")
    folder.mkdir()
    port = _free_port()
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers could not read the test's folder
    (folder / "nginx.conf").write_text(_CONF.format(folder=folder, port=port, target=target, user=user, more=more))
    with _running([NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")], port) as url:
        yield url


@contextmanager
def varnish(folder: Path, target: str, more: str = BY_THE_RULES) -> Iterator[str]:
    """Varnish in front of ``target``, with further VCL before the built-in one; its URL."""
    if VARNISH is None:
        pytest.skip("varnishd is not installed; this shared cache was not tested (Debian: apt-get install varnish)")
    folder.mkdir()
    port, behind = _free_port(), urlsplit(target)
    (folder / "vcl").write_text(_VCL.format(host=behind.hostname, target=behind.port, more=more))
    here = ["-n", str(folder / "work"), "-a", f"127.0.0.1:{port}", "-f", str(folder / "vcl"), "-s", "malloc,16m"]
    with _running([VARNISH, "-F", "-j", "none", *here], port) as url:  # no other user: it could not read the test's folder
        yield url


@contextmanager
def _running(command: list[str], port: int) -> Iterator[str]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        _until_it_answers(port, process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise AssertionError(f"{process.args!r} does not start")
