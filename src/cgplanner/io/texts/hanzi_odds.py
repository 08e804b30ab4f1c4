"""How likely bytes are as Chinese: a rough frequency of each character of GBK and Big5 in names of places, projects and people.

The two encodings overlap, so the question is never whether bytes can be text in one, but in which they are the likelier text.
Logarithms throughout, so that characters add up. Only characters and bytes here.
"""

from __future__ import annotations

import codecs
import functools
import unicodedata
from collections.abc import Iterable, Sequence

GB18030, BIG5 = "gb18030", "cp950"

# Frequent in ordinary text and in the names of the map; what a code page puts first counts next.
_SIMPLIFIED = frozenset(
    "安按岸八把坝白柏百班板版半办邦包保堡报碑北备被本泵比笔闭必边编便变标表别斌滨宾冰丙并玻波不布部才采彩蔡参仓操曹草"
    "层茶查差产昌场常长厂超朝车撤辰晨陈称城橙成程持池尺冲出除础储处川传幢春磁瓷此次从粗崔翠村存达打大戴带代待丹单但当"
    "导到道德得的灯等邓堤底地第点电店叠丁鼎定东冬董动栋都读杜度段断队对吨多而儿尔二发法繁烦反范饭芳方房防放非飞废分汾"
    "粉份丰峰风冯凤否符服福府复付附该改盖干杆感刚钢港高告格阁个各给根耕更庚工龚供公宫共沟古谷顾拐关观管馆灌光广规硅癸"
    "桂贵郭国果过海韩含旱航郝好号浩核和何合河贺黑很恒虹鸿宏红侯厚候后胡湖护花华划化话坏环还缓换黄灰辉回会汇绘活或货击"
    "基机积迹及即级几己技济计记嘉夹家加贾甲假尖间检见件建姜将江蒋焦胶交浇角教接街节杰结解界介斤金今锦进晋近精经井景静"
    "径九酒旧就居局据娟觉决均军竣开凯看考科可克客垦坑空孔控口库块快宽矿况扩拉来蓝兰览廊老乐雷磊类离理李里莉丽利例立力"
    "璃联梁两量亮了廖列林临零灵陵岭领另留刘流柳六龙隆楼卢路陆吕铝旅率绿略论罗裸落码马满毛么梅煤没每美门们孟米密面苗庙"
    "民敏明名命末莫漠亩墓木目牧那南男难内能泥拟你年宁纽农女排潘盘配彭鹏批偏片品坪平坡铺期七其旗祁起气千迁签钱前强桥乔"
    "切且秦禽沁青清情顷请秋邱球求区曲渠取去权泉全缺却确群然燃让热壬人任认日荣容如入软瑞润三桑色森砂沙山删商上少邵社设"
    "身深神审声生升省盛胜师失施湿十石时什实识史矢使式示世事是市试收手首寿受枢输书曙属术树数双水顺说斯思司死寺四似送宋"
    "苏素速算隧孙损缩索所他它她塔台泰太态滩谭炭汤塘堂唐涛陶特提题体替天添填田条铁厅听停庭通同铜统投头透图涂土推屯椭瓦"
    "外湾完万汪王网旺望韦围唯为委伟纬未魏位卫文问我污屋无吴武五戊物务误昔西溪系细霞下厦夏先显现县限线相襄乡祥想项巷橡"
    "像向象消小孝校肖效些谐写谢辛新忻心信星兴型形行杏性熊休修秀绣需徐许序畜续旋选薛学雪询压严颜眼艳堰燕验央杨阳养样遥"
    "姚要也业叶一医颐遗移已乙以亿意义因尹印英应营迎影永勇用由游有右又幼于盂榆余渔雨与宇玉峪育元袁原园员源远苑院约钥月"
    "云允运再在葬责择则泽曾闸宅寨展占战站漳张账沼赵者这真镇争整正政郑知之直殖值址指止只志至置峙制质治中钟终种重周州朱"
    "竹主筑住注专砖转桩庄状准着浊资紫子自字棕宗综总邹走组最左做作坐邸塬岚岢峁庵闫沱潇滹殡祠覃翡鑫"
)
_TRADITIONAL = frozenset(
    "一乙丁七九了二人入八力十又三下上也千口土大女子小山川工己已才不中丹之尹井五什今介元允內六公分切化升及反壬天太孔少"
    "尺屯心手文斤方日月木止比毛水片王丙世且主以付他代冬出加包北半去可古右司另只史台四外央失它左市布平幼必戊打本未末正"
    "民永玉瓦生用田由甲白目矢石示立交休件任份光先全共再冰列划印同各向名合因回地在多好她如字存宇宅安寺尖州年式成收曲有"
    "朱次此死江池污灰百竹米老考而自至色行西位住何佔似但作你余克別利刪即否吳呂告含坑址均坐夾孝完宋宏局序形志快我技把批"
    "投改旱更李杏村杜每求沙沁汪決沒汾男秀系肖育見角谷走身車辛辰邦那里防並事些使供例來兒兩其到制取受和周命坪坡委孟宗定"
    "居岸庚店府底性或房所拉拐放於旺昔昌明服東果林板武注沱泥河沼波法況治爭版牧物狀的盂直知社祁空者芳花表迎近邵邸邱金長"
    "門附雨青非亮信侯便保前則勇南卻厚品型城姜姚客屋峙巷度建很待後思恆按持指政施春是星查柏柳段泉流活泵為炭玻界癸省相看"
    "砂科秋紅約美胡苗英苑虹要計軍重限面韋風飛首值們個候修倉准剛原唐員夏娟孫家宮容展峪峰差師庫庭徑徐效旅時晉書校核根桂"
    "桑格氣泰消海浩特班畝畜留真祠神秦站粉素索紐級缺耕能航草茶袁記起送郝酒配院除馬高乾停假做偉偏務動區參商問唯國基堂密"
    "專將崔常帶庵張強彩得從情控接推採排教敏旋晨曹望梁桿梅條添清深率球理現瓷產略盛眼祥移第符粗統細組終莫莊莉處術被規許"
    "設責貨軟這通速透部郭都閉陵陳陸陶雪頃備傑最凱勝單喬圍場堤堰報堡就嵐幾廊彭復提換斯景曾替期朝棕棟森殖港游渠湖湯焦無"
    "然發程竣等筆結紫給華著街覃象賀貴超進鄉量開間隊陽隆雲項順飯馮黃黑傳匯園塘塗塔填塊廈意感想損新會業楊榆源溝溪煩煤瑞"
    "當碑萬禽節經置義群落葉葬董號裡解該試話詢資賈跡路農運道達過鄒閘雷電零鼎像嘉圖墓壽寧實寨對廖態撤旗榮漳漠滿漁熊爾磁"
    "福種稱管算精綜綠網翠翡臺與蓋裸認誤說賓趙遠遙銅閣需領鳳麼億劉寬審寫層幢廢廟廣廠影德數樣樁樞標樓樂澆潤潘熱璃盤確磊"
    "碼範緯編線緩膠蔣蔡衛衝請論賬質輝遷鄭鄧鋪鋁養噸墾學導戰據擇操整橙樹橢橡橋機澤濁燈燕燃盧磚積築縣興諧輸辦選遺錢鋼錦"
    "隧靜頭頤館龍儲壓嶺應戴擊擬曙檢濱濟濤濕營環縮總繁聲聯臨薛襄謝還霞韓鴻點擴斷殯礎繡舊藍豐轉醫鎮離雙顏題魏壞瀟簽繪羅"
    "識譚邊關難類鵬麗嚴礦蘇覺鐘屬灌續蘭覽護鐵顧權灘疊聽讀龔變顯驗體壩讓艷靈廳灣觀鑰忻岢硅閆斌滹鑫"
)

_SIGNS = frozenset("，。、：；！？“”‘’（）《》〈〉【】—…·～－＋×÷±≥≤≠℃°㎡㎜㎝㎞№§φΦαβδπ①②③④⑤⑥⑦⑧⑨⑩ⅠⅡⅢⅣⅤⅥ→↑↓←★●■▲／＃＆％＝．")

# The logarithm of about how often one character of a class comes.
_FREQUENT, _FIRST_LEVEL, _SECOND_LEVEL, _REST, _AS_LETTERS = -6.7, -9.4, -11.2, -13.0, -16.0
_OTHER_SCRIPT = -10.5  # a frequent character of Taiwan in GBK
_SIGN, _RARE_SIGN, _FOUR_BYTES, _NO_HANZI = -8.5, -15.0, -14.0, -20.0


_NO_TEXT = -16.0  # for two bytes that are no character
_ENOUGH = 600  # values tell


def decode_cut(value: bytes, codec: str) -> str | None:
    """Return the text without a half character at its end; None when the bytes are not in this encoding."""
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        text = decoder.decode(value, final=False)
    except UnicodeDecodeError:
        return None
    pending = decoder.getstate()[0]
    return text if len(pending) < 4 and (text or not pending) else None


def likelihood(values: Sequence[bytes], codec: str) -> tuple[float, int]:
    """Return the logarithm of how likely the values are as Chinese of this encoding, and of how many characters that is."""
    total, count = 0.0, 0
    for value in values[:: max(1, len(values) // _ENOUGH)]:
        text = decode_cut(value, codec)
        if text is None:
            total += _NO_TEXT * sum(byte >= 0x80 for byte in value) / 2
            continue
        marks = [weight(char, codec) for char in text if not char.isascii()]
        total, count = total + sum(marks), count + len(marks)
    return total, count


def mean_weight(values: Iterable[bytes], codec: str) -> float:
    """Return the likelihood by the character: about -7 for names of places, -9 for names of people, below -12 for noise."""
    total, count = likelihood([value for value in values if decode_cut(value, codec) is not None], codec)
    return total / count if count else _NO_HANZI


@functools.lru_cache(maxsize=65_536)
def weight(char: str, codec: str) -> float:
    """Return the logarithm of how often a character that is not ASCII comes in Chinese of this encoding, GBK or Big5."""
    return _weight_gbk(char) if codec == GB18030 else _weight_big5(char)


def _weight_gbk(char: str) -> float:
    if char in _SIMPLIFIED:
        return _FREQUENT
    if char in _TRADITIONAL:
        return _OTHER_SCRIPT
    if _is_sign(char):
        return _SIGN
    raw = char.encode(GB18030, "replace")
    if len(raw) != 2:
        return _FOUR_BYTES if unicodedata.name(char, "").startswith("CJK UNIFIED") else _NO_HANZI
    return _weight_of_bytes(*raw)


def _weight_of_bytes(lead: int, trail: int) -> float:
    if 0xB0 <= lead <= 0xF7 and trail >= 0xA1:  # the hanzi of GB 2312, the frequent ones first
        return _FIRST_LEVEL if lead <= 0xD7 else _SECOND_LEVEL
    if lead >= 0xC0 and trail < 0x80:  # what a Western accent and the letter after it would make
        return _AS_LETTERS
    return _REST if lead <= 0xA0 or (lead >= 0xAA and trail < 0xA1) else _RARE_SIGN


def _weight_big5(char: str) -> float:
    if char in _TRADITIONAL:
        return _FREQUENT
    if _is_sign(char):
        return _SIGN
    raw = char.encode(BIG5, "replace")
    if len(raw) != 2:
        return _NO_HANZI
    if 0xA4 <= raw[0] <= 0xC6:
        return _FIRST_LEVEL
    return _RARE_SIGN if raw[0] < 0xA4 else _SECOND_LEVEL


def _is_sign(char: str) -> bool:
    return char in _SIGNS or "０" <= char <= "９" or "Ａ" <= char <= "Ｚ" or "ａ" <= char <= "ｚ"
