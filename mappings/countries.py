"""Country names as people type them in English and Chinese, to ISO 3166 codes. What is not here stays as typed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_NAMES = """
AE unitedarabemirates uae 阿联酋
AR argentina 阿根廷
AT austria 奥地利
AU australia 澳大利亚 澳洲
BE belgium 比利时
BR brazil 巴西
CA canada 加拿大
CH switzerland 瑞士
CL chile 智利
CN china chn prc p.r.china p.r.c mainlandchina chinamainland people'srepublicofchina 中国 中国大陆 中国内地 中华人民共和国
CZ czechia czechrepublic 捷克
DE germany deutschland 德国
DK denmark 丹麦
ES spain 西班牙
FI finland 芬兰
FR france 法国
GB unitedkingdom uk england greatbritain 英国
HK hongkong hongkongsar 香港 中国香港
HU hungary 匈牙利
ID indonesia 印度尼西亚 印尼
IE ireland 爱尔兰
IL israel 以色列
IN india 印度
IT italy 意大利
JP japan 日本
KR southkorea korea republicofkorea 韩国
MO macao macau 澳门 中国澳门
MX mexico 墨西哥
MY malaysia 马来西亚
NL netherlands thenetherlands holland 荷兰
NO norway 挪威
NZ newzealand 新西兰
PH philippines 菲律宾
PK pakistan 巴基斯坦
PL poland 波兰
PT portugal 葡萄牙
QA qatar 卡塔尔
RU russia russianfederation 俄罗斯
SA saudiarabia 沙特阿拉伯 沙特
SE sweden 瑞典
SG singapore 新加坡
TH thailand 泰国
TR turkey türkiye 土耳其
TW taiwan 台湾 中国台湾
UA ukraine 乌克兰
US unitedstates unitedstatesofamerica usa u.s u.s.a america 美国
VN vietnam 越南
ZA southafrica 南非
"""


def _codes() -> dict[str, str]:
    lines = (line.split() for line in _NAMES.strip().splitlines())
    return {name: code for code, *names in lines for name in (code.casefold(), *names)}


CODES: Mapping[str, str] = MappingProxyType(_codes())
"""ISO code by name, folded (see `numbers.folded`)."""
