"""What the fuzzer's bytes stand for: numbers, odd values, texts and files. The same bytes are the same things."""

import json
import struct
from collections.abc import Sequence
from typing import Any, TypeVar

T = TypeVar("T")
#: Values that a field of a row or a setting should not have, or hardly ever.
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 2, 7, 0.5, -0.0, 1e-9, 1e308, float("nan"), float("inf")),
    *(2**31, 2**63, -(2**64), 10**309, 10**400, -(10**400), 10**4299),
    *("", " ", "a", "0", "1", "nan", "inf", "1e400", "true", "null", "accept", "reject", "ignore"),
    *("\0", "\ud800", "a\udfff", "\u202e", "e\u0301", "\N{PILE OF POO}", "\x1b[31m", "\ufeff"),
    *("sentiment/positive", "a/b/c", "/", "//", "a/", "/a", "../a", "~", "token", "pairs/=1"),
    *([], [[]], ["a"], ["a", "a"], [None], [1, 2], [{}], {}, {"a": 1}, {"a": None}, {"": ""}),
)
#: Parts of texts.
PIECES = (
    *("", " ", "a", "film", "good ", "\n", "\r\n", "\r", "\t", "\0", "\x1b", "\x85", "\u2028"),
    *("\ufeff", "\u200b", "\u202e", "\ufffe", "\uffff", "e\u0301", "\u0130", "\u1e9e", "\ufb03"),
    *("\N{PILE OF POO}", "\N{MAN}\u200d\N{WOMAN}", "\U0010ffff", '"', "'", "\\", ",", "{", "}"),
    *("[", "]", "<b>", "%s", "{0}", "$x", "${x}", "@", "#", "/", "=", "\u0660", "\u4e2d\u6587"),
    *("\u0e01\u0e33", "\u0627\u0644", "https://a.b/c?d=e", "a@b.c", ":-)", "1,000.5", "A" * 300),
)


class Draw:
    """Reads bytes as choices. After their end there are zeros."""

    def __init__(self, data: bytes) -> None:
        """Begin.

        data (bytes): The bytes.
        """
        self.data = data
        self.at = 0

    @property
    def is_over(self) -> bool:
        """RETURNS (bool): Whether all bytes are used up."""
        return self.at >= len(self.data)

    def below(self, n: int) -> int:
        """RETURNS (int): A number from 0 to below n."""
        size = 1 if n <= 256 else 4
        part = self.data[self.at : self.at + size].ljust(size, b"\0")
        self.at += size
        return int.from_bytes(part, "little") % max(n, 1)

    def pick(self, items: Sequence[T]) -> T:
        """RETURNS (Any): One of the items."""
        return items[self.below(len(items))]

    def rest(self) -> bytes:
        """RETURNS (bytes): All that is left."""
        found = self.data[self.at :]
        self.at = len(self.data)
        return found

    def text(self, *, surrogates: bool = False) -> str:
        """RETURNS (str): A short text of odd parts."""
        parts = []
        for _ in range(self.below(6)):
            kind = self.below(4)
            if kind == 0:
                code = self.below(0x110000)
                parts.append(chr(0x20 if 0xD800 <= code < 0xE000 and not surrogates else code))
            else:
                parts.append(self.pick(PIECES))
        if surrogates and self.below(8) == 1:
            parts.append(chr(0xD800 + self.below(0x800)))
        return "".join(parts)

    def value(self, depth: int = 0) -> Any:
        """RETURNS (Any): A value as JSON has it, and numbers that it should not have."""
        kind = self.below(12)
        if kind < 6 or depth > 3:
            return self.pick(VALUES)
        if kind < 8:
            return self.text(surrogates=True)
        if kind == 8:
            return struct.unpack("<d", self.data[self.at : self.at + 8].ljust(8, b"\0"))[0]
        if kind == 9:
            return [self.value(depth + 1) for _ in range(self.below(4))]
        if kind == 10:
            return {self.text(surrogates=True): self.value(depth + 1) for _ in range(self.below(4))}
        return nested(self.below(90), self.pick("[{"))

    def edit(self, data: bytes) -> bytes:
        """Damage some bytes: cut, flip, insert, repeat, or none of it."""
        for _ in range(self.below(4)):
            kind, at = self.below(6), self.below(len(data) + 1)
            if kind == 0:
                data = data[:at]
            elif kind == 1 and data:
                at = min(at, len(data) - 1)
                data = data[:at] + bytes([data[at] ^ (1 << self.below(8))]) + data[at + 1 :]
            elif kind == 2:
                data = data[:at] + bytes(self.below(256) for _ in range(4)) + data[at:]
            elif kind == 3:
                data = data[:at] + data[at + self.below(64) :]
            elif kind == 4:
                data = data[:at] + data[max(0, at - self.below(64)) :]
            elif data:
                data = data[:at] + bytes([self.below(256)]) + data[at + 1 :]
        return data


def nested(depth: int, kind: str = "[") -> Any:
    """RETURNS (Any): A list or object in another, and so on."""
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind == "[" else {"a": value}
    return value


def as_json(value: Any) -> bytes:
    """RETURNS (bytes): The value as a line, surrogates as escapes; "1" if it is too deep for this writer."""
    try:
        return json.dumps(value).encode()
    except (RecursionError, ValueError):
        return b"1"


def encode(text: str) -> bytes:
    """RETURNS (bytes): The text in UTF-8, with lone surrogates as if they were characters."""
    return text.encode("utf8", "surrogatepass")
