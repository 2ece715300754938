"""The labels of forms: whom a form is addressed to, labels made comparable, and what every form asks. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Final

from harness.model import Word


class Addressed(StrEnum):
    """Whom a form is addressed to."""

    STAFF = "staff"
    CITIZEN = "citizen"
    UNKNOWN = "unknown"


ASK: Final = r"(?:请|点击|点此|请您)(?:如实|准确|在此|在此处)?(?:输入|选择|填写|录入|上传|点选|描述|简述|说明)"
ASKED_FOR: Final = re.compile(rf"{ASK}(?P<label>\S{{2,14}})")
_MARKS: Final = re.compile(
    r"[*:：]|[\(\[](?:必填|必选|必传|选填|非必填|可选|单选|多选|如有|最多\S{0,6}|至少\S{0,6}|不少于\S{0,6})\S{0,4}[\)\]]|^\d{1,2}[.、]"
)
_UNIT: Final = re.compile(
    r"\((?:万?元|人|亩|户|岁|平方米|㎡|公斤|吨|头|只|次|天|%|个|公里|m²|千克|间|台|年)(?:/年|/月)?\)"
)

# A form that a unit or a worker fills in for those above; and one that a citizen fills in for himself.
_STAFF_TITLE: Final = re.compile(
    r"填报|报送|上报|报表|台账|零报告|日报|周报|月报|季报|采集|摸底|排查|走访|巡查|巡河|巡林|巡田|巡护|巡检|入户|网格|核查|督查|督导|调度|统计表|一张表|监测|帮扶|驻村|检查|巡访|普查|信息登记表|情况表|汇总"
)
_STAFF_FIELD: Final = re.compile(
    r"填报人|填报单位|报送单位|上报人|上报单位|采集人|采集员|走访人|巡查人|巡查员|网格员|检查人|检查人员|核查人|帮扶责任人|帮扶干部|包保\S{0,4}|责任单位|统计口径|报告期|填报时间|填表人"
)
_CITIZEN: Final = re.compile(
    r"申请|申办|申领|申报|申诉|报名|预约|办理|办事|投诉|建议|反馈|举报|报修|随手拍|注册|登录|绑定|认证|挂号|缴费|查询|求助|咨询|信箱|留言|评价|问卷|调查问卷|个人(?:资料|信息|中心)|我的|资料修改|修改|账号|密码|报销|请假|休假|出差|调休|用车|用印|会议室|订餐|地址|收货|发票|开票|筛选|搜索|报警|报案|领取|登记(?:申请|预约)|访客|招聘|求职|简历|社保|医保|公积金|退税|报税|学籍|入学|体检|疫苗"
)
PERIODIC: Final = re.compile(
    r"日报|周报|月报|季报|旬报|半月报|每日|每周|每月|零报告|第\S{1,3}[周期]|\d{1,2}月份?(?:报|情况|填报)"
)


# Reports of enterprises, pupils and patients about themselves: asked for by the state too, but not of 基层.
_OF_THEMSELVES: Final = re.compile(
    r"学生|新生|患者|病人|血压|血糖|体温|健康(?!扶贫|帮扶)|家长|孩子|考生|作业|员工|订单|客户|销售|司机|业主|物业|运动|饮食|心情|情绪|记账|家庭账本"
    r"|(?:企业|公司|商户|个体户|店铺|酒店|药店|工地|项目部)(?!\S{0,4}(?:走访|排查|台账|巡查|检查|采集|摸底|监测|帮扶))"
)
# What is asked of 基层: of villages, streets and those who go there.
_OF_GRASSROOTS: Final = re.compile(
    r"农户|户主|村|乡镇|街道|社区|网格|驻村|帮扶|脱贫|返贫|防汛|汛情|灾|党员|党建|支部|信访|矛盾|纠纷|隐患|巡查|走访|入户|填报人|填报单位|上报单位|报送单位|责任单位"
    r"|低保|特困|留守|独居|残疾|流动人口|耕地|春耕|秸秆|河长|林长|田长|零报告|值班|值守|民政|武装|征兵|计生|退役"
)


def of_grassroots(texts: Iterable[str]) -> bool:
    """Return whether what a form says of itself names villages, streets or those who work there."""
    return any(_OF_GRASSROOTS.search(text) for text in texts)


def addressed_to(title: str, labels: Sequence[str], words: Iterable[Word] = ()) -> Addressed:
    """Return whom a form is addressed to: its title tells, else who is to sign it. In doubt it is nobody's."""
    if _CITIZEN.search(title) and not re.search(r"填报|报送|上报|台账|采集|走访|巡查|排查|核查|监测", title):
        return Addressed.CITIZEN
    if _OF_THEMSELVES.search(title):
        return Addressed.CITIZEN
    signed = any(_STAFF_FIELD.search(label) for label in labels)
    if re.search(r"随手拍|举报|投诉|报修|群众|市民|居民自主|自主申报|我要", title):
        return Addressed.CITIZEN
    if _STAFF_TITLE.search(title) or signed:
        return Addressed.STAFF
    if any(
        re.fullmatch(r"\S{0,8}(?:填报|报送|上报)(?:说明|要求|须知)|填报单位\S{0,20}|下发(?:单位|时间)\S{0,20}", w.norm)
        for w in words
    ):
        return Addressed.STAFF
    return Addressed.UNKNOWN


def is_signed_by_staff(label: str) -> bool:
    """Return whether a field names the worker or the unit that fills the form in."""
    return _STAFF_FIELD.search(label) is not None


def label_key(label: str) -> str:
    """Return a label for comparing: marks, units and words of asking dropped, the usual variants made one."""
    text = _UNIT.sub("", _MARKS.sub("", label)).strip()
    asked = ASKED_FOR.fullmatch(text)
    text = asked["label"] if asked else text
    text = re.sub(r"^(?:您的|你的|本人|请)", "", text)
    return _SAME.get(text, text)


# Variants of one label. Only what nobody would call two questions.
_SAME: Final = {
    variant: name
    for name, variants in {
        "户主姓名": ("户主", "户主名称", "户主名字"),
        "身份证号码": ("身份证号", "身份证", "公民身份号码", "证件号码", "户主身份证号", "户主身份证号码"),
        "家庭人口数": ("家庭人口", "家庭总人口", "家庭人数", "家庭成员数", "人口数", "家庭总人口数"),
        "劳动力人数": ("劳动力", "劳动力数", "劳动力人口", "家庭劳动力", "劳动力数量", "家庭劳动力人数"),
        "耕地面积": ("承包地面积", "耕地亩数", "家庭耕地面积", "承包耕地面积"),
        "人均年收入": ("家庭人均年收入", "年人均收入", "人均收入", "家庭人均收入", "人均纯收入", "年人均纯收入"),
        "联系电话": ("手机号", "手机号码", "电话", "电话号码", "联系方式", "移动电话", "户主电话", "户主联系电话"),
        "住址": ("家庭住址", "详细地址", "地址", "居住地址", "家庭地址", "联系地址", "通讯地址", "现住址"),
        "备注": ("备注说明", "其他说明", "其他", "说明", "补充说明"),
        "医保参保情况": ("医保情况", "参加医保情况", "医疗保险参保情况", "是否参加医保"),
        "饮水情况": ("饮水安全", "安全饮水", "饮水来源", "饮水安全情况"),
        "住房情况": ("住房安全", "住房类型", "房屋情况", "住房安全情况", "房屋结构"),
    }.items()
    for variant in variants
}  # fmt: skip

# What every form asks: no sign that two forms are about the same matter.
GENERIC: Final = re.compile(
    r"(?:申请人|联系人|负责人|经办人|填报人|上报人|填表人|采集人|采集员|检查人|检查人员|走访人|巡查人|巡查员|网格员|收货人|户主|法人|法定代表人|企业|单位|本人|用户|客户|投诉人|举报人|家长|学生|患者|紧急联系人)?"
    r"(?:姓名|名称|名字|性别|民族|年龄|出生日期|出生年月|身份证号码|证件类型|联系电话|联系人|负责人|电子邮箱|邮箱|邮编|QQ|微信|微信号|住址|籍贯|学历|职业|职务|职称|政治面貌|婚姻状况)"
    r"|备注|标题|主题|内容|类型|类别|状态|描述|问题描述|详情|附件|照片|图片|视频|\S{0,6}(?:照片|图片|附件)|日期|时间|\S{0,4}(?:日期|时间)|开始\S{0,4}|结束\S{0,4}|天数|事由|原因|数量|编号|序号|单位|部门|\S{0,4}单位|科室"
    r"|所在地?区|所属\S{0,4}|省|市|区|县|省份|城市|区县|乡镇|街道|村|社区|村\(?居\)?|村组|小组|网格|地区|位置|定位|经度|纬度|当前位置|账号|密码|确认密码|新密码|验证码|图形验证码|短信验证码|用户名|昵称|头像|邀请码"
    r"|填报人|上报人|填表人|采集人|采集员|走访人|巡查人|巡查员|检查人|检查人员|网格员|审核人|签名|电子签名|意见|评价|满意度|银行卡号|开户行|开户银行"
)


def specific(keys: Iterable[str]) -> frozenset[str]:
    """Return the keys that say what a form is about: identity, contact, dates, places and notes are left out."""
    return frozenset(k for k in keys if not GENERIC.fullmatch(k) or k == "户主姓名")
