"""Build the fonts that ship with the program, and the widths that place labels without a toolkit.

Run in a checkout with the ``dev`` extra and npm::

    python packaging/build_fonts.py            # fetches the pinned package with `npm pack`
    python packaging/build_fonts.py FILE.tgz   # uses a package that is already here

Writes ``resources/fonts/NotoSansSC-Regular.ttf``, ``-Bold.ttf``, ``metrics.json`` and ``OFL.txt``. Knows nothing of the
program; the program knows nothing of fontTools.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any

from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

PACKAGE = "@expo-google-fonts/noto-sans-sc"
VERSION = "0.4.3"
SHA256 = {
    "Regular": "d45f67f0a7c0ca3f256950777ce6a61cc7ce5f9696d02900cbbaac25f8aa7d16",
    "Bold": "9a38ae0ab28cd5a256f9ea8e00dedc688aac17f7915fcb000572990afa956b96",
}
MEMBERS = {
    "Regular": "package/400Regular/NotoSansSC_400Regular.ttf",
    "Bold": "package/700Bold/NotoSansSC_700Bold.ttf",
}
TARGET = Path(__file__).resolve().parent.parent / "resources" / "fonts"

# The 276 of the 8105 characters of the table of general standard characters (2013) that GBK lacks: Unihan's kTGH.
STANDARD_TABLE_BEYOND_GBK = (
    "㑇㑊㕮㘎㙍㙘㙦㛃㛚㛹㟃㠇㠓㤘㥄㧐㧑㧟㫰㬊㬎㬚㭎㭕㮾㰀㳇㳘㳚㴔㵐㶲㸆㸌㺄㻬㽏㿠䁖䂮䃅䃎䅟䌹䎃䎖"
    "䏝䏡䏲䐃䓖䓛䓨䓫䓬䗖䗛䗪䗴䜣䝙䢺䢼䣘䥽䦃䲟䲠䲢䴓䴔䴕䴖䴗䴘䴙䶮鿍鿎鿏𠅤𠙶𠳐𡎚𡐓𣗋𣲗𣲘𣸣𤧛𤩽𤫉"
    "𥔲𥕢𥖨𥻗𦈡𦒍𦙶𦝼𦭜𦰡𧿹𨐈𨙸𨚕𨟠𨭉𨱇𨱏𨱑𨱔𨺙𩽾𩾃𩾌𪟝𪣻𪤗𪨰𪨶𪩘𪾢𫄧𫄨𫄷𫄸𫇭𫌀𫍣𫍯𫍲𫍽𫐄𫐐𫐓𫑡𫓧"
    "𫓯𫓶𫓹𫔍𫔎𫔶𫖮𫖯𫖳𫗧𫗴𫘜𫘝𫘦𫘧𫘨𫘪𫘬𫚕𫚖𫚭𫛭𫞩𫟅𫟦𫟹𫟼𫠆𫠊𫠜𫢸𫫇𫭟𫭢𫭼𫮃𫰛𫵷𫶇𫷷𫸩𬀩𬀪𬂩𬃊𬇕"
    "𬇙𬇹𬉼𬊈𬊤𬌗𬍛𬍡𬍤𬒈𬒔𬒗𬕂𬘓𬘘𬘡𬘩𬘫𬘬𬘭𬘯𬙂𬙊𬙋𬜬𬜯𬞟𬟁𬟽𬣙𬣞𬣡𬣳𬤇𬤊𬤝𬨂𬨎𬩽𬪩𬬩𬬭𬬮𬬱𬬸𬬹"
    "𬬻𬬿𬭁𬭊𬭎𬭚𬭛𬭤𬭩𬭬𬭯𬭳𬭶𬭸𬭼𬮱𬮿𬯀𬯎𬱖𬱟𬳵𬳶𬳽𬳿𬴂𬴃𬴊𬶋𬶍𬶏𬶐𬶟𬶠𬶨𬶭𬶮𬷕𬸘𬸚𬸣𬸦𬸪𬹼𬺈𬺓"
)

# Blocks taken whole, as far as the font has them. Private use, Hangul and emoji stay out.
BLOCKS = [
    (0x0020, 0x007E),  # Latin
    (0x00A0, 0x024F),  # Latin-1, Extended-A and -B: Lüliang, Xīn'ān
    (0x02B0, 0x036F),  # modifiers and combining accents
    (0x0370, 0x04FF),  # Greek, Cyrillic
    (0x1E00, 0x1EFF),  # Latin additional
    (0x2000, 0x27BF),  # punctuation, units, arrows, mathematics, circled numbers, boxes, shapes, symbols
    (0x2900, 0x2BFF),  # more arrows
    (0x2E80, 0x2FDF),  # radicals, which other programs' PDF text is full of
    (0x3000, 0x312F),  # CJK punctuation, kana, bopomofo
    (0x31C0, 0x31EF),  # strokes
    (0x3200, 0x33FF),  # enclosed CJK, squared units: ㎡ ㎞ ㏊
    (0x4E00, 0x9FFF),  # the basic ideographs
    (0xFB00, 0xFB04),  # ligatures that PDF text brings along
    (0xFE10, 0xFE6F),  # vertical and small forms
    (0xFF00, 0xFFEF),  # fullwidth and halfwidth
]


def main(arguments: list[str]) -> None:
    """Build everything; the only argument is a package already fetched."""
    with tempfile.TemporaryDirectory() as folder:
        archive = Path(arguments[0]) if arguments else fetch(Path(folder))
        weights = {name: build(archive, name) for name in MEMBERS}
        licence = read_member(archive, "package/LICENSE_FONT")
    (TARGET / "OFL.txt").write_bytes(licence)
    (TARGET / "metrics.json").write_text(metrics_text(weights), encoding="utf-8")


def fetch(folder: Path) -> Path:
    """Return the package file that npm puts into ``folder``."""
    subprocess.run(["npm", "pack", f"{PACKAGE}@{VERSION}"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return next(folder.glob("*.tgz"))


def read_member(archive: Path, name: str) -> bytes:
    """Return the bytes of one file of the package."""
    with tarfile.open(archive) as opened:
        member = opened.extractfile(name)
        if member is None:
            raise SystemExit(f"{archive}: {name} is not a file")
        return member.read()


def build(archive: Path, weight: str) -> TTFont:
    """Write the subset of one weight and return it, read back from the file."""
    source = read_member(archive, MEMBERS[weight])
    if (found := hashlib.sha256(source).hexdigest()) != SHA256[weight]:
        raise SystemExit(f"{MEMBERS[weight]}: another font than the one this script was made for ({found})")
    target = TARGET / f"NotoSansSC-{weight}.ttf"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "source.ttf")
        path.write_bytes(source)
        font = TTFont(path, recalcTimestamp=False)
        subset(font)
        separate_shared_glyphs(font)
        font.save(target)
    print(f"{target.name}: {len(font.getBestCmap())} characters, {target.stat().st_size / 1e6:.2f} MB")
    return TTFont(target)


def wanted_characters() -> set[int]:
    """Return GBK, the standard table and the blocks; what the font lacks of them falls away in the subset."""
    blocks = chain.from_iterable(range(first, last + 1) for first, last in BLOCKS)
    return {*blocks, *gbk_characters(), *map(ord, STANDARD_TABLE_BEYOND_GBK)}


def gbk_characters() -> Iterable[int]:
    """Yield the code points that Python's gbk codec can write, without control and private use characters."""
    for code in chain(range(0x20, 0x7F), range(0xA0, 0xD800), range(0xF900, 0x10000)):
        try:
            chr(code).encode("gbk")
        except UnicodeEncodeError:
            continue
        yield code


def subset(font: TTFont) -> None:
    """Keep the wanted glyphs only: no hints, no kerning, no vertical layout, so that widths are sums of advances."""
    options = Options()
    options.hinting = False
    options.layout_features = []
    options.glyph_names = False
    options.notdef_outline = True
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 7, 13, 14]
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "BASE", "STAT", "vhea", "vmtx", "kern"]
    worker = Subsetter(options)
    worker.populate(unicodes=wanted_characters())
    worker.subset(font)


def separate_shared_glyphs(font: TTFont) -> None:
    """Give every code point a glyph of its own.

    Noto draws ⼀ (U+2F00, a radical) and 一 (U+4E00) with one glyph; Qt's PDF writer then names the glyph by its lowest
    code point, and text copied from the page can't be found again. The rarer code point gets a copy by reference.
    """
    sharing = defaultdict(list)
    for code, glyph in font.getBestCmap().items():
        sharing[glyph].append(code)
    twins = {code: glyph for glyph, codes in sharing.items() for code in sorted(codes, key=rarity)[1:]}
    names = {code: f"twin{code:05X}" for code in twins}
    order = font.getGlyphOrder()
    font.setGlyphOrder([*order, *names.values()])
    for code, glyph in twins.items():
        add_reference(font, glyph, names[code])
    for table in font["cmap"].tables:
        table.cmap.update({code: name for code, name in names.items() if code in table.cmap})
    font["maxp"].numGlyphs = len(font.getGlyphOrder())


def rarity(code: int) -> tuple[bool, bool, int]:
    """Sort code points so that the one people type comes first."""
    radical = 0x2E80 <= code <= 0x2FDF
    try:
        chr(code).encode("gbk")
    except UnicodeEncodeError:
        return (radical, True, code)
    return (radical, False, code)


def add_reference(font: TTFont, glyph: str, name: str) -> None:
    """Add a glyph that looks and measures like another."""
    table = font["glyf"]
    if table[glyph].numberOfContours == 0:
        table.glyphs[name] = TTGlyphPen(None).glyph()
    else:
        pen = TTGlyphPen(table)
        pen.addComponent(glyph, (1, 0, 0, 1, 0, 0))
        table.glyphs[name] = pen.glyph()
    font["hmtx"][name] = font["hmtx"][glyph]


def metrics_text(weights: dict[str, TTFont]) -> str:
    """Return the metrics of all weights as JSON, widths and heights in thousandths of an em."""
    covered = [set(font.getBestCmap()) for font in weights.values()]
    metrics = {
        "source": f"{PACKAGE} {VERSION}",
        "units_per_em": 1000,
        "default_advance": 1000,
        "covered": ranges(set.intersection(*covered)),
        **{name.lower(): weight_metrics(font) for name, font in weights.items()},
    }
    return json.dumps(metrics, ensure_ascii=True, indent=1) + "\n"


def weight_metrics(font: TTFont) -> dict[str, Any]:
    """Return the vertical metrics of one weight, and {advance: characters} of all that are not 1 em wide."""
    if font["head"].unitsPerEm != 1000:
        raise SystemExit("the metrics file is in thousandths of an em")
    advances = defaultdict(list)
    for code, glyph in sorted(font.getBestCmap().items()):
        width = font["hmtx"][glyph][0]
        if width != 1000:
            advances[width].append(chr(code))
    return {
        "ascent": font["hhea"].ascent,
        "descent": -font["hhea"].descent,
        "cap_height": font["OS/2"].sCapHeight,
        "x_height": font["OS/2"].sxHeight,
        "advances": {str(width): "".join(characters) for width, characters in sorted(advances.items())},
    }


def ranges(codes: Iterable[int]) -> str:
    """Return the code points as hexadecimal ranges, both ends included: ``20-7E A0-103 110-113``."""
    found: list[list[int]] = []
    for code in sorted(codes):
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return " ".join(f"{first:X}-{last:X}" for first, last in found)


if __name__ == "__main__":
    main(sys.argv[1:])
