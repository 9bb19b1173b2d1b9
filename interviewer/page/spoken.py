"""Takes recordings and lines from the page and hands back words and sound; keeps no recording, and knows no gradio.

Recordings come by a POST route of our own, not through gradio: a request that fails is then the script's to tell and
try again, sound travels as it is instead of a third larger as base64 in a queue, and the server stops reading where the
limit is. Gradio's own upload route, which would write files, stays closed. Only pages of this server may send here.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from ..delivery import combine, is_from, observe, without_hesitations
from ..errors import HearingError, InterviewerError
from ..hearing import MOST_BYTES, MOST_CHARACTERS, Voices, check_recording
from ..language import is_english
from ..phrases import _
from ..schema import Delivery, Interview

__all__ = ["Spoken"]

log = logging.getLogger(__name__)

REMEMBERED = 200
"""Interviews whose recordings' observations wait for the answer they belong to; forgetting one only loses those."""
AT_ONCE = 8
"""Recordings taken at once, of everybody: each may be 25 MB."""
SECONDS_TO_SEND = 120.0
OF_ONE = 20
"""Recordings remembered for one answer."""
_ID = re.compile(r"[\w-]{1,64}")
Handler = Callable[[Request, str], Awaitable[Response]]


class _Heard(NamedTuple):
    text: str
    """As it was put into the box."""
    delivery: Delivery


class Spoken:
    """The routes for sound, and what waits for the answer it belongs to."""

    def __init__(self, voices: Voices) -> None:
        self._voices = voices
        self._heard: OrderedDict[str, list[_Heard]] = OrderedDict()
        self._at_once = 0

    def open_routes(self, app: Any) -> None:
        """Adds a route for what there is; where there is nothing, no route."""
        if self._voices.transcriber is not None:
            app.add_route("/voice/hear", _guarded(self._hear), methods=["POST"])
        if self._voices.speech is not None:
            app.add_route("/voice/read", _guarded(self._read), methods=["POST"])

    def note(self, interview: Interview) -> Interview:
        """The interview, its last answer with how it sounded; a recording whose words were deleted doesn't count."""
        heard = self._heard.pop(interview.id, [])
        *before, last = interview.turns
        mine = [one.delivery for one in heard if is_from(one.text, last.text)]
        if not mine:
            return interview
        told = last.model_copy(update={"delivery": reduce(combine, mine)})
        return interview.model_copy(update={"turns": (*before, told)})

    def take_back(self, interview: Interview) -> None:
        """The last answer's words go back into the box: how they sounded waits for them to be sent again."""
        last = next((turn for turn in reversed(interview.turns) if turn.act == "answer"), None)
        if last is not None and last.delivery is not None:
            self._remember(interview.id, _Heard(last.text, last.delivery))

    def forget(self, interview_ids: Iterable[str]) -> None:
        """They are deleted, and what is still being written down of them is not noted."""
        for id in interview_ids:
            self._heard.pop(id, None)

    async def _hear(self, request: Request, interview_id: str) -> Response:
        assert self._voices.transcriber is not None
        mime = request.headers.get("content-type", "")
        waiting = self._waiting(interview_id)
        with self._one_of_few():
            audio = await _body(request, MOST_BYTES)
            check_recording(audio, mime)
            transcript = await self._voices.transcriber.transcribe(audio, mime)
        english = is_english([transcript.text])
        text = without_hesitations(transcript.text) if english else transcript.text
        if not text:
            raise HearingError(_("Only hesitations were heard in the recording: record your answer again, or type it."))
        if self._heard.get(interview_id) is waiting:  # else deleted meanwhile
            self._remember(interview_id, _Heard(text, observe(transcript, english=english)))
        return JSONResponse({"text": text})

    async def _read(self, request: Request, _id: str) -> Response:
        assert self._voices.speech is not None
        line = (await _body(request, 4 * MOST_CHARACTERS)).decode("utf-8", "replace").strip()
        if not line or len(line) > MOST_CHARACTERS:
            raise HearingError(_("There is nothing to read aloud, or too much at once."))
        return Response(await self._voices.speech.speak(line), media_type="audio/mpeg")

    def _remember(self, interview_id: str, heard: _Heard) -> None:
        waiting = self._waiting(interview_id)
        waiting.append(heard)
        del waiting[:-OF_ONE]

    def _waiting(self, interview_id: str) -> list[_Heard]:
        waiting = self._heard.setdefault(interview_id, [])
        self._heard.move_to_end(interview_id)
        while len(self._heard) > REMEMBERED:
            self._heard.popitem(last=False)
        return waiting

    @contextmanager
    def _one_of_few(self) -> Iterator[None]:
        """One of the recordings that are held in memory at once.

        Raises:
            HearingError: there are enough; the page keeps the recording and offers to send it again.
        """
        if self._at_once >= AT_ONCE:
            raise HearingError(_("Too many recordings are being written down just now: try again in a moment."))
        self._at_once += 1
        try:
            yield
        finally:
            self._at_once -= 1


def _guarded(handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """The handler for requests of our own page; what goes wrong is a sentence in JSON."""

    async def handle(request: Request) -> Response:
        interview_id = request.headers.get("x-interview", "")
        # A page elsewhere can't set this header without asking first, and nobody here says yes.
        if not _is_own(request) or not _ID.fullmatch(interview_id):
            return _failed(403, _("Only the interview's own page may send this."))
        try:
            return await handler(request, interview_id)
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it
        except TimeoutError:
            return _failed(408, _("That took too long to arrive."))
        except HearingError as failure:
            return _failed(422, str(failure))
        except InterviewerError as failure:
            return _failed(502, str(failure))
        except Exception:
            # An edge: a mistake of ours must not cost the candidate the recording.
            log.exception("speech failed")
            return _failed(500, _("That failed unexpectedly."))

    return handle


def _failed(status: int, says: str) -> JSONResponse:
    return JSONResponse({"says": says}, status_code=status)


def _is_own(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = urlsplit(request.headers.get("origin", "")).netloc
    return bool(origin) and origin == request.headers.get("host")


async def _body(request: Request, most: int) -> bytes:
    """What is sent, and one piece more than the limit at most; whoever sends forever is left."""
    taken = bytearray()
    async with asyncio.timeout(SECONDS_TO_SEND):
        async for piece in request.stream():
            taken += piece
            if len(taken) > most:
                break
    return bytes(taken)
