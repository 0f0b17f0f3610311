"""What the server does, for Prometheus and in a log: counted and told once an answer is sent, or given up.

https://prometheus.io/docs/concepts/metric_types/ · one line of JSON a request goes to the logger ``ziggurat.access``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import choose_encoder

from ziggurat.server.answers import LEFT_STATUS, dumps, has_left, request_id

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from prometheus_client import Metric

    from ziggurat.server.work import Work

__all__ = ["Metrics", "log_to"]

access = logging.getLogger("ziggurat.access")

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
SEND_SECONDS = 60.0
"""For an answer that is ready: 10 MB at 1.4 Mbit/s. Who takes longer, or reads nothing, is cut off."""
UNKNOWN_ROUTE = "none"


class Metrics:
    """Counts for one application, in a registry of its own.

    Parameters
    ----------
    work
        Whose counts are shown.
    streams
        Tells how many view streams are open.
    """

    def __init__(self, work: Work, streams: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        labels = ("route", "method", "status")
        self._requests = Counter("ziggurat_requests", "Requests answered or given up.", labels, registry=self.registry)
        self._seconds = Histogram(
            "ziggurat_request_seconds",
            "From a request to the end of its answer; the whole life of a view stream.",
            ("route",),
            registry=self.registry,
            buckets=SECONDS,
        )
        self._nbytes = Counter(
            "ziggurat_sent_bytes", "Bytes of answers, headers included.", ("route",), registry=self.registry
        )
        self._cancelled = Counter(
            "ziggurat_requests_cancelled", "Requests whose client left early.", ("route",), registry=self.registry
        )
        self._under_way = Gauge(
            "ziggurat_requests_under_way", "Requests that are being answered.", registry=self.registry
        )
        self.registry.register(_Measured(work, streams))

    @web.middleware
    async def middleware(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer, send, count, log. Outermost of all, so that it sees what is really sent."""
        begin = time.perf_counter()
        response: web.StreamResponse | None = None
        self._under_way.inc()
        try:
            response = await handler(request)
            return await self._send(request, response)
        finally:
            self._under_way.dec()
            self._note(request, response, time.perf_counter() - begin)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer ``/metrics``, in the text format or, where asked for, in OpenMetrics."""
        encode, kind = choose_encoder(request.headers.get("Accept", ""))
        body: bytes = encode(self.registry)
        return web.Response(body=body, headers={"Content-Type": kind, "Cache-Control": "no-store"})

    async def _send(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        """Send an answer whole, within its time; what has been sent already, a stream, stays as it is."""
        if response.prepared or isinstance(response, web.FileResponse):
            return response  # a file cannot be sent from here; those of the viewer are small
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await response.prepare(request)
                await response.write_eof()
        except TimeoutError:
            if request.transport is not None:
                request.transport.abort()
        except ConnectionError:
            if not has_left(request):
                raise
        return response

    def _note(self, request: web.Request, response: web.StreamResponse | None, seconds: float) -> None:
        resource = request.match_info.route.resource
        route = resource.canonical if resource is not None else UNKNOWN_ROUTE
        left = response is None or (has_left(request) and not isinstance(response, web.WebSocketResponse))
        status = LEFT_STATUS if response is None else response.status
        nbytes = 0 if response is None else _sent_nbytes(response)
        self._requests.labels(route, request.method if route != UNKNOWN_ROUTE else "any", str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self._nbytes.labels(route).inc(nbytes)
        if left:
            self._cancelled.labels(route).inc()
        if access.isEnabledFor(logging.INFO):
            access.info(_line(request, route, status, nbytes, seconds))


def _sent_nbytes(response: web.StreamResponse) -> int:
    """Bytes sent, headers included; of a file that is sent later, and of a stream's frames, nobody knows here."""
    try:
        return int(response.body_length)
    except (AssertionError, AttributeError):
        return 0


def _line(request: web.Request, route: str, status: int, nbytes: int, seconds: float) -> str:
    """One request as a line of JSON; what clients write is escaped by it, and cut."""
    return dumps(
        {
            "time": round(time.time(), 3),
            "id": request_id(),
            "remote": request.remote or "",
            "method": request.method,
            "path": request.rel_url.raw_path[:2000],
            "query": request.rel_url.raw_query_string[:2000],
            "route": route,
            "status": status,
            "nbytes": nbytes,
            "ms": round(seconds * 1e3, 2),
            "agent": request.headers.get("User-Agent", "")[:200],
        }
    )


def log_to(handler: logging.Handler) -> None:
    """Write the access log to a handler, as it is: each line is JSON."""
    handler.setFormatter(logging.Formatter("%(message)s"))
    access.addHandler(handler)
    access.setLevel(logging.INFO)
    access.propagate = False


class _Measured:
    """What others count already, read when it is asked for."""

    def __init__(self, work: Work, streams: Callable[[], int]) -> None:
        self._work = work
        self._streams = streams

    def collect(self) -> Iterable[Metric]:
        counts = self._work.counts
        asked = CounterMetricFamily("ziggurat_work", "Results asked for, by how they were come by.", labels=["outcome"])
        for outcome in ("hits", "joined", "made", "refused", "cancelled"):
            asked.add_metric([outcome], getattr(counts, outcome))
        yield asked
        yield CounterMetricFamily("ziggurat_decoded_pixels", "Pixels decoded for answers.", value=counts.pixels)
        yield GaugeMetricFamily("ziggurat_work_waiting", "Works that wait for their turn.", value=self._work.waiting)
        yield GaugeMetricFamily(
            "ziggurat_work_under_way", "Works that wait for their turn or have it.", value=self._work.under_way
        )
        yield GaugeMetricFamily("ziggurat_cache_bytes", "Memory of results that are kept.", value=self._work.nbytes)
        yield GaugeMetricFamily("ziggurat_streams_open", "View streams that are open.", value=self._streams())
