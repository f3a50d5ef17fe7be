"""Knows the structured sign by which an LLM says that it answered, answered in part, or declined.

Leaves asking for it to `prompts/answer_system.md`, and whether to believe it to the engine.
"""

from __future__ import annotations

import re

from qa_bot.schema import Status

_WORD = r"answered|partial(?:ly)?(?:[ _-]answered)?|(?:not[ _-]|un)answer(?:ed|able)|declined|refused"
_OPENING = r"[\s>*_#`\"'\-\[({]*"
_CLOSING = r"[*_`\"'\])}]*[.,;:]?[*_`]*"
_SIGN = re.compile(rf"{_OPENING}status[*_`\"']*\s*(?:[:=\-–—]|\bis\b)?{_OPENING}(?P<word>{_WORD})\b{_CLOSING}", re.IGNORECASE)
_ODD_SIGN = re.compile(rf"{_OPENING}status[*_`\"']*\s*[:=]{_OPENING}[a-z_]{{1,20}}{_CLOSING}[ \t]*(?:\n+|\Z)", re.IGNORECASE)
_BARE_SIGN = re.compile(rf"\s*[*_`#\[]*(?P<word>{_WORD}){_CLOSING}[ \t]*(?:\n+|\Z)", re.IGNORECASE)
_LATER_SIGN = re.compile(
    rf"^[ \t>*_#`]*status[*_`]*\s*[:=][\s*_`]*(?P<word>{_WORD}){_CLOSING}[ \t]*(?:\n+|\Z)", re.IGNORECASE | re.MULTILINE
)
_BEGUN_LATER_SIGN = re.compile(r"\n[ \t*_#>]*(?:S|ST|STA|STAT|STATU|STATUS[*_]*(?::[ \t*_]*[a-zA-Z]*)?)\Z")
_FENCE = re.compile(r"\A\s*```[a-z]*\n(?P<inside>.*?)(?:\n```\s*)?\Z", re.DOTALL | re.IGNORECASE)
_WHOLE_SIGNS = (
    "status:answered", "status:partiallyanswered", "status:partialanswered", "status:notanswered", "status:unanswerable",
    "status:unanswered", "status:declined", "status:refused",
)  # fmt: skip


def split_status(text: str) -> tuple[Status | None, str]:
    """Read the structured sign at the top of an LLM's answer; return it and the answer without it.

    Understands other cases, bold, the answer on the same line, and a sign on a later line. Works on growing texts: what
    may still become a sign is not shown. None where the model left the sign out or made up another word.
    """
    if (fenced := _FENCE.match(text)) and "```" not in fenced["inside"]:
        text = fenced["inside"]
    if found := _SIGN.match(text):
        rest = text[found.end() :].lstrip(" \t\r\n-–—|")
        is_whole = "\n" in text[found.end() :] or not (
            found["word"].lower().startswith("partial") and "answered".startswith(rest)
        )
        return _status_of(found["word"]), rest if is_whole else ""
    if found := _BARE_SIGN.match(text):
        return _status_of(found["word"]), text[found.end() :].lstrip()
    if _may_become_sign(text):
        return None, ""
    if found := _LATER_SIGN.search(text):
        return _status_of(found["word"]), (text[: found.start()] + text[found.end() :]).strip()
    if found := _ODD_SIGN.match(text):
        return None, text[found.end() :]
    return None, _BEGUN_LATER_SIGN.sub("", text)


def _may_become_sign(text: str) -> bool:
    """Say whether a text so far is nothing but the beginning of a sign."""
    bare = re.sub(r"[\s*_`#>\"'\[\](){}]+", "", text).lower().replace("=", ":").replace("-", ":")
    return any(
        sign.startswith(bare) or (sign.removeprefix("status:").startswith(bare) and not text.endswith("\n"))
        for sign in _WHOLE_SIGNS
    )


def _status_of(word: str) -> Status:
    word = word.lower()
    return "partial" if word.startswith("partial") else "answered" if word == "answered" else "declined"
