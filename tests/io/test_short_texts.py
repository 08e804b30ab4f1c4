"""Tables of one to three short values, as somebody who has not seen the detector makes them: rare names, signs, people.

The names are of other provinces, of people and of things, so that nothing the detector knows by heart helps it.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from shapefile_bytes import dbf_bytes

from cgplanner.io.texts.encoding import decode_all, find_encoding
from cgplanner.io.vector import read_layer

PLACES = (
    "井陉县 行唐县 灵寿县 赞皇县 涞水县 阜平县 涞源县 望都县 曲阳县 蠡县 博野县 府谷县 神木市 佳县 吴堡县 绥德县 "
    "米脂县 清涧县 子洲县 涉县 磁县 邯山区 峰峰矿区 丛台区 蔚县 怀仁市 应县 右玉县 浑源县 隰县 汾西县 蒲县 垣曲县 "
    "芮城县 绛县 稷山县 阳城县 陵川县 沁水县 漷县镇 朤家沟 垴上村 峁底 桑峪 圪垯村 崞阳镇 碛口镇 塬上 硖石 坨里镇 "
    "窑子头 洼里 坩埚窑"
)
PEOPLE = "欧阳靖 司马懿 慕容婕 邹珂 蒲璐 阮琦 滕骁 褚遂良 鞠萍 晏殊 佟湘玉 祝融 符皓 童谣 涂磊 单雄信 尉迟恭 柯景腾 阎维文 芦苇"
THINGS = (
    "西环路３６号 （北侧）2＃楼 K12+350处 G20青银高速 B-12地块 120㎡ ②号井 Ⅲ级 φ600管 ≥20% 2×350MW 35kV变电站 "
    "№3 9月 “多规合一” 在用 拟建 撤销 有效 其他 优 良 甲 坏 真 假 沥青路面 碎石路 人行天桥 雨水口 检查井 加油站 "
    "变电所 猪场 果园 盐碱地 沟渠 农村道路"
)
TAIWAN = (
    "頭份市 竹南鎮 苑裡鎮 後龍鎮 員林市 溪湖鎮 虎尾鎮 斗六市 北港鎮 朴子市 布袋鎮 新營區 善化區 佳里區 永康區 鳳山區 "
    "楠梓區 林園區 潮州鎮 東港鎮 恆春鎮 羅東鎮 蘇澳鎮 頭城鎮 玉里鎮 臺東市 馬公市 都市計畫圖 現況調查 污水下水道 "
    "變電所 人行陸橋"
)
RARE = "㐂村 䶮口 𠮷峪 㙦头 𬒗坪"
POOLS = {
    "places": ("gb18030", PLACES.split()),
    "people": ("gb18030", PEOPLE.split()),
    "things": ("gb18030", THINGS.split()),
    "rare": ("gb18030", RARE.split()),
    "utf8": ("utf-8", f"{PLACES} {PEOPLE} {THINGS} {RARE} {TAIWAN}".split()),
    "taiwan": ("cp950", TAIWAN.split()),
}
CPG = [
    "936",
    "GB2312",
    "ANSI 936",
    "CP936",
    "\ufeffUTF-8",
    "65001",
    "OEM",
    "SYSTEM",
    "",
    "ISO-8859-1",
    "8859-1",
    "BIG5",
    "949",
    "SHIFT_JIS",
]
LANGUAGE_BYTES = [0, 0x4D, 0x57, 0x78, 0x7B, 0x13, 0x4E, 0x79, 0x03]


def tables(pool: str) -> Iterator[tuple[list[str], str | None, int]]:
    """Give texts with a mark that may be right, wrong or missing."""
    chance = random.Random(pool)  # noqa: S311  the same tables in every run
    words = POOLS[pool][1]
    for table in [[word] for word in words] + [chance.choices(words, k=size) for size in (2, 3) for _ in range(15)]:
        yield from ((table, mark, 0) for mark in CPG)
        yield from ((table, None, byte) for byte in LANGUAGE_BYTES)


def judged(table: list[str], codec: str, mark: str | None, language_byte: int) -> str:
    raw = [text.encode(codec) for text in table]
    found = find_encoding([each for each in raw if not each.isascii()], cpg=mark, ldid=language_byte)
    decoded = decode_all(raw, found.codec)
    if decoded.texts == table:
        return "right, flagged" if found.unsure else "right"
    said = found.overruled or found.unsure or decoded.damaged or decoded.cut or found.how == "assumed"
    return "asked" if said else "silent"


@pytest.mark.parametrize("pool", POOLS)
def test_short_texts_are_right_or_said_to_be_unsure(pool: str) -> None:
    codec = POOLS[pool][0]
    count = Counter(judged(table, codec, mark, byte) for table, mark, byte in tables(pool))
    assert count["silent"] == 0
    assert count["right"] + count["right, flagged"] >= (0.93 if pool == "taiwan" else 0.99) * count.total(), count
    assert count["right, flagged"] <= (0.3 if pool == "taiwan" else 0.1) * count.total(), count


def test_all_short_texts_together_are_right_in_99_of_100() -> None:
    found = [judged(table, POOLS[pool][0], mark, byte) for pool in POOLS for table, mark, byte in tables(pool)]
    assert sum(each.startswith("right") for each in found) >= 0.99 * len(found)


@pytest.mark.parametrize(("codec", "mark"), [("cp949", "EUC-KR"), ("cp932", "SHIFT_JIS")])
def test_korean_and_japanese_are_read_by_their_marks_and_not_taken_for_chinese_without(codec: str, mark: str) -> None:
    words = {"cp949": "서울특별시 도시계획 부산광역시 해운대구 강남구", "cp932": "東京都 横浜市 さいたま市 道路計画 公園"}[
        codec
    ].split()
    raw = [word.encode(codec) for word in words]
    assert decode_all(raw, find_encoding(raw, cpg=mark).codec).texts == words
    found = find_encoding(raw)
    assert found.unsure or found.how == "assumed"


def test_what_is_unsure_is_said_with_its_example(tmp_path: Path) -> None:
    (tmp_path / "a.dbf").write_bytes(dbf_bytes([(b"DM", "C", 10)], [["XX旱地".encode("gbk")]], ldid=0x78))
    report = read_layer(tmp_path / "a.dbf").report
    note = next(note for note in report.notes if note.code == "encoding-unsure")
    assert (note.examples, note.severity) == (("XX旱地".encode("gbk").decode("cp950"),), "warning")
    assert report.encoding == "Big5"
    (tmp_path / "b.dbf").write_bytes(dbf_bytes([(b"DM", "C", 10)], [["地块0".encode("gbk")]], ldid=0x4D))
    usual = next(note for note in read_layer(tmp_path / "b.dbf").report.notes if note.code == "encoding-unsure")
    assert (usual.examples, usual.severity) == (("地块0",), "info")
    again = read_layer(tmp_path / "a.dbf", encoding="GBK")
    assert (again.table.column("DM").value(0), again.report.has("encoding-unsure")) == ("XX旱地", False)


def test_fields_and_values_cut_in_half_characters_keep_the_encoding(tmp_path: Path) -> None:
    for codec in ("utf-8", "gbk"):
        for width in range(5, 12):
            raw = [["建设用地规划许可".encode(codec)[:width]], ["崞阳镇".encode(codec)[:width]]]
            (tmp_path / "a.dbf").write_bytes(dbf_bytes([("所属行政区划".encode(codec)[:10], "C", width)], raw))
            table = read_layer(tmp_path / "a.dbf").table
            name = "所属行" if codec == "utf-8" else "所属行政区"
            assert [each.name for each in table.schema] == [name]
            characters = width // (3 if codec == "utf-8" else 2)
            assert table.column(name).values() == ["建设用地规划许可"[:characters], "崞阳镇"[:characters]]
