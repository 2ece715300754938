"""The wording of a duty to log in again and again, of what follows from it, and of logging in for safety. Pure."""

from __future__ import annotations

import re
from typing import Final

LOGIN: Final = re.compile(r"登[录陆]")
_EVERY: Final = r"(?:每[日天周月旬季]|每个?(?:工作日|星期|月|自然日)|每\d+[天日周]|定期|按时|按期)"
_MUST: Final = (
    r"(?:必须|(?<![无勿])须|应当|(?<![适相反响])应(?![用急届对该])|至少|务必|要求|(?<![无不])需(?!求)|确保|做到|保证|坚持"
    r"|不少于|不低于|不得少于)"
)
# M2: how often one has to log in.
DUTY: Final = re.compile(
    rf"{_MUST}[^,。;]{{0,14}}?{_EVERY}[^,。;]{{0,10}}?登[录陆]|{_EVERY}[^,。;]{{0,10}}?{_MUST}[^,。;]{{0,10}}?登[录陆]"
    rf"|{_EVERY}[^,。;]{{0,6}}?登[录陆][^,。;]{{0,12}}?,?(?:不少于|不低于|至少|不得少于|必须|须|达到)[^,。;]{{0,6}}(?:\d+|一)[次天日]"
    r"|登[录陆](?:次数|天数|频次|率)?[^,。;]{0,8}?(?:不少于|不低于|至少|须达到?|应达到?|不得少于)[^,。;]{0,4}\d+(?:次|天|日|%)"
)
LAPSE: Final = re.compile(
    r"(?:连续|累计|超过|满)?\d+(?:天|日|个?工作日|周|个?月)(?:及?以上)?(?:未|没有|没)登[录陆]\S{0,10}?(?:将|予以|扣|通报|约谈|视为|纳入|影响|计入|按)"
)
# A number of days to be reached, with the account's own beside it.
DAYS: Final = re.compile(
    r"(?:本[周月季年]|今年|累计|年度)?(?:应|需|目标)?登[录陆](?:天数|次数)(?:达标)?(?:要求)?[:：]?\d{1,3}[天次]?/\d{1,3}[天次]?\S{0,6}|登[录陆](?:天数|次数)(?:未达标|不达标)"
)
DAYS_LABEL: Final = re.compile(r"(?:本[周月季年]|今年|累计|年度)?登[录陆](?:达标)?(?:天数|次数)")
FRACTION: Final = re.compile(r"\d{1,3}[天次]?/\d{1,3}[天次]?")
FREEZE: Final = re.compile(
    r"(?<!\d)(\d+)(天|日|周|个?月)(?:及?以上)?(?:未|没有|没)登[录陆]\S{0,12}?(?:冻结|停用|注销|锁定|回收|清退|失效|禁用)"
)
SAFE_FREEZE_DAYS: Final = 30  # an account nobody uses for so long is closed for safety's sake
# One logs in to do something that has to be done: the duty is the report or the form, unless the log-in itself counts.
FOR_A_TASK: Final = re.compile(
    r"登[录陆][^,。;]{0,12}?(?:填报|申报|更新|上传|提交|核对|办理|处理|审批|查询|订餐|报送|录入|上报|签到|打卡|确认|维护|查看|反馈|填写|登记|接收|签收)"
)
LOGIN_COUNTS: Final = re.compile(r"(?:未|没有|未按\S{0,4})登[录陆]|登[录陆](?:率|次数|天数|情况)")
NOT_MET: Final = re.compile(
    r"未按(?:上述|以上)?(?:要求|规定|时)|未达到?(?:上述|以上)?(?:要求|标准|次数|天数)|低于(?:上述|以上)?\S{0,4}次"
)
FOR_SAFETY: Final = re.compile(
    r"密码|口令|验证码|失败|有效期|免登|错误|异地|首次登|人脸|超时|退出登|登[录陆]状态|登[录陆]过期|登[录陆]失效|短信(?:验证|码)|扫码|单点|VPN|风险|休眠|证书|UKey|指纹|手势"
    r"|(?:账[号户]|信息|网络|数据|系统)安全|安全(?:起见|考虑|策略|需要)|保密|弱口令",
    re.IGNORECASE,
)
# Logging in to have something paid or certified is asked by other laws.
OTHER_DUTY: Final = re.compile(
    r"失业|养老|资格认证|待遇|低保|津贴|补贴|纳税|申报|社保|医保|年检|学籍|报名|志愿填报|缴费|继续教育|执业|职称|报税|公积金|招生|考试"
)
