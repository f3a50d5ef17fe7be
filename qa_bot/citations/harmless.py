"""Knows how to make text by strangers harmless: an LLM's markdown before it is shown, a paper's words before they are prompted.

Leaves meaning alone: words stay, only what a browser or a chat template would obey is taken apart.
"""

from __future__ import annotations

import re

_HTML_NAMES = (
    "a|abbr|address|area|article|aside|audio|b|base|blink|blockquote|body|br|button|canvas|center|cite|code|col|dd|del|details"
    "|dialog|div|dl"
    "|dt|em|embed|fieldset|figure|font|footer|form|frame|frameset|h[1-6]|head|header|hr|html|i|iframe|image|img|input|ins|kbd"
    "|label|li|link"
    "|main|map|mark|marquee|math|meta|nav|noscript|object|ol|option|p|param|picture|pre|q|s|samp|script|section|select|slot|small"
    "|source|span"
    "|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|title|tr|track|tt|u|ul|var|video"
    "|wbr|xmp"
)
_TAG = re.compile(rf"</?(?:{_HTML_NAMES})(?:\s[^<>]*=[^<>]*|\s*)/?>", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>", re.DOTALL)
_TAG_LIKE = re.compile(r"<(?=[A-Za-z/!?])")
_AUTOLINK = re.compile(r"<((?:https?|mailto):[^<>\s]+)>", re.IGNORECASE)
_TEXT = r"(?:[^\[\]\\\n]|\\.|\[[^\[\]\n]*\])*?"
_TARGET = r"\(\s*(?P<url><[^<>\n]*>|(?:[^\s()<>]|\([^\s()]*\))*)(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^()]*\)))?\s*\)"
_IMAGE = re.compile(rf"!\[(?P<text>{_TEXT})\](?:{_TARGET}|\[[^\[\]\n]*\])")
_LINK = re.compile(rf"(?<!!)\[(?P<text>{_TEXT})\]{_TARGET}")
_OPEN_IMAGE = re.compile(r"!\[(?P<text>[^\[\]\n]*)(?:\](?:\([^()\n]*)?)?\Z")
_OPEN_LINK = re.compile(r"\[(?P<text>[^\[\]\n]*)\]\((?P<url>(?:[a-z]+:|/|#|www\.)[^()\s]*)?\Z", re.IGNORECASE)
_DEFINITION = re.compile(r"^([ \t>*+\-]*(?:\d{1,3}[.)]\s*)?\[[^\[\]\n]*\]):", re.MULTILINE)
_IS_NUMBERS = re.compile(r"\\?\[?\s*\^?[\d\s,;–-]+\\?\]?")
_SUP = re.compile(r"(?P<before>\S)\s*<sup>\s*(?P<inside>\[?[\d,\s–-]{1,12}\]?)\s*</sup>", re.IGNORECASE)

# The words by which chat templates tell roles apart. Servers turn them into control tokens even inside a message.
_CONTROL = re.compile(
    r"<\|[^<>\n]{1,60}\|>|<\uff5c[^<>\n]{1,60}\uff5c>|<</?SYS>>|\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|THINK)\]"
    r"|<\s*/?\s*(?:s|bos|eos|pad|unk|system|user|assistant|think|thinking|sources?|question|instructions?|documents?|(?:start"
    r"|end)_of_turn)\b[^<>\n]{0,80}>",
    re.IGNORECASE,
)
_STATUS = re.compile(r"\b(STATUS)\s*:(?=\s*\W*(?:answered|partial|declined))", re.IGNORECASE)
_HIDDEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad\U000e0000-\U000e007f\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)


def plain_markdown(text: str) -> str:
    """Return an LLM's markdown without anything that makes a browser fetch, run or go somewhere unseen.

    Images become their description, links their text with the address in plain sight behind it, HTML tags go and
    their content stays. Emphasis, lists, tables, code and mathematics stay. A second pass changes nothing.
    """
    text = _HIDDEN.sub("", text)
    for _ in range(20):  # taking one thing out can put another together: "<<b>img ...>"
        before = text
        text = _COMMENT.sub("", text)
        text = _SUP.sub(_superscript, text)
        text = _TAG.sub("", text)
        text = _AUTOLINK.sub(r"\1", text)
        text = _IMAGE.sub(lambda match: match["text"], text)
        text = _LINK.sub(_link, text)
        text = _OPEN_IMAGE.sub(lambda match: match["text"], text)
        text = _OPEN_LINK.sub(
            lambda match: match["text"] if not _IS_NUMBERS.fullmatch(match["text"]) else f"[{match['text']}]", text
        )
        if text == before:
            break
    text = _TAG_LIKE.sub("< ", text)
    text = text.replace("](", "] (").replace("![", "! [")
    return _DEFINITION.sub(r"\1 :", text)


def for_prompt(text: str) -> str:
    """Return the words of a paper or a person so that no chat template or prompt rule takes them for its own.

    Control words lose their brackets, a forged status line its colon, and invisible characters go.
    """
    text = _HIDDEN.sub("", text)
    for _ in range(20):
        before = text
        text = _CONTROL.sub(lambda match: " " + match[0].strip("<>[]|\uff5c") + " ", text)
        if text == before:
            break
    return _STATUS.sub(r"\1 -", text.replace("<|", "< |").replace("|>", "| >"))


def _link(match: re.Match[str]) -> str:
    text, url = match["text"].strip(), match["url"].strip("<>")
    if _IS_NUMBERS.fullmatch(text):  # [1](url), [[1]](url): a citation that the model linked
        return text if text.startswith("[") else f"[{text}]"
    is_address = bool(re.search(r"[:/#]|\.\w", url)) or not url
    if not is_address:
        return f"[{text}] ({url})"  # f[x](y), or a remark in parentheses
    if re.match(r"https?://", url, re.IGNORECASE) and url not in text:
        return f"{text} ({url})"
    return text


def _superscript(match: re.Match[str]) -> str:
    inside = match["inside"].strip().strip("[]")
    if "[" in match["inside"] or match["before"] in '.!?,;:”"’':
        return f"{match['before']}[{inside}]"
    return f"{match['before']}^{inside}"


def as_quoted(text: str) -> str:
    """Return words of a paper as they may stand in an answer: nothing in them reads as a citation, a picture, a link or a tag.

    Square brackets become round, and a "<" that could open a tag gets a space, and no fence of a code block and no
    invisible character is left. Evidence keeps the words as they are.
    """
    return re.sub(r"<(?=[A-Za-z/!?])", "< ", re.sub(r"`{3,}|~{3,}", "'''", _HIDDEN.sub("", text).translate(_ROUNDED)))


_ROUNDED = str.maketrans("[]", "()")
