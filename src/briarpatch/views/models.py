"""A language model in a chair: it gets what the person can know, in words, and answers with an option and a reason.

Any endpoint that speaks the common chat-completions protocol will do. Where it stands, its model and its key come from the
environment, and none but the name of the model is kept. What was answered is part of the run, so the run plays again
without the model; a bad or late answer leaves the question to the person themself, and the run keeps why.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlsplit

from ..errors import MissingExtraError, RequestError, did_you_mean
from ..files import whole_folder
from ..run import Run
from ..scenario.scenario import DecisionInfo

try:
    import httpx
except ImportError:
    raise MissingExtraError("a language model in a chair", "models") from None

URL, MODEL, KEY = "BRIARPATCH_MODEL_URL", "BRIARPATCH_MODEL", "BRIARPATCH_MODEL_KEY"
PATIENCE = 60.0
"""Seconds that an answer may take."""
TRIES = 2
"""Times that a question is put, when an answer is bad."""
LARGEST_ANSWER = 1 << 20
LONGEST_REASON = 2_000
PROMPTS = Path(__file__).parent / "prompts"
NAMES = ("system.txt", "question.txt")
FIELDS = ("title", "person", "view", "before", "question", "options")
"""What a prompt can name, as $title."""
_REFUSED = {401: "refuses the key", 403: "refuses the key", 404: "knows no such address or model"}


class BadAnswer(Exception):
    """An answer that cannot be used; the text says why."""


@dataclass(frozen=True)
class Endpoint:
    """Where a model answers; the key is never shown."""

    url: str
    model: str
    key: str = field(default="", repr=False)

    @classmethod
    def of_environment(cls, environment: Mapping[str, str] = os.environ) -> Endpoint:
        """Return the endpoint that the environment names; raises RequestError with what is missing."""
        url, model = environment.get(URL, "").strip().rstrip("/"), environment.get(MODEL, "").strip()
        for name, value, example in ((URL, url, "https://host/v1"), (MODEL, model, "the name of a model")):
            if not value:
                raise RequestError(f"a model in a chair needs the environment variable {name}, such as {example}")
        key, parts = environment.get(KEY, "").strip(), urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RequestError(f"{URL} is an address such as https://host/v1, got '{url}'")
        if key and parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise RequestError(f"{URL} would send the key unencrypted to {parts.hostname}; use https")
        if not key.isascii() or not key.isprintable():
            raise RequestError(f"{KEY} has characters that no key has")
        return cls(url, model, key)

    def ask(self, messages: list[dict[str, str]], patience: float) -> str:
        """Return what the model says; raises BadAnswer when it says nothing in time, RequestError when it never will."""
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        body = {"model": self.model, "messages": messages}
        until = time.monotonic() + patience
        try:
            with (
                httpx.Client(timeout=patience, headers=headers) as client,
                client.stream("POST", f"{self.url}/chat/completions", json=body) as answer,
            ):
                if answer.status_code in _REFUSED:
                    raise RequestError(f"{self.url} {_REFUSED[answer.status_code]} ({answer.status_code})")
                if answer.status_code != 200:
                    raise BadAnswer(f"the endpoint answered {answer.status_code}")
                content = b""
                for part in answer.iter_bytes():
                    content += part
                    if len(content) > LARGEST_ANSWER:
                        raise BadAnswer("the answer is too long")
                    if time.monotonic() > until:
                        raise BadAnswer(f"no answer within {patience:g} s")
        except httpx.TimeoutException:
            raise BadAnswer(f"no answer within {patience:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as cause:
            raise BadAnswer(f"the endpoint cannot be reached: {type(cause).__name__}") from None
        try:
            said = json.loads(content)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError):
            raise BadAnswer("the endpoint did not answer as a chat completion") from None
        if not isinstance(said, str):
            raise BadAnswer("the model said nothing")
        return said


class Prompts:
    """What a model is told: the files system.txt and question.txt of a folder, with $fields that are filled in."""

    def __init__(self, folder: Path | None = None) -> None:
        self._texts = {}
        for name in NAMES:
            path = (folder or PROMPTS) / name
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeError) as cause:
                raise RequestError(f"{path} cannot be read: {getattr(cause, 'strerror', None) or cause}") from None
            template = Template(text)
            if not template.is_valid():
                raise RequestError(f"{path}: a dollar sign stands before no name; write $$ for the sign itself")
            for used in template.get_identifiers():
                if used not in FIELDS:
                    hint = did_you_mean(used, FIELDS) or f"; there are {', '.join('$' + one for one in FIELDS)}"
                    raise RequestError(f"{path}: ${used} is no field{hint}")
            self._texts[name] = template

    def messages(self, run: Run, info: DecisionInfo) -> list[dict[str, str]]:
        """Return what the model is told at a question."""
        view = run.view(info.decider)
        asked = view.facts()["question"]
        options = [
            f"- {one['name']}: {one['told']}" if one["open"] else f"- ({one['name']} is closed: {one['told']})"
            for one in asked["options"]
        ]
        nodes = run.played["nodes"] if run.played is not None else []
        before = [
            f"- {node['decision']}: {node['option']}" + (f" ({node['reason']})" if node["reason"] else "")
            for node in nodes
            if node["by"] == info.decider
        ]
        fields = {
            "title": run.scenario.title,
            "person": view.facts()["told"],
            "view": view.text(),
            "before": "\n".join(["What you answered before:", *before]) if before else "",
            "question": info.question,
            "options": "\n".join(options),
        }
        return [
            {"role": role, "content": self._texts[name].substitute(fields)}
            for role, name in zip(("system", "user"), NAMES, strict=True)
        ]


class Model:
    """Answers for people as a model says; a `Chooser`.

    Args:
        endpoint: where it answers.
        prompts: what it is told.
        patience: seconds that an answer may take.
    """

    def __init__(self, endpoint: Endpoint, prompts: Prompts, patience: float = PATIENCE) -> None:
        if not 0.0 < patience < float("inf"):
            raise RequestError(f"patience is a number of seconds above 0, got {patience:g}")
        self.endpoint, self.prompts, self.patience = endpoint, prompts, patience

    def __call__(self, run: Run, info: DecisionInfo) -> str:
        """Return the option that the model chose, or that the person takes when its answers are bad; keep which in the run."""
        options = [option.name for option, is_open in zip(info.options, run.open_options(), strict=True) if is_open]
        messages, wrong = self.prompts.messages(run, info), []
        option, reason = None, ""
        for _ in range(TRIES):
            try:
                said = self.endpoint.ask(messages, self.patience)
            except BadAnswer as bad:
                wrong.append(str(bad))
                continue
            try:
                option, reason = read(said, options)
                break
            except BadAnswer as bad:
                wrong.append(str(bad))
                again = f"That cannot be used: {bad}. Answer with one JSON object, as asked."
                messages = [
                    *messages,
                    {"role": "assistant", "content": said},
                    {"role": "user", "content": again},
                ]
        holder = "program" if option is None else "model"
        if option is None:
            option = run.doctrine()
        self._keep(run, info, option, holder, reason, "; ".join(wrong))
        return option

    def _keep(self, run: Run, info: DecisionInfo, option: str, holder: str, reason: str, wrong: str) -> None:
        """Add an answer to the record of who played the run; `wrong` is what was wrong with answers that were not used."""
        before = run.played or {"format": "played-1", "seats": {}, "lone": False, "at": 0, "nodes": []}
        number = len(before["nodes"]) + 1
        seats = before["seats"] | {info.decider: {"holder": "model", "name": self.endpoint.model}}
        node = {
            "node": number,
            "parent": number - 1,
            "kind": "answer",
            "time": run.time,
            "decision": info.name,
            "option": option,
            "by": info.decider,
            "holder": holder,
            "name": self.endpoint.model,
            "reason": reason,
            "wrong": wrong,
            "took": None,  # a run that is saved holds no time of the clock
            "hindsight": False,
        }
        run.played = before | {"seats": seats, "at": number, "nodes": [*before["nodes"], node]}


def read(said: str, options: list[str]) -> tuple[str, str]:
    """Return the option and the reason in what a model said; raises BadAnswer when there is no open option in it.

    Models think aloud: the last JSON object that has an option is the answer.
    """
    found: dict[str, Any] | None = None
    place = said.find("{")
    while place >= 0:
        end = place + 1
        try:
            one, end = json.JSONDecoder().raw_decode(said, place)
            found = one if isinstance(one, dict) and "option" in one else found
        except (ValueError, RecursionError):
            pass
        place = said.find("{", end)
    if found is None:
        raise BadAnswer("there is no JSON object with an option in the answer")
    option, reason = found.get("option"), found.get("reason", "")
    if not isinstance(option, str) or option.strip() not in options:
        raise BadAnswer(f"the option must be one of {', '.join(options)}, got {str(option)[:60]!r}")
    words = "".join(c if c.isprintable() else " " for c in reason) if isinstance(reason, str) else ""
    return option.strip(), " ".join(words.split())[:LONGEST_REASON]


def write_prompts(folder: Path) -> list[Path]:
    """Write the prompts that come along to a new folder, to be changed; raises RequestError when it is taken."""
    if folder.exists() or folder.is_symlink():
        raise RequestError(f"{folder} exists already; name another folder")
    with whole_folder(folder) as made:
        for name in NAMES:
            (made / name).write_bytes((PROMPTS / name).read_bytes())
    return [folder / name for name in NAMES]
