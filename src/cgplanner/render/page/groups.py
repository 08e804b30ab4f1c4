"""Parts of a page that are laid on as one picture, with an opacity or a blend mode: PDF's transparency groups.

matplotlib knows no groups. While the page is drawn, marks stand where one begins and ends; ``put_groups`` takes what lies
between them into a form of its own (ISO 32000, 11.6.6). Long paths are written out there: a form is one stream.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream

from cgplanner.render.page.path_streams import BulkPath, split_at_marks
from cgplanner.symbology.style import Blend

GROUP_END = b"%@end@\n"
_GROUP = re.compile(rb"%@group (\d+)@\n((?:(?!%@group ).)*?)%@end@\n", re.DOTALL)
_NAMED = re.compile(rb"/Group(\d+) Do")
_MODES: dict[Blend, Name] = {
    "normal": Name.Normal,
    "multiply": Name.Multiply,
    "screen": Name.Screen,
    "darken": Name.Darken,
    "lighten": Name.Lighten,
    "overlay": Name.Overlay,
}


@dataclass(frozen=True)
class Group:
    """How a group meets what lies below it."""

    opacity: float
    blend: Blend


def group_mark(number: int) -> bytes:
    """Return what stands where a group begins: a comment, so that the page stays well-formed."""
    return b"%%@group %d@\n" % number


def put_groups(pdf: Pdf, groups: Sequence[Group], paths: Sequence[BulkPath]) -> None:
    """Make forms of what lies between marks, on the only page of the file."""
    if not groups:
        return
    page = pdf.pages[0].obj
    forms: dict[int, pikepdf.Object] = {}

    def resources_of(content: bytes) -> pikepdf.Object:
        """Return what content uses: all that the page has, and of the forms those that it names."""
        made = _copied(page.Resources)
        for name in ("/XObject", "/ExtGState"):
            made[name] = _copied(made[name]) if name in made else Dictionary()
        for number in {int(each) for each in _NAMED.findall(content)}:
            made.XObject[f"/Group{number}"] = forms[number]
            made.ExtGState[f"/Group{number}"] = _state(groups[number])
        return pdf.make_indirect(made)

    def as_form(found: re.Match[bytes]) -> bytes:
        number, content = int(found[1]), b"".join(_written(found[2], paths))
        form = Stream(pdf, content)
        form.Type, form.Subtype, form.BBox = Name.XObject, Name.Form, Array(list(page.MediaBox))
        form.Resources = resources_of(content)
        form.Group = Dictionary(S=Name.Transparency, CS=Name.DeviceRGB, I=True, K=False)
        forms[number] = pdf.make_indirect(form)
        return b"q /Group%d gs /Group%d Do Q\n" % (number, number)

    content, found = page.Contents.read_bytes(), 1
    while found:  # the innermost first
        content, found = _GROUP.subn(as_form, content)
    page.Resources = resources_of(content)
    page.Contents = pdf.make_indirect(Stream(pdf, content))


def _copied(dictionary: pikepdf.Object) -> pikepdf.Dictionary:
    return Dictionary({name: dictionary[name] for name in dictionary.keys()})  # noqa: SIM118  only keys() is of text


def _written(content: bytes, paths: Sequence[BulkPath]) -> list[bytes]:
    return [paths[part].operators() if isinstance(part, int) else part for part in split_at_marks(content)]


def _state(group: Group) -> pikepdf.Dictionary:
    opacity = pikepdf.Object.parse(f"{group.opacity:.4f}".encode("ascii"))
    return Dictionary(Type=Name.ExtGState, ca=opacity, CA=opacity, BM=_MODES[group.blend])
