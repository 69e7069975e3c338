"""Roles from titles, in English and Chinese, and the titles that set traps."""

from __future__ import annotations

import pytest

from connector.domain.matrix import role_of
from connector.domain.roles import meets
from tests.domain.placing.documents import matrix

DECIDES = """CEO|ＣＥＯ|Co-Founder & CEO|Chief Information Officer|General Manager|Deputy General Manager
VP Sales|Vice President
Head of Procurement|Purchasing Director|Owner|Managing Partner|Student Affairs Director
Director of Student Services|Dean of Students
总经理|副总经理|常务副总经理|副总裁|采购总监|董事长|创始人|首席技术官|研究生院院长|老板"""
INFLUENCES = """IT Manager|Team Lead|Product Manager|Product Owner|HR Business Partner
Assistant to the CEO|Chief of Staff
Executive Assistant to the Vice President|Associate Director|International Sales Manager|部门经理|IT主管
产品经理|总经理助理|总裁办主任
董事会秘书|首席科学家|采购经理|项目经理|总经理办公室主任|CTO办公室"""
USES = """Software Engineer|Account Executive|Marketing Executive|Key Account Manager|Analyst|Secretary
Sales Assistant
软件工程师|高级工程师|采购专员|客户经理|总经理秘书|销售总监助理|会计|管培生"""
STUDIES = """Student|Intern|Marketing Intern|PhD student|Graduate Student|MBA candidate|Undergraduate
实习生|在校生|研究生|本科生|在读博士|应届毕业生|学生会主席|产品经理实习生"""
TELLS_NOTHING = """|Internal Auditor|Mr.|Partnering|Retired CEO|自由职业|---|🙂"""


@pytest.mark.parametrize(
    ("titles", "role"),
    [
        (DECIDES, "decision-maker"),
        (INFLUENCES, "influencer"),
        (USES, "user"),
        (STUDIES, "student"),
        (TELLS_NOTHING, "unknown"),
    ],
)
def test_a_title_tells_the_role(titles: str, role: str) -> None:
    assert {
        title: role_of(matrix(), title) for title in titles.replace("\n", "|").split("|")
    } == dict.fromkeys(titles.replace("\n", "|").split("|"), role)


def test_a_minimum_role_is_met_by_itself_and_those_above_it() -> None:
    assert meets("decision-maker", "influencer")
    assert meets("influencer", "influencer")
    assert not meets("user", "influencer")
    assert meets("unknown", "unknown")
    assert not meets("student", "unknown")
