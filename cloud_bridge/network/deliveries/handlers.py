"""The addresses of deliveries: for telephones, for partners, and for initiators."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from aiohttp import web

from cloud_bridge.interfaces import Time
from cloud_bridge.network.deliveries.addresses import qr
from cloud_bridge.network.deliveries.addresses.copies import Copies
from cloud_bridge.network.deliveries.addresses.labels import Labels
from cloud_bridge.network.deliveries.claims import Claims, holder_of, method_of
from cloud_bridge.network.deliveries.consignment import Consignment, consignment
from cloud_bridge.network.deliveries.gate import Gate
from cloud_bridge.network.deliveries.model import (
    AllEvidence,
    Claim,
    ClaimAnswer,
    CodeTold,
    Delivery,
    Holder,
    Line,
    Outcome,
    Shown,
)
from cloud_bridge.network.deliveries.pages import Pages, answer, data, file_of, language_of
from cloud_bridge.network.deliveries.problems import (
    LabelUnknownProblem,
    OverProblem,
    StatusUnknownProblem,
)
from cloud_bridge.network.deliveries.receipts.parts import read_body, read_form, read_receipt
from cloud_bridge.network.deliveries.receipts.receiving import Receiving
from cloud_bridge.network.deliveries.statuses import Statuses
from cloud_bridge.network.http.answers import told
from cloud_bridge.network.http.askers import Askers
from cloud_bridge.network.http.routes import ORGANISATION, Handler, Route, told_path
from cloud_bridge.network.interfaces import EnvelopeBook
from cloud_bridge.network.problems import (
    EnvelopeUnknownProblem,
    MalformedProblem,
    NetworkProblem,
)

_GONE: Final = frozenset({404, 409, 410})
"""There is nothing to wait for."""
_log = structlog.get_logger("network.deliveries")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """Answers telephones, partners and initiators."""

    book: EnvelopeBook
    time: Time
    labels: Labels
    claims: Claims
    receiving: Receiving
    gate: Gate
    copies: Copies
    statuses: Statuses
    pages: Pages
    askers: Askers

    def routes(self) -> tuple[Route, ...]:
        """Everything that deliveries answer to."""
        label, copy = "/d/{token}", "/c/{token}"

        def page(method: str, path: str, handler: Handler, name: str) -> Route:
            return Route(
                method,  # type: ignore[arg-type]
                path,
                self._gone(handler),
                name,
                who="page",
                shows=self._failed,
            )

        return (
            page("GET", "/d/worker.js", self.worker, "delivery_worker"),
            page("GET", "/d/static/{name}", self.file, "delivery_file"),
            page("GET", label, self.delivery, "delivery"),
            page("GET", f"{label}/label.svg", self.label_svg, "delivery_label"),
            page("GET", f"{label}/label.png", self.label_png, "delivery_label_png"),
            page("POST", f"{label}/claim", self.claim, "delivery_claim"),
            page("POST", f"{label}/check", self.check, "delivery_check"),
            page("PUT", f"{label}/receipts/{{receipt}}", self.receipt, "delivery_receipt"),
            page("POST", f"{label}/copy", self.own_copy, "delivery_own_copy"),
            page("GET", copy, self.copy, "delivery_copy"),
            page("GET", f"{copy}/{{document}}", self.copied, "delivery_copied"),
            page("GET", "/status", self.status_form, "delivery_status_form"),
            page("POST", "/status", self.status, "delivery_status"),
            Route(
                "POST",
                "/v1/envelopes/{envelope}/parties/{party}/release",
                self.release,
                "release_claim",
                once=True,
                summary="Let somebody else claim a delivery that its claimant left lying.",
            ),
            Route(
                "GET",
                "/v1/envelopes/{envelope}/parties/{party}/receipts",
                self.evidence,
                "delivery_evidence",
                summary="What telephones sent for a delivery, also where nothing was signed.",
                gives=AllEvidence,
            ),
        )

    async def worker(self, _request: web.Request) -> web.Response:
        """The service worker, whose scope are the labels."""
        return self.pages.worker()

    async def file(self, request: web.Request) -> web.Response:
        """A file that pages load."""
        return self.pages.file(request.match_info["name"])

    async def delivery(self, request: web.Request) -> web.Response:
        """The page: waybill, goods and status, and what to fill in."""
        delivery = await self.labels.delivery(request.match_info["token"])
        of = await consignment(self.book, delivery.envelope, delivery.party)
        shown = self._shown(of, delivery)
        return self.pages.page(request, "delivery.html", shown=shown, shown_json=data(shown))

    async def label_svg(self, request: web.Request) -> web.Response:
        """The code for the label."""
        return await self._label(request, qr.svg, "image/svg+xml", "label.svg")

    async def label_png(self, request: web.Request) -> web.Response:
        """The code for the label, for printers that know no SVG."""
        return await self._label(request, qr.png, "image/png", "label.png")

    async def claim(self, request: web.Request) -> web.Response:
        """Somebody holds the goods: the first wins."""
        delivery = await self.labels.delivery(request.match_info["token"])
        claim = await read_body(request, Claim)
        of = await consignment(self.book, delivery.envelope, delivery.party)
        reason = of.over(self.time.now())
        if reason:
            raise OverProblem(f"it is {reason}")
        language = language_of(request)
        claimed = await self.claims.claim(delivery, of.party, claim, language=language)
        return answer(ClaimAnswer(state=claimed.state))

    async def check(self, request: web.Request) -> web.Response:
        """The code that was sent to them."""
        delivery = await self.labels.delivery(request.match_info["token"])
        code = await read_body(request, CodeTold)
        claimed = await self.claims.check(delivery, secret=code.secret, code=code.code)
        return answer(ClaimAnswer(state=claimed.state))

    async def receipt(self, request: web.Request) -> web.Response:
        """What they received; the same id again is the same receipt."""
        delivery = await self.labels.delivery(request.match_info["token"])
        try:
            receipt_id = str(uuid.UUID(request.match_info["receipt"]))
        except ValueError as error:
            raise MalformedProblem("the receipt's id is no UUID") from error
        with self.gate.passed(delivery):
            receipt, photographs = await read_receipt(request)
            outcome: Outcome = await self.receiving.receive(
                delivery, id=receipt_id, receipt=receipt, photographs=photographs
            )
        return answer(outcome)

    async def own_copy(self, request: web.Request) -> web.Response:
        """The receipt as it is now, for whoever has signed it."""
        delivery = await self.labels.delivery(request.match_info["token"])
        asks = await read_body(request, Holder)
        if delivery.state != "done" or holder_of(asks.secret) != delivery.holder:
            raise LabelUnknownProblem("only who has signed gets a copy")
        state = (await consignment(self.book, delivery.envelope, delivery.party)).state
        name = state.terms.documents[0].name
        content = await self.book.content(delivery.envelope, state.current[name])
        return file_of(content.body, name=name, media_type="application/pdf")

    async def copy(self, request: web.Request) -> web.Response:
        """The page at which a party fetches its copy."""
        token = request.match_info["token"]
        state, names = await self.copies.documents(token)
        delivery = state.terms.delivery
        waybill = "" if delivery is None else delivery.waybill
        return self.pages.page(
            request,
            "copy.html",
            waybill=waybill,
            documents=names,
            token=token,
            is_void=state.status == "voided",
        )

    async def copied(self, request: web.Request) -> web.Response:
        """One document of a copy."""
        name = request.match_info["document"]
        body = await self.copies.document(request.match_info["token"], name)
        return file_of(body, name=name, media_type="application/pdf")

    async def status_form(self, request: web.Request) -> web.Response:
        """Where partners without an account ask."""
        return self.pages.page(request, "status.html", steps=(), unknown=False)

    async def status(self, request: web.Request) -> web.Response:
        """A word and the next step; or the same answer for everything else."""
        form = await read_form(request)
        waybill, digits = form.get("waybill", "").strip(), form.get("digits", "").strip()
        try:
            steps = await self.statuses.ask(
                waybill[:200], digits[:20], address=self.askers.address(request)
            )
        except StatusUnknownProblem as unknown:
            return self.pages.page(
                request, "status.html", steps=(), unknown=True, status=unknown.status
            )
        return self.pages.page(request, "status.html", steps=steps, unknown=False)

    async def release(self, request: web.Request) -> web.Response:
        """The initiator lets somebody else claim."""
        envelope, party = await self._of_the_initiator(request)
        if not await self.claims.release(envelope, party):
            raise OverProblem("it has no label, or was received")
        return web.Response(status=204)

    async def evidence(self, request: web.Request) -> web.Response:
        """The initiator sees what was told; photos are contents of the envelope."""
        envelope, party = await self._of_the_initiator(request)
        return told(AllEvidence(receipts=tuple(await self.receiving.evidence(envelope, party))))

    async def _of_the_initiator(self, request: web.Request) -> tuple[str, str]:
        envelope, party = request.match_info["envelope"], request.match_info["party"]
        state = await self.book.state(envelope)
        if state is None or state.terms.initiator != request[ORGANISATION]:
            raise EnvelopeUnknownProblem(f"there is no envelope {envelope!r}")
        return envelope, party

    def _gone(self, handler: Handler) -> Handler:
        """A page for people where an address opens nothing, or not now; scripts get the problem."""

        async def answered(request: web.Request) -> web.StreamResponse:
            try:
                return await handler(request)
            except NetworkProblem as problem:
                if request.method != "GET":
                    raise
                is_gone = problem.status in _GONE
                if not is_gone:
                    _log.error(
                        "page_failed",
                        path=told_path(request),
                        problem=problem.type,
                        detail=problem.detail,
                    )
                return self.pages.page(request, "gone.html", status=problem.status, is_gone=is_gone)

        return answered

    def _failed(self, request: web.Request, problem: NetworkProblem, _trace: str) -> web.Response:
        return self.pages.page(request, "gone.html", status=problem.status, is_gone=False)

    async def _label(
        self, request: web.Request, drawn: Callable[[str], bytes], media_type: str, name: str
    ) -> web.Response:
        token = request.match_info["token"]
        await self.labels.delivery(token)
        body = drawn(self.labels.address(token))
        return file_of(body, name=name, media_type=media_type)

    def _shown(self, of: Consignment, delivery: Delivery) -> Shown:
        return Shown(
            waybill=of.terms.waybill,
            shipper=of.terms.shipper,
            carrier=of.terms.carrier,
            consignee=of.terms.consignee,
            lines=tuple(Line(name=name, count=count) for name, count in of.terms.lines),
            status=self._status(of, delivery),
            check=method_of(of.party),
            digits=len(of.party.contact_tail),
            handwriting=of.party.handwriting,
            reading_seconds=of.party.reading_seconds,
        )

    def _status(self, of: Consignment, delivery: Delivery) -> str:
        reason = of.over(self.time.now())
        if reason:
            return "signed" if reason in {"taken", "completed"} else "over"
        return "taken" if self.claims.keeps_off(delivery) else "open"
