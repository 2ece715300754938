"""The wording of a watch gate: what players and course pages say of seeking, speed, leaving, credit and locks."""

from __future__ import annotations

import re
from typing import Final

_NO: Final = r"(?:不可|不能|禁止|不允许|不支持|请勿|无法|不得|勿)"

NO_SEEK: Final = re.compile(_NO + r"(?:随意)?(?:拖动|拖拽|快进|跳过|跳跃|拖动进度条)|防拖拽|禁止\S{0,4}快进")
NO_SPEED: Final = re.compile(_NO + r"\S{0,4}(?:倍速|加速)|倍速\S{0,3}(?:不可用|禁用|已关闭)")
MUST_WATCH: Final = re.compile(
    r"请?(?:须|需|必须|请)(?:完整)?(?:看完|学完|观看完)|请完整观看|请看完|看完才能|学完才能|观看完毕后|(?:看完|学完|观看完)\S{0,8}(?:方可|才能|才可|解锁)"
    r"|需?观看\S{0,6}(?:≥|达到?)\d+%|进度达到\d+%"
)
LOCKED: Final = re.compile(
    r"未解锁|尚未解锁|课程锁定|已锁定|请先学习上一[节课章]|请先(?:学完|看完|完成)|完成\S{0,8}(?:解锁|方可|才能)|学完上一[节课章]|须按顺序|按顺序学习"
)
AWAY_STOPS: Final = re.compile(
    r"(?:切换|离开|切出|切屏|最小化|退到后台|退出)\S{0,10}(?:暂停|停止|不计|不予计|中断|重新|清零)"
)
COUNTDOWN: Final = re.compile(
    r"(?:还需|还须|请|需|须|再)(?:继续)?(?:观看|学习|看)\S{0,4}\d+\s*(?:秒|分钟)|剩余(?:观看|学习)?(?:时长)?:?\d+秒"
)
CREDIT: Final = re.compile(
    r"(?:看完|观看完|学完|播放完|完整观看|学习完|看满|学满|有效观看)\S{0,14}(?:得|获|计入?|记入?|奖励|认定)\S{0,6}(?:积分|学分|学时|\d分)"
    r"|(?:方可|才能?)(?:计入|获得|取得|认定)\S{0,4}(?:学时|学分|积分)|不计入?(?:学时|学分|积分|学习时长)|停止计时|不予计时"
)
CREDIT_EARNED: Final = re.compile(
    r"(?:获得|已得|已计入|奖励|取得)\S{0,6}(?:积分|学分|学时)|\+\d+(?:\.\d+)?(?:积分|学分|学时|分)|(?:积分|学分|学时):?\+\d"
)
REFUSED: Final = re.compile(
    NO_SEEK.pattern
    + "|"
    + MUST_WATCH.pattern
    + "|"
    + LOCKED.pattern
    + r"|观看时长不足|未学完|未看完|请继续(?:观看|学习)"
)
LOADING: Final = re.compile(r"缓冲|加载中|正在加载|网络不佳|网速|卡顿|请稍[候后]", re.IGNORECASE)
CREDIT_COUNTER: Final = re.compile(r"计时|学时|学习")
# Asked for before one may watch at all: a log-in, a name, money; that is no gate of watching.
OTHER_DEMAND: Final = re.compile(
    r"登录|登陆|认证|实名|绑定|网络|权限|会员|付费|购买|开通|VIP|报名|选课|评价|设置|广告", re.IGNORECASE
)
# Films that another law has people watch: a risk told before a contract, lessons for points of a driving licence.
OTHER_DUTY: Final = re.compile(
    r"风险(?:揭示|提示|告知)|投资者|理财|双录|投保|开户|学法减分|驾驶证|驾驶人|交通违法|记分|满分教育"
)
SPEED: Final = re.compile(r"倍速|\d(?:\.\d+)?(?:[xX]|倍速?)")
FASTER: Final = re.compile(r"(?:1\.5|1\.75|2(?:\.0)?|3(?:\.0)?)(?:[xX]|倍速?)")
FREE_WILL: Final = re.compile(r"可(?:随时|自由)(?:拖动|跳过)|自愿观看|可随时\S{0,4}拖动")

FINISHED_TAG: Final = re.compile(r"(?:^|[^\d未])(?:已完成|已学完|已看完)$|^(?:学习进度|进度)?:?100%$")
LEAVE_DIALOG: Final = re.compile(
    r"(?:确定|确认|是否)\S{0,4}(?:退出|离开)|退出后\S{0,10}(?:不|丢失|重新)|中途退出\S{0,4}[?]"
)
STAY: Final = re.compile(r"取消|继续学习|继续观看|再看看|留下")
RESUME_DIALOG: Final = re.compile(r"继续播放|继续上次\S{0,4}|从上次\S{0,6}")
MAY_PRESS: Final = (
    "播放", "开始播放", "继续播放", "点击播放", "进度条", "下一节", "下一课", "下一集", "下一章",
    "下一讲", "下一题", "下一个",
    "下一小节", "下一课时", "取消", "继续学习", "继续观看",
)  # fmt: skip
