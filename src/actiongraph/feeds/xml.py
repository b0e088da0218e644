"""XML as bytes: elements made by hand, and text without what XML cannot hold.

Source: Extensible Markup Language (XML) 1.0, sections 2.2 and 2.11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from xml.etree import ElementTree as ET

XSI = "http://www.w3.org/2001/XMLSchema-instance"
_NO_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def element(name: str, attributes: Mapping[str, str] | None = None, /, *, text: str | None = None) -> ET.Element:
    """Return an element; its name and its attributes' names are written as they stand, prefixes included."""
    made = ET.Element(name, {key: clean(value) for key, value in (attributes or {}).items()})
    made.text = None if text is None else clean(text)
    return made


def child(
    parent: ET.Element, name: str, attributes: Mapping[str, str] | None = None, /, *, text: str | None = None
) -> ET.Element:
    """Return a new element in `parent`; see `element`."""
    made = element(name, attributes, text=text)
    parent.append(made)
    return made


def document(root: ET.Element) -> bytes:
    """Return `root` as a document in UTF-8; a carriage return is written so that it stays one."""
    written = ET.tostring(root, encoding="unicode", short_empty_elements=True).replace("\r", "&#13;")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{written}\n'.encode()


def clean(text: str) -> str:
    """Return `text` without the control characters that no XML document can hold."""
    return _NO_CHARACTER.sub("", text)
