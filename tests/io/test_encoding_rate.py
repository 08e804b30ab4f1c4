"""Tables of place names in six encodings, with right, wrong and missing marks: 99 of 100 right, and no error in silence."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from cgplanner.io.texts.encoding import decode_all, find_encoding
from cgplanner.io.vector import read_layer

COUNTIES = [
    "太原市",
    "晋中市",
    "忻州市",
    "吕梁市",
    "阳泉市",
    "小店区",
    "迎泽区",
    "杏花岭区",
    "尖草坪区",
    "万柏林区",
    "晋源区",
    "清徐县",
    "阳曲县",
    "娄烦县",
    "古交市",
    "榆次区",
    "太谷区",
    "榆社县",
    "左权县",
    "和顺县",
    "昔阳县",
    "寿阳县",
    "祁县",
    "平遥县",
    "灵石县",
    "介休市",
    "忻府区",
    "定襄县",
    "五台县",
    "代县",
    "繁峙县",
    "宁武县",
    "静乐县",
    "神池县",
    "五寨县",
    "岢岚县",
    "河曲县",
    "保德县",
    "偏关县",
    "原平市",
    "离石区",
    "文水县",
    "交城县",
    "兴县",
    "临县",
    "柳林县",
    "石楼县",
    "岚县",
    "方山县",
    "中阳县",
    "交口县",
    "孝义市",
    "汾阳市",
    "平定县",
    "盂县",
    "垚",
    "崞阳镇",
    "滹沱河",
    "潇河",
    "鑫淼建材",
    "瑾瑜苑",
    "翡翠湾",
    "锦绣华庭",
    "颐和嘉园",
    "晟邦",
]
PROJECTS = ["", "产业园", "一期", "道路工程", "污水处理厂", "3号地块", "A区", "至榆次公路", "(规划)", "2024年"]
RARE = ["㐂村", "䶮镇", "𠮷县", "㙦坡", "𬱖家庄"]  # four bytes each in GB 18030
TRADITIONAL = [
    "臺北市",
    "新北市",
    "桃園市",
    "臺中市",
    "臺南市",
    "高雄市",
    "新竹縣",
    "苗栗縣",
    "彰化縣",
    "南投縣",
    "雲林縣",
    "嘉義縣",
    "屏東縣",
    "宜蘭縣",
    "花蓮縣",
    "臺東縣",
    "澎湖縣",
    "金門縣",
    "連江縣",
    "中正區",
    "大同區",
    "松山區",
    "大安區",
    "萬華區",
    "信義區",
    "士林區",
    "北投區",
    "內湖區",
    "南港區",
    "文山區",
    "國道一號",
    "鐵路車站",
    "九龍",
    "屯門",
    "沙田",
]
ENDINGS = ["", "鐵路站", "國道", "第3號", "公園", "污水處理廠"]
WESTERN = [
    "Côte d'Ivoire",
    "São Tomé",
    "México",
    "Åland",
    "Straße",
    "Curaçao",
    "Köln",
    "Québec",
    "Zürich",
    "Málaga",
    "Besançon",
    "Göteborg",
    "Genève",
    "Bogotá",
]
SETS = {
    "utf-8": ([*COUNTIES, *TRADITIONAL], PROJECTS),
    "gbk": (COUNTIES, PROJECTS),
    "gb18030": ([a + b for a in COUNTIES for b in RARE], PROJECTS),
    "cp950": (TRADITIONAL, ENDINGS),
    "cp1252": (WESTERN, [""]),
}
MARKS = [None, "", "OEM", "UTF-8", "GBK", "GB18030", "BIG5", "1252"]


def tables(codec: str) -> Iterator[list[str]]:
    chance = random.Random(codec)  # noqa: S311  the same tables in every run
    names, ends = SETS[codec]
    for size in (1, 1, 2, 3, 5, 20):
        for _ in range(15):
            yield [chance.choice(names) + chance.choice(ends) for _ in range(size)]


@pytest.mark.parametrize("codec", SETS)
def test_texts_are_right_whatever_the_marks_say(codec: str) -> None:
    tried, wrong, silent = 0, [], []
    for table in tables(codec):
        raw = [text.encode(codec) for text in table]
        for mark in MARKS:
            for language_byte in (0, 0x57, 0x4D, 0x78) if mark is None else (0, 0x4D):
                found = find_encoding([each for each in raw if not each.isascii()], cpg=mark, ldid=language_byte)
                decoded = decode_all(raw, found.codec)
                tried += 1
                if decoded.texts != table:
                    wrong.append((table[0], mark, language_byte, found))
                    said = found.overruled or decoded.damaged or decoded.cut or found.how == "assumed"
                    silent += [] if said else [wrong[-1]]
    assert tried == 90 * (4 + 2 * 7)
    assert len(wrong) <= tried // 100, wrong[:5]
    assert silent == []


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_the_sixth_is_utf16_in_a_table_of_text(tmp_path: Path, codec: str) -> None:
    chance = random.Random(codec)  # noqa: S311  as above
    names = [chance.choice(COUNTIES) + chance.choice(PROJECTS) for _ in range(20)]
    lines = "".join(f"{name},{112 + row / 100:.4f},37.8001\n" for row, name in enumerate(names))
    (tmp_path / "a.csv").write_bytes(f"名称,经度,纬度\n{lines}".encode(codec))
    assert read_layer(tmp_path / "a.csv").table.column("名称").values() == names
