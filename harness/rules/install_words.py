"""The wording of demands to install an app: walls, orders to staff, ways to decline, and what only looks like it."""

from __future__ import annotations

import re
from typing import Final

_APP: Final = r"(?:[Aa][Pp][Pp]|客户端|应用(?:程序)?|移动端|手机端|学习端|平台|软件)"
_GET: Final = r"(?:下载并?安装|安装|下载|装好)"

# What has to be named for 安装 to mean an app and not a lift, a meter or a smoke alarm.
AN_APP: Final = re.compile(
    r"[Aa][Pp][Pp]|客户端|移动端|手机端|学习端|应用(?:程序|市场|商店|软件)|手机(?:应用|软件)|政务应用|小程序"
)

GET: Final = re.compile(_GET)

# Nothing goes on before an app is there.
WALL: Final = re.compile(
    rf"请先\S{{0,4}}{_GET}\S{{0,24}}|(?:须|必须|需要?)(?:先)?{_GET}\S{{0,20}}(?:方可|才能|方能|后|再)\S{{0,16}}"
    rf"|{_GET}\S{{0,16}}(?:后|才)(?:方可|才能|可|能|再|使用|查看|办理|继续|登录)\S{{0,12}}"
    rf"|仅(?:支持|限|可)(?:在|使用|通过)?\S{{0,12}}{_APP}\S{{0,8}}(?:使用|办理|查看|打开|访问|操作|学习|填报)?"
    rf"|请(?:使用|在|到|前往|打开)\S{{0,12}}(?:[Aa][Pp][Pp]|客户端)\S{{0,4}}(?:中|内|上)?(?:继续|使用|办理|查看|操作|打开)\S{{0,8}}"
    rf"|未安装\S{{0,12}}{_APP}\S{{0,6}}(?:无法|不能)\S{{0,8}}"
)
GET_IT: Final = re.compile(
    r"(?:立即|马上|去|前往|点击|扫码)?(?:下载|安装|打开)(?:并安装)?\S{0,8}|(?:去|前往|打开)?应用(?:市场|商店)(?:下载)?"
)
# Whom it is said to: staff and units, not those who come to a meeting or sit an examination.
_STAFF: Final = (
    r"(?:全员|全体(?!家长|业主|考生|学员|居民|住户|用户|商户|选手|游客|师生|学生)\S{0,8}|各\S{0,8}(?:单位|部门|干部|职工|科室|支部)\S{0,8}"
    r"|(?:所有|每[个名位]|广大)\S{0,6}(?:工作人员|在职人员|干部|职工|员工|党员|教师|同志|工作者|网格员|驻村\S{0,4}|辅警|民警))"
)
# An order to people, by a day or as a duty.
ORDER: Final = re.compile(
    rf"{_STAFF}\S{{0,14}}(?:必须|(?<![无勿])须|应(?!用)|务必|要求|确保|全部|一律|[日号天月底]前)\S{{0,14}}{_GET}\S{{0,20}}"
    rf"|(?:全员|全体干部职工?){_GET}\S{{0,20}}"
)
# The same to anybody, or as a wish: a demand, which a person has to weigh.
WISH: Final = re.compile(
    rf"(?:请|希望|要求)?(?:全体|所有|各|广大|每[个名位])\S{{0,14}}{_GET}\S{{0,20}}|(?:必须|(?<![无勿])须|务必){_GET}\S{{0,20}}"
)
LISTED: Final = re.compile(
    r"未(?:安装|下载)(?:\S{0,6}(?:[Aa][Pp][Pp]|客户端))?(?:人员|名单|干部|职工)(?:名单)?(?:\(\d+\)|[:：]?\d+人?)?|(?:安装|下载)(?:截止|完成)(?:时间|日期)[:：]?\S{0,14}"
)
CONSEQUENCE: Final = re.compile(
    r"(?:未|不)(?:按时|按期|及时)?(?:下载|安装)\S{0,12}(?:通报|扣\d*分|考核|约谈|问责|不得评优|取消\S{0,4}评优)"
    r"|(?:下载|安装)\S{0,16}(?:纳入|计入|作为)\S{0,10}(?:考核|考评|绩效|评优)"
)
DECLINE: Final = re.compile(
    r"取消|关闭|跳过|暂不\S{0,4}|以后再说|下次再说|稍后\S{0,3}|不用了|我知道了|知道了|继续(?:使用)?网页版|网页版(?:继续)?|继续(?:浏览|访问|使用)"
    r"|仅浏览|留在(?:网页|本页)|仍要继续|[×✕xX]"
)
ON_WITHOUT: Final = re.compile(
    r"继续(?:使用)?网页版|网页版(?:继续)?|继续(?:浏览|访问|使用)|仅浏览|留在(?:网页|本页)|仍要继续|跳过"
)

# Another thing is to be installed, a newer one of the same, or a general app that somebody's phone lacks.
OTHER_THING: Final = re.compile(
    r"插件|控件|浏览器|web ?view|flash|证书|驱动|字体|输入法|阅读器|播放器|安全键盘|组件|补丁|解码"
    r"|附件|表格|文档|模板|文件|资料|教材|图片|视频到本地|离线|地图包|语音包|皮肤"
    r"|新版本|新版|版本过低|最新版|更新|升级|微信|支付宝|云闪付|银联|高德|百度|腾讯|qq|谷歌|google|wps|office|adobe|pdf|安装包|摄像头|电表|水表|燃气|宽带|监控|空调|设备安装"
    r"|正版|杀毒|操作系统|电脑|计算机|会议|参会|考试|考生|面试|电梯|充电桩|烟感|执法记录仪|空调|门禁|井盖|光伏|灯具",
    re.IGNORECASE,
)
# Warnings of fraud, rules against such orders, reports of others.
OF_OTHERS: Final = re.compile(
    r"谨防|警惕|诈骗分子|骗子|陌生|不明|钓鱼|木马|切勿|勿随意|不要(?:随意)?(?:下载|安装)|形式主义|查处|典型|曝光|纪委|减负|违规|严禁|禁止|不得|不强制|不要求|无[需须]|取消(?:全员|强制)|整治|某[县市区镇局]|用户协议|条款|许可|版权|您|[?]|为什么|怎[样么]|如何"
)
WILLING: Final = re.compile(
    r"自愿(?:下载|安装|使用)?|可(?:自行|选择|自主)(?:下载|安装)|欢迎(?:下载|安装)|不下载(?:也|亦)可"
)
