"""Names of people, Chinese and others: split for systems that want two fields, joined for those that show one."""

from __future__ import annotations

import re
import unicodedata

_COMPOUND_NAMES = """
欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台
皇甫 宗政 濮阳 公冶 太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘
子车 亓官 司寇 巫马 公西 颛孙 壤驷 公良 漆雕 乐正 宰父 谷梁 拓跋 夹谷 轩辕 令狐
段干 百里 呼延 东郭 南门 羊舌 微生 梁丘 左丘 东门 西门 第五 歐陽 司馬 東方 諸葛
尉遲 公孫 長孫
"""
_COMPOUND = frozenset(_COMPOUND_NAMES.split())
_SINGLE = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗凤花方俞任袁柳"
    "酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄和穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞"
    "熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓"
    "郁单杭洪包诸左石崔吉钮龚程嵇邢滑裴陆荣翁荀羊於惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫"
    "宁仇栾暴甘钭厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥能苍双闻莘党翟谭贡劳逄姬申扶堵冉"
    "宰郦雍却璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎戈廖庾终暨居衡步都耿满弘匡国文寇广禄阙东欧"
    "殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜养鞠须丰巢关蒯相查后荆红游竺权逯盖益桓公仉督岳帅缑亢况郈有琴归海"
    "晋楚闫法汝鄢涂钦肖付代仝冼佟苟原冶初宛展昂柯苑覃邸邝阳雒揭 趙錢孫吳鄭馮陳衛蔣韓楊許呂張嚴華魏謝鄒蘇葉劉羅畢顧黃蕭賀鄧陸"
    "龔鍾盧賴譚龍萬喬莊溫齊湯遲閻關鄺區".replace(" ", "")
)
_HONORIFIC = re.compile(
    r".{1,2}(先生|女士|小姐|太太|老师|老師|总|總|总监|经理|經理|主任|博士|教授|处长|科长|部长|院长|校长|医生|师傅)|.[工董]"
)
_CHINESE = re.compile(r"[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f]+")
_BLANK = re.compile(r"[\s\u200b\u3000\ufeff]+")
_PUNCTUATION = re.compile(r"[\s.,·'’-]+")
_PARTICLE_WORDS = "al ap ben bin da de del della den der di dos du el ibn la le san st ten ter van von y zu"
_PARTICLES = frozenset(_PARTICLE_WORDS.split())


def tidy(name: str) -> str:
    """Width folded, blanks made single."""
    return _BLANK.sub(" ", unicodedata.normalize("NFKC", name)).strip()


def is_chinese(name: str) -> bool:
    """Whether every character is a Chinese one (blanks and the dot in 阿凡提·艾山 aside)."""
    return _CHINESE.fullmatch(name.replace(" ", "").replace("·", "")) is not None


def split_name(name: str) -> tuple[str, str]:
    """(first, last). A name that cannot be split goes whole into the last name, which CRMs require: a Chinese one with
    an unknown surname, a title instead of a given name (王总) or a dot in it, and a single word."""
    plain = tidy(name)
    if is_chinese(plain):
        return _split_chinese(plain)
    if "," in plain:
        last, _, first = plain.partition(",")
        return first.strip(), last.strip()
    words = plain.split(" ")
    at = len(words) - 1
    while at > 1 and words[at - 1].casefold() in _PARTICLES:
        at -= 1
    return " ".join(words[:at]), " ".join(words[at:])


def _split_chinese(name: str) -> tuple[str, str]:
    joined = name.replace(" ", "")
    if " " in name:
        last, _, first = name.partition(" ")
        known = last in _COMPOUND or last in _SINGLE
        return (first.replace(" ", ""), last) if known else ("", joined)
    if "·" in joined or _HONORIFIC.fullmatch(joined):
        return "", joined
    if joined[:2] in _COMPOUND and 3 <= len(joined) <= 4:
        return joined[2:], joined[:2]
    if joined[:1] in _SINGLE and 2 <= len(joined) <= 3:
        return joined[1:], joined[:1]
    return "", joined


def join_name(first: str, last: str) -> str:
    """The name as it is said: 欧阳 + 娜娜 without a blank and surname first, John + Smith with one."""
    given, family = tidy(first), tidy(last)
    if given and family and is_chinese(given) and is_chinese(family):
        return f"{family}{given}"
    return f"{given} {family}".strip()


def may_be_one(one: str, other: str) -> bool:
    """Whether two names may be one person's: equal however written and in whatever order, one a part of the other (王 and
    王伟), a title in place of a given name (王总), or unknown."""
    first, second = _folded(one), _folded(other)
    if not first or not second:
        return True
    if is_chinese(first) and is_chinese(second):
        return _within(first, second) or _within(second, first)
    words, others = frozenset(first.split(" ")), frozenset(second.split(" "))
    joined = first.replace(" ", ""), second.replace(" ", "")
    return words <= others or others <= words or joined[0] in joined[1] or joined[1] in joined[0]


def _folded(name: str) -> str:
    plain = _PUNCTUATION.sub(" ", tidy(name).casefold()).strip()
    if not is_chinese(plain):
        return plain
    joined = plain.replace(" ", "")
    return _surname(joined) if _HONORIFIC.fullmatch(joined) else joined


def _surname(name: str) -> str:
    return name[:2] if name[:2] in _COMPOUND else name[:1]


def _within(part: str, whole: str) -> bool:
    """Also when the whole is said given name first (伟王)."""
    return part in whole + whole
