"""The wording of demands to follow an official account: locks, orders to staff, lists, and what only invites."""

from __future__ import annotations

import re
from typing import Final

# What is followed has to be named: 关注 alone is said of news, of friends and of illnesses.
_ACCOUNT: Final = (
    r"(?:微信)?(?:公众号|公众账号|服务号|订阅号|视频号|企业号|官方(?:微信|账号|微博)"
    r"|政务(?:新媒体|微博|微信|抖音号)|抖音号|微博号)"
)
# Without the account in the same sentence only these are said of accounts and of nothing else.
BARE_LOCK: Final = re.compile(r"[请须需]先关注(?:后\S{0,10})?|关注后\S{0,12}|(?:您|你)?(?:还|尚)?未关注\S{0,14}")
AN_ACCOUNT: Final = re.compile(_ACCOUNT)
LOCK: Final = re.compile(
    r"(?:请|须|需|必须|需要|应)先(?:\S{0,6})关注\S{0,30}|(?:您|你)?(?:还|尚)?未关注\S{0,20}(?:无法|不能|不可|暂不能|不予)\S{0,16}"
    r"|关注\S{0,24}(?:后|才|之后)(?:,|，)?(?:方可|才能|才可|方能|即可|可以?|再)?(?:继续)?(?:使用|查看|查询|办理|登录|填报|进入|打开|解锁|提交|操作|访问|申报|签到|学习|参加)\S{0,16}"
    r"|(?:使用|查看|查询|办理|登录|填报|进入)\S{0,8}(?:前|需要|须|需|必须)\S{0,4}关注\S{0,24}|仅(?:限|对)?(?:已)?关注\S{0,16}(?:用户|人员)\S{0,12}"
)
# Whom it is said to.
_STAFF: Final = (
    r"(?:全员|全体(?!家长|业主|考生|居民|住户|用户|商户|游客|师生|学生)\S{0,8}|各\S{0,8}(?:单位|部门|干部|职工|科室|支部|村|社区)\S{0,8}"
    r"|(?:所有|每[个名位]|广大)\S{0,6}(?:工作人员|干部|职工|员工|党员|教师|同志|网格员|民警))"
)
ORDER: Final = re.compile(
    rf"{_STAFF}\S{{0,14}}(?:必须|(?<![无勿])须|务必|要求|确保|全部|一律|请|应(?!用)|[日号天月底]前)?\S{{0,14}}关注\S{{0,24}}|(?:必须|务必)关注\S{{0,24}}"
)
LISTED: Final = re.compile(
    r"未关注(?:人员|名单|干部|职工|单位|人数)(?:名单)?(?:\(\d+\)|[:：]?\d+人?)?\S{0,8}|关注率\S{0,12}|关注(?:任务|指标)\S{0,12}"
)
CONSEQUENCE: Final = re.compile(
    r"(?:未|不)(?:按时|按期|及时)?关注\S{0,14}(?:通报|扣\d*分|考核|约谈|问责|不得评优|取消\S{0,4}评优)|关注\S{0,20}(?:纳入|计入|作为)\S{0,10}(?:考核|考评|绩效|评优)"
    r"|关注\S{0,12}截图\S{0,10}(?:上传|上报|报送|反馈)\S{0,8}"
)
# What one may do without: news, prizes, reminders.
INVITES: Final = re.compile(
    r"获取更多|更多(?:资讯|信息|精彩|内容|服务)|接收\S{0,12}(?:通知|提醒|消息|推送|进度)|收到\S{0,12}(?:通知|提醒|消息|推送)|及时(?:获取|了解|掌握)|第一时间|抽奖|红包|礼品|奖品|优惠|欢迎关注|敬请关注|扫码关注我们|关注我们|了解更多|推送|领取|更(?:方便|便捷|快|简单)"
)
OF_OTHERS: Final = re.compile(
    r"谨防|警惕|诈骗|骗子|切勿|勿随意|形式主义|查处|典型|曝光|纪委|减负|违规|严禁|禁止|不得|不强制|不要求|无[需须]|取消|整治|某[县市区镇]|用户协议|自愿|[?]|为什么|怎[样么]|如何|可不关注|不关注也|内容安全|舆情|运维|监测|建设|居民|家长|业主"
)
FOLLOW: Final = re.compile(r"(?:去|立即|马上|点击|扫码|前往|长按)?(?:识别)?(?:二维码)?关注\S{0,8}|已关注\S{0,6}")
DECLINE: Final = re.compile(
    r"取消|关闭|跳过|暂不\S{0,4}|以后再说|下次再说|稍后\S{0,3}|不用了|不关注|我知道了|知道了|继续(?:使用|访问|浏览|办理)|[×✕xX]"
)
