"""The sentences being enforced, verbatim, with where they stand and how far their wording is confirmed.

Article numbers stay empty: none of the texts at hand shows the number of the article that holds the prohibitions.
``confidence``: A readable with its article number, B readable without it, C phrases put in order by the compiler,
D secondary source.
"""

from __future__ import annotations

from harness.model import Clause

MEASURES_URL = "https://www.gov.cn/zhengce/zhengceku/202601/content_7056375.htm"
_MEASURES = "《政务移动互联网应用程序规范化管理办法》"
_MEASURES_NUMBER = "国办函〔2026〕12号"
_MEASURES_DATE = "2026-01-25"
# The five items are no sentences of their own: what makes them prohibitions is the sentence before them.
_NOT_ALLOWED = "主办（使用）单位应规范政务应用程序建设、使用管理，不得出现下列情况：……"

COMPULSORY_FUNCTIONS = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="（二）",
    quote=(
        f"{_NOT_ALLOWED}（二）除安保、应急等特殊场景规定外，政务应用程序设置打卡签到、积分排名、统计在线时长等强制性功能"
    ),
    confidence="B",
    url=MEASURES_URL,
)

FORCED_PROMOTION = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="（三）",
    quote=f"{_NOT_ALLOWED}（三）强制推广下载使用政务应用程序，考核通报用户安装使用率，强制要求定期登录",
    confidence="B",
    url=MEASURES_URL,
)

APPRAISAL_BY_APP = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="（四）",
    quote=(
        f"{_NOT_ALLOWED}（四）把政务应用程序异化为工作考核日常化、督查检查线上化的主要载体，将点赞量、网络投票数、转发量、学习时长等作为考评依据，"
        "非必要情况下强制要求下级和基层单位通过政务应用程序上传工作照片、视频和轨迹等"
    ),
    confidence="B",
    url=MEASURES_URL,
)

COMMERCE = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="（五）",
    quote=f"{_NOT_ALLOWED}（五）使用政务应用程序从事经营性活动。",
    confidence="B",
    url=MEASURES_URL,
)

SCOPE_OF_DEVELOPERS = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="",
    quote="县以下（不含县级）单位原则上不得开发建设政务应用程序。",
    confidence="A",
    url=MEASURES_URL,
)

CLEARING_OUT = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="",
    quote="对使用频率低、实用性不强的政务应用程序限期关停注销，对功能相近、重复的政务应用程序进行整合迁移。",
    confidence="B",
    url=MEASURES_URL,
)

# The words in 〔〕 are supplied by the compiler: the verb before 单位及备案编号 is not known.
SPONSOR_AND_NUMBER = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="",
    quote="〔标明主办（使用）〕单位及备案编号",
    confidence="C",
    url=MEASURES_URL,
)

COMPLAINT_CHANNEL = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="",
    quote="单位应在政务应用程序中提供投诉建议功能，实现在线受理、跟踪反馈和回访评价等",
    confidence="C",
    url=MEASURES_URL,
)

TECHNICAL_INSPECTION = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="",
    quote="重点关注政务应用程序是否设置打卡签到、积分排名、统计在线时长等强制性功能，是否缺失必要功能等",
    confidence="C",
    url=MEASURES_URL,
)

_OPINIONS = "《关于防治“指尖上的形式主义”的若干意见》"

OPINIONS_COMPULSORY_FUNCTIONS = Clause(
    document=_OPINIONS,
    number="",
    date="2023-12-18",
    item="",
    quote="政务应用程序原则上不得设置打卡签到、积分排名、在线时长等强制使用功能",
    confidence="B",
)

OPINIONS_CARRIER_OF_APPRAISAL = Clause(
    document=_OPINIONS,
    number="",
    date="2023-12-18",
    item="",
    quote=(
        "不得把政务应用程序作为工作考核日常化、督导检查线上化的载体，"
        "不得随意要求下级和基层单位通过政务应用程序、工作群组上传不必要的截图或视频。"
    ),
    confidence="B",
)

OPINIONS_FORCED_USE = Clause(
    document=_OPINIONS,
    number="",
    date="2023-12-18",
    item="",
    quote="应制定政务应用程序使用规范，明确目标对象、应用场景、使用要求等，不得强制推广下载等。",
    confidence="B",
)

OPINIONS_RANKING = Clause(
    document=_OPINIONS,
    number="",
    date="2023-12-18",
    item="",
    quote=("不得滥用政务应用程序、政务公众账号的关注点赞、转发评论功能，不得将其作为考核评价、评比评选的依据。"),
    confidence="B",
)

OPINIONS_COMPLAINT_CHANNEL = Clause(
    document=_OPINIONS,
    number="",
    date="2023-12-18",
    item="",
    quote="主办单位应在政务应用程序中提供投诉建议功能",
    confidence="B",
)

OPINIONS_PUBLIC_ACCOUNTS = Clause(
    document=_OPINIONS,
    number="",
    date="2023-12-18",
    item="",
    quote="政务公众账号的推广使用应从实际需求出发，不得作强制性要求。",
    confidence="B",
)

OPINIONS_WORK_GROUPS = Clause(
    document=_OPINIONS,
    number="",
    date="2023-12-18",
    item="",
    quote="在工作群组中，不得脱离工作实际强制要求打卡接龙、即时响应，不得随意摊派任务、索要材料。",
    confidence="B",
)

REPEATED_FORMS = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="（一）",
    quote=f"{_NOT_ALLOWED}（一）随意或重复要求基层填表报数交材料",
    confidence="B",
    url=MEASURES_URL,
)

OPINIONS_ONE_FORM = Clause(
    document=_OPINIONS,
    number="",
    date="2023-12-18",
    item="",
    quote=(
        "要求基层使用政务应用程序报送数据应加强统筹，针对同一事项或数据，原则上应通过“一站式”综合平台、“一张表”形式报送，"
        "实现数据互通、信息共享，防止多头填报、重复索要数据。"
    ),
    confidence="B",
)

# The number of this article is confirmed (第五条), the wording of its second sentence is B.
FILING_FIRST = Clause(
    document=_MEASURES,
    number=_MEASURES_NUMBER,
    date=_MEASURES_DATE,
    item="",
    quote=(
        "政务应用程序上线前，主办（使用）单位应按照本办法规定履行备案程序。"
        "禁止以任何形式要求用户下载、安装或使用未经备案的政务应用程序。"
    ),
    confidence="B",
    url=MEASURES_URL,
)
