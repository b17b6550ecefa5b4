"""A request through two pods, as a value that shows itself."""

from __future__ import annotations

import io
from typing import TypedDict, Unpack

from iptsim.dataclass import dataclass
from iptsim.notebook import Rules
from iptsim.notebook.shown import Shown
from iptsim.render.outputs.html import text_html
from iptsim.render.outputs.request_json import request_json
from iptsim.render.outputs.request_text import request_text
from iptsim.render.shared.terminal import style_for
from iptsim.sidecars import Answer, Hop, journey, read_request

Told = str | int | None


class RequestFields(TypedDict, total=False):
    """A request as keywords: the program's options with `_` for `-`, as texts or numbers."""

    dst: Told
    dport: Told
    target_port: Told
    proto: Told
    client_ip: Told
    server_ip: Told
    client_uid: Told
    client_gid: Told
    app_uid: Told
    app_gid: Told
    proxy_uid: Told
    proxy_gid: Told
    app_address: Told


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Journeyed(Shown):
    """A request's way through two pods; `answer` holds it as data."""

    answer: Answer
    lang: str = "en"

    @property
    def hops(self) -> tuple[Hop, ...]:
        """Each packet from one party to the next, with its trace."""
        return self.answer.hops

    def json(self) -> dict[str, object]:
        """The answer as data, `iptsim.journey/1`."""
        return request_json(self.answer, lang=self.lang)

    def __str__(self) -> str:
        return request_text(self.answer, style_for(io.StringIO(), self.lang, environ={}))

    def _repr_html_(self) -> str:
        return text_html(str(self))


def istio_journey(
    client: Rules | None = None,
    server: Rules | None = None,
    *,
    itself: bool = False,
    probe: bool = False,
    **request: Unpack[RequestFields],
) -> Journeyed:
    """One request through both sidecars: `istio_journey(client, server, dst="10.96.0.7")`.

    None for a pod whose rules nobody told: what they do stays open. `itself`: a pod calls itself;
    `probe`: the kubelet asks. Raises `UsageError` for what is no request.
    """
    told: dict[str, Told] = {**request}  # type: ignore[dict-item]  # its values are all Told
    asked = read_request(told, itself=itself, probe=probe)
    dumps = [None if rules is None else rules.dump for rules in (client, server)]
    answer = journey(asked, client=dumps[0], server=dumps[1])
    lang = next((rules.lang for rules in (client, server) if rules is not None), "en")
    return Journeyed(answer=answer, lang=lang)
