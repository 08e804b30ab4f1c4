"""The programs that exports are made for. What they want is data that can be corrected: ``resources/receivers/*.json``.

A user's own profiles lie in ``receivers`` below ``CGPLANNER_HOME`` (or the place of the system) and may build on another with
``based_on``. A damaged one is refused by name when it is asked for, and hides nobody else. No driver in here: the command line
asks for the names before it knows what it will do.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_type_hints

from cgplanner.errors import UserError
from cgplanner.io.files.safe_write import disk_trouble_told, replacing
from cgplanner.io.texts.encoding import codec_of_mark
from cgplanner.resources import resource_path
from cgplanner.text import pick, tr

DEFAULT = "qgis"


@dataclass(frozen=True)
class Receiver:
    """What a program can take.

    Attributes
    ----------
    encoding
        The text encoding it opens without being asked.
    boolean
        Yes/no as a number of one digit or as dBase's own type, which some programs show as text.
    null_number
        The byte that fills a missing number.
    exact_digits
        Whole numbers with more digits than this go as text, or it would round them.
    names
        ``ascii``: field names in hanzi become the initials of their pinyin.
    crs
        ``zone3``: degrees become metres of the CGCS 2000 3-degree zone the data lie in.
    parts
        ``single``: a row of several parts becomes several rows.
    dates
        ``text``: days as "2026-11-22", for programs that do not open dBase's dates.
    long_texts
        What becomes of texts over 254 bytes in a shapefile: ``split`` lets them go on in more columns, ``cut`` loses the rest.
    decimals
        ``declared``: numbers are rounded as the schema says; ``all``: as many digits as the value has.
    dxf_areas
        ``outline`` draws areas as closed polylines, ``filled`` with a solid hatch below in the colour of the class.
    dxf_attributes
        ``xdata`` hangs the values on the entities, where our own import and LISP find them; ``none`` leaves them out.
    dxf_version, dxf_code_page
        The DXF release, and the code page of its texts (from R2007 on it is UTF-8 whatever this says).
    """

    name: str
    title_zh: str
    title_en: str
    encoding: str
    boolean: Literal["number", "logical"]
    null_number: Literal[" ", "*"]
    exact_digits: int
    most_fields: int
    evidence: str = ""
    names: Literal["as-is", "ascii"] = "as-is"
    crs: Literal["keep", "zone3"] = "keep"
    parts: Literal["multi", "single"] = "multi"
    dates: Literal["date", "text"] = "date"
    long_texts: Literal["split", "cut"] = "split"
    decimals: Literal["declared", "all"] = "declared"
    dxf_areas: Literal["outline", "filled"] = "outline"
    dxf_attributes: Literal["xdata", "none"] = "xdata"
    dxf_version: Literal["R2000", "R2004", "R2007", "R2010", "R2013", "R2018"] = "R2000"
    dxf_code_page: Literal["ANSI_936", "ANSI_950", "ANSI_1252", "UTF-8"] = "ANSI_936"

    @property
    def title(self) -> str:
        """What people call the program, in their language."""
        return pick(self.title_zh, self.title_en)


def own_folder() -> Path:
    """Return where a user's own profiles lie; it need not be there."""
    home = os.environ.get("CGPLANNER_HOME")
    if home:
        return Path(home) / "receivers"
    import platformdirs  # noqa: PLC0415  not needed when the folder is given

    return Path(platformdirs.user_data_dir("cgplanner", appauthor=False)) / "receivers"


def receiver_names() -> tuple[str, ...]:
    """Return the names that can be asked for, the program's own first; a damaged profile has one too."""
    own = _own_files()
    return (*_shipped(), *(name for name in own if name not in _shipped()))


def receivers() -> Mapping[str, Receiver]:
    """Return all receivers by name; a user's own hides a shipped one of its name, a damaged one is left out."""
    found = dict(_shipped())
    for name in _own_files():
        try:
            found[name] = receiver(name)
        except UserError:  # said when it is asked for
            found.pop(name, None)
    return found


def receiver(name: str) -> Receiver:
    """Return the receiver of this name.

    Raises
    ------
    UserError
        When there is none, or the user's own profile of that name is damaged; the sentence says where.
    """
    own = _own_files().get(name)
    if own is not None:
        return _read_own(own)
    known = _shipped()
    if name not in known:
        raise UserError(
            tr("The program “{name}” is not known as a receiver.", name=name),
            hint=tr("Choose one of: {names}.", names=", ".join(receiver_names())),
        )
    return known[name]


@cache
def _shipped() -> Mapping[str, Receiver]:
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(resource_path("receivers").glob("*.json"))]
    return {each["name"]: Receiver(**each) for each in found}


def _own_files() -> dict[str, Path]:
    try:
        return {path.stem: path for path in sorted(own_folder().glob("*.json"))}
    except OSError:
        return {}


def _read_own(path: Path) -> Receiver:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
        if not isinstance(data, dict):
            raise TypeError(tr("it is no object"))
        based_on = data.pop("based_on", DEFAULT)
        if based_on not in _shipped():
            raise ValueError(tr("“{name}” in based_on is no receiver that comes with the program", name=based_on))
        return Receiver(**{**vars(_shipped()[based_on]), "evidence": "", **_checked(data), "name": path.stem})
    except (OSError, ValueError, TypeError) as error:
        raise UserError(
            tr("The receiver profile {path} is damaged: {reason}.", path=path, reason=error),
            hint=tr("Correct the file or take it away; docs/exchange.md says what may stand in it."),
            path=path,
        ) from error


def adopt_profile(path: Path) -> str:
    """Put a profile among the user's own, once it is known to be sound; return its name.

    Raises
    ------
    UserError
        When it is damaged, or cannot be written there.
    """
    _read_own(path)
    with disk_trouble_told(own_folder() / path.name):
        own_folder().mkdir(parents=True, exist_ok=True)
        if path.absolute() != (own_folder() / path.name).absolute():
            with replacing(own_folder() / path.name) as folder:
                shutil.copyfile(path, folder / path.name)
    return path.stem


def changed(program: Receiver, changes: Mapping[str, Any]) -> Receiver:
    """Return the receiver with some entries of its profile otherwise.

    Raises
    ------
    UserError
        When there is no such entry, or it cannot have this value.
    """
    numbers = {name: int(value) if str(value).isdecimal() else value for name, value in changes.items()}
    try:
        return replace(program, **_checked(numbers))
    except (ValueError, TypeError) as error:
        raise UserError(
            tr("The receiver {name} cannot be changed so: {reason}.", name=program.title, reason=error),
            hint=tr("docs/exchange.md says which entries there are and what they may be."),
        ) from error


def _checked(data: dict[str, Any]) -> dict[str, Any]:
    """Return what a profile says when every entry is one that a receiver can have."""
    hints = get_type_hints(Receiver)
    known = {each.name for each in fields(Receiver)}
    for key, value in data.items():
        if key not in known:
            raise ValueError(tr("“{key}” is not known", key=key))
        kind = hints[key]
        if get_args(kind):
            if value not in get_args(kind):
                raise ValueError(tr("{key} is one of: {values}", key=key, values=", ".join(get_args(kind))))
        elif type(value) is not kind or value in ("", 0):
            raise ValueError(tr("{key} has no value of its kind", key=key))
    if "encoding" in data and codec_of_mark(data["encoding"]) is None:
        raise ValueError(tr("the encoding “{name}” is not known", name=data["encoding"]))
    return data
