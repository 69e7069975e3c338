"""Invented people, companies and sentences for seeding a sandbox, Chinese and English. Any likeness is chance."""

from __future__ import annotations

SURNAMES_ZH = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶"
)
GIVEN_ZH = (
    "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇", "艳", "杰", "娟", "涛", "明", "超", "秀英",
    "霞", "平", "刚", "桂英", "建国", "建华", "文博", "雨桐", "子涵", "欣怡", "梓萱", "浩然", "宇轩", "思远", "志强", "晓东",
)  # fmt: skip
FIRST_EN = (
    "Olivia", "Noah", "Amelia", "Liam", "Sofia", "Ethan", "Maya", "Lucas", "Priya", "Oscar", "Hannah", "Diego",
    "Ingrid", "Marcus", "Chloe", "Tomas", "Aisha", "Felix", "Nora", "Victor", "Elena", "Samuel", "Grace", "Hugo",
)  # fmt: skip
LAST_EN = (
    "Bennett", "Okafor", "Lindqvist", "Moreno", "Fischer", "Novak", "Hughes", "Tanaka", "Kaur", "Rossi", "Dubois",
    "Larsen", "Petrov", "Silva", "Murphy", "Weber", "Haddad", "Nguyen", "Costa", "Byrne", "Jansen", "Popescu",
)  # fmt: skip

PLACES_ZH = ("上海", "北京", "深圳", "杭州", "苏州", "成都", "武汉", "南京", "广州", "青岛", "宁波", "西安")
STEMS_ZH = (
    "云帆", "恒信", "启明", "华睿", "海晟", "锐科", "博远", "正泽", "天衡", "瑞诚", "盛景", "卓凡", "新岭", "远图",
    "嘉禾", "凌川", "百川", "晨曦", "沃野", "中联", "众合", "蓝湾", "鼎力", "融汇",
)  # fmt: skip
TRADES_ZH = {
    "manufacturing": "精密制造",
    "retail": "商贸",
    "software": "软件",
    "logistics": "供应链",
    "healthcare": "医疗科技",
    "education": "教育科技",
}
STEMS_EN = (
    "Northwind", "Harbor", "Bluepeak", "Ironbridge", "Cedar", "Summit", "Lumen", "Atlas", "Meridian", "Quarry",
    "Redwood", "Falcon", "Sterling", "Oakfield", "Granite", "Beacon", "Juniper", "Vertex", "Willow", "Argent",
)  # fmt: skip
TRADES_EN = {
    "manufacturing": "Manufacturing",
    "retail": "Retail Group",
    "software": "Software",
    "logistics": "Logistics",
    "healthcare": "Health Systems",
    "education": "Learning",
}

TITLES = {
    "zh": {
        "decision-maker": ("总经理", "副总裁", "首席信息官", "市场总监", "采购总监"),
        "influencer": ("市场部经理", "IT主管", "项目经理", "运营经理"),
        "user": ("市场专员", "工程师", "数据分析师"),
        "student": ("实习生", "在校学生"),
    },
    "en": {
        "decision-maker": ("CEO", "VP Marketing", "Chief Information Officer", "Director of Operations"),
        "influencer": ("Marketing Manager", "IT Manager", "Project Manager"),
        "user": ("Marketing Specialist", "Engineer", "Data Analyst"),
        "student": ("Intern", "Student"),
    },
}

SOURCES = ("organic search", "paid search", "social", "referral", "email", "event", "direct traffic")

SAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "problem-education": {
        "zh": (
            "我们的线索转化率一直很低，想了解一下原因是什么",
            "销售总说市场给的线索质量差，这个问题一般怎么解决？",
            "想下载贵司的行业白皮书看看趋势",
            "线索跟进老是漏掉，大家都是怎么管理的？",
        ),
        "en": (
            "Our lead conversion keeps dropping and we do not understand why",
            "Sales says our leads are worthless. How do others deal with this?",
            "Could you send me the white paper on lead management trends?",
            "We keep losing track of follow-ups, what causes that usually?",
        ),
    },
    "solution-research": {
        "zh": (
            "能不能给我们安排一次产品演示？",
            "你们的方案适合离散制造业的场景吗？",
            "能和我们现在的ERP系统对接集成吗？",
            "有没有同行业的客户案例可以参考？",
        ),
        "en": (
            "Could we book a demo of the product next week?",
            "Does it fit a scenario with several regional sales teams?",
            "How does it integrate with our existing ERP?",
            "Do you have a case study from our industry?",
        ),
    },
    "solution-selection": {
        "zh": (
            "请发一份报价，我们想了解收费模式",
            "和销售易相比你们的优势在哪里？价格差多少？",
            "实施周期多长？合同怎么签？",
            "我们下个月招标，需要安全评估材料",
        ),
        "en": (
            "Please send us a quote and explain the pricing model",
            "How do you compare with Marketo, and what is the price difference?",
            "How long does implementation take, and what are the contract terms?",
            "We run a tender next month and need your security review documents",
        ),
    },
}

CHATTER: dict[str, tuple[str, ...]] = {
    "zh": ("好的谢谢", "收到，我先看看", "节后再联系吧", "麻烦再发一遍资料"),
    "en": (
        "Thanks, got it",
        "Let me get back to you",
        "I am on holiday until Monday",
        "Could you resend that?",
    ),
}

FORMS = {
    "white-paper": ("White paper: lead management | 线索管理白皮书", "download"),
    "newsletter": ("Newsletter subscription | 订阅行业资讯", "subscription"),
    "demo": ("Request a demo | 预约演示", "demo_request"),
    "contact-sales": ("Contact sales | 联系销售", "form"),
}

PAGES = {
    "problem-education": ("/blog/why-leads-are-lost", "/resources/white-paper", "/blog/trends"),
    "solution-research": ("/product/overview", "/customers/case-studies", "/product/integrations"),
    "solution-selection": ("/pricing", "/compare/marketo", "/security"),
}

REPS = (
    ("赵敏", "zhao.min", "key-accounts"),
    ("Marcus Weber", "marcus.weber", "key-accounts"),
    ("孙磊", "sun.lei", "field"),
    ("Nora Hughes", "nora.hughes", "field"),
    ("钱芳", "qian.fang", "telesales"),
    ("Diego Silva", "diego.silva", "telesales"),
)
SDRS = (("周晓", "zhou.xiao"), ("Hannah Byrne", "hannah.byrne"))
MANAGER = ("李建华", "li.jianhua")
STAFF_DOMAIN = "seller.example"


def staff_email(login: str) -> str:
    """The e-mail address of somebody who works for us."""
    return f"{login}@{STAFF_DOMAIN}"


def parted(name: str) -> tuple[str, str]:
    """(first, last) of a staff name: Chinese names have the surname first and no space."""
    first, _, last = name.partition(" ")
    return (first, last) if last else (name[1:], name[:1])
