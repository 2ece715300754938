"""The wording of rates of installation and use, of those who are missing, and of the many other rates. Pure."""

from __future__ import annotations

import re
from typing import Final

# What only an app can have, and what beds, machines and money have as well.
STRONG: Final = re.compile(
    r"登[录陆]率|安装使用率|下载安装率|(?:APP|客户端|小程序|移动端|用户|账号|平台)\S{0,6}?(?:安装|下载|注册|激活|使用|活跃|打开|开通|覆盖|普及)[率度]"
    r"|用户活跃[率度]|[日周月]活(?:跃)?率",
    re.IGNORECASE,
)
WEAK: Final = re.compile(r"(?:安装|下载|注册|激活|使用|打开|开通|覆盖|普及|参与)率|活跃[率度]")
RATE: Final = re.compile(rf"{STRONG.pattern}|{WEAK.pattern}", re.IGNORECASE)
# The screen speaks of an app and of the people who have it or not.
APP_CUE: Final = re.compile(
    r"APP(?!le)|客户端|小程序|移动端|(?:未|已|应)(?:激活|安装|下载|注册|登录)(?:人员|人数|用户|账号|名单|数)?|注册用户|活跃用户|用户数|激活人数|安装人数"
    r"|登录人数|推广(?:应用|使用|情况|任务)|安装使用|掌上|政务通|激活码|账号激活",
    re.IGNORECASE,
)
OTHER_RATE: Final = re.compile(
    r"接种|疫苗|参保|医保|社保卡|电子凭证|床位|病床|电池|CPU|GPU|内存|显存|磁盘|硬盘|存储|带宽|服务器|接口|入住|办结|满意|网络覆盖|宽带|信号|[45]G|基站|光缆|光纤"
    r"|泊位|车位|停车|场馆|教室|公厕|厕所|农机|农药|化肥|塑料|药物|药品|抗菌|血液|资金|经费|资产|设备|电梯|[水气电]表|燃气|充电|烟感|报警器|监控|摄像|太阳能|光伏|ETC"
    r"|银行卡|信用卡|人民币|普通话|能源|土地|产能|绿化|森林|保险|商标|专利|企业注册|工商|学籍|志愿者注册|器官|就诊|头盔|安全带|车辆|船舶|正版|国产化|IPv6|HTTPS|会议室"
    r"|图书|文献|食堂|餐|垃圾|污水|供水|供电|供暖|检测|核酸|体检|签约率|家庭医生|幼儿|入学|就业|招聘|贷款|普惠|信贷|文物|公交|地铁|高铁|航班|处方|机床|模具|仪器|实验室"
    r"|用车|公车|场地|工位|设施|资源|政务云|云平台|云主机|算力|问卷|调查|测评|评议|选举|献血|捐款|募捐|运动会|座位|器材",
    re.IGNORECASE,
)
PERCENT: Final = re.compile(r"\d{1,3}(?:\.\d+)?%")
VALUE: Final = re.compile(r"\d{1,3}(?:\.\d+)?%?")
RATE_AND_VALUE: Final = re.compile(
    rf"\S{{0,8}}(?:{RATE.pattern})(?:为|达到?|[:：])?\d{{1,3}}(?:\.\d+)?%\S{{0,6}}", re.IGNORECASE
)
OWN: Final = re.compile(r"(?:本|我的?|所在)(?:单位|部门|支部|科室|街道|乡镇|村)")
MISSING: Final = re.compile(
    r"(?:APP|客户端|账号)?(?:未|尚未|没有)(?:激活|安装|下载|注册|登录|开通)(?:的)?(?:人员|用户|名单|人数|干部|同志|账号)(?:名单|列表|明细)?(?:[(:]?\d+人?\)?)?",
    re.IGNORECASE,
)
NAG: Final = re.compile(
    r"(?:一键|批量|短信|全部)?(?:催办|催促|催装)(?:全部|一下|提醒)?|(?:一键|批量)提醒|提醒(?:全部|未\S{2,6})"
)
ORDERED_HEAD: Final = re.compile(r"排名|排行|名次|末位|倒数|[前后]\d+名|[前后][三五六十]名|红黑榜")
EACH_UNIT: Final = re.compile(
    r"各(?:单位|部门|科室|支部|街道|乡镇|镇|村|社区|县|区|局|委|级)|[前后][三五六十\d]+名?(?:单位|部门)?|全体|人员|用户|低于|未达|的(?:单位|部门|街道|乡镇|镇|村|社区|支部)"
)
LAST: Final = re.compile(r"末位|倒数|[前后]\d+[名位]|[前后][三五六十][名位]|排名靠后")
BELOW: Final = re.compile(rf"{LAST.pattern}|低于\d+|未达标")
REPORT_TITLE: Final = re.compile(r"通报(?!表[扬彰])|简报")
