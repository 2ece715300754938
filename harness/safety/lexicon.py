"""What must never be pressed in a filed app, and why: the danger lexicon. Pure.

It refuses when in doubt: a refusal is recorded and costs a look, a press may change a person's record. Short labels
are matched whole, so that 签到记录 may be opened and 签到 not; long ones only by phrases that order an act.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from harness.model import Element
from harness.wording import normalise

UNREAD = "danger-unread"  # nobody has read what it says
_LONG, _LONG_LATIN = 12, 32  # compact characters beyond which a label is a sentence
_CALLED = re.compile(r"(?:按钮|图标)$")  # how a description calls what it describes: 分享按钮
_COUNTDOWN = re.compile(r"(?<=[\u4e00-\u9fff])\d{1,2}(?:s|秒)(?:后)?$")
_DAY_OR_PRICE = re.compile(r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}|¥\s?\d|\d元")
_CALLS = re.compile(r"拨|呼|电话|热线|联系|通话|报警|求助")
_COMPACT = re.compile(r"[\s\W_]+")
_NOW = (
    "(?:立即|立刻|马上|现在|去|我要|我来|一键|点击|点此|点我|确认|确定|继续|前往|快速|快去|快来|请|开始|直接"
    "|同意并|免费|重新|再次|批量|全部|并)"
)

# What is signed; and what follows or precedes it where a label only leads to something to look at.
_SIGN = re.compile(r"签到|签退|打卡|补签|补卡|^点到$|^报到$|^签$|签个到|刷卡上班|到岗登记|交接班")
SIGN_LOOK = re.compile(
    r"(?:签到|签退|打卡|补签|补卡|考勤)[^+]*(?:日历|月历|记录|规则|说明|明细|统计|历史|排行|排名|榜|详情|报表|汇总|情况|结果|须知|提醒"
    r"|设置|帮助|攻略|公告|通知|制度|办法|流程|管理|列表|名单|人员|次数|天数|二维码|码|地|地推荐|景点|圣地|胜地|推荐|异常|提示|指南|介绍|动态|机)$"
    r"|^(?:查看|查询|关于|网红|美食|旅游|热门)|^(?:会议|活动|培训|会务|课程)签到$"
)
_ORDERS_SIGN = re.compile(
    r"(?:立即|立刻|马上|现在|去|我要|一键|点击|点此|点我|确认|快速|快去|快来|请|开始|直接).{0,4}(?:签到|签退|打卡|补签|补卡)"
)


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"{_NOW}*(?:{words})")


# In order: the first class that matches names the danger.
_WHOLE: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "danger-pay",
        _whole(
            r"(?:(?:微信|支付宝|银联|余额|扫码)?支付|付费.{0,4}|付款|购买|买单|下单|结算|缴费|缴纳|缴款|充值|打赏|转账|转入|转出|提现|续费|订购|开通|投保|认购|抢购|捐款|捐赠|还款|借款"
            r"|借现金|兑换|预订|预定|订票|购票|加入购物车|加购|提交订单|pay|paynow|buy|buynow|checkout)(?:\d.*|元.*|会员|vip|服务|协议.*)?|"
            r"协议并(?:开通|支付)|.{0,4}\d+元?.{0,2}(?:开通|支付|购买)"
        ),
    ),
    (
        "danger-logout",
        _whole(
            r"(?:安全)?退出(?:登录|登陆|账号|账户|系统|当前账号|当前登录|此账号)?|登出|注销(?:账号|账户|登录)?|账号注销|切换(?:账号|账户|用户|身份)"
            r"|log ?out|sign ?out"
        ),
    ),
    (
        "danger-delete",
        _whole(
            r"(?:永久)?删除.{0,6}|清空.{0,6}|清除(?:缓存|数据|记录|全部|历史)?|清理(?:缓存)?|移除.{0,4}|重置|解散.{0,3}|撤回|撤销|取消(?:订单|报名|预约|申请)"
            r"|卸载|停用|强行停止|恢复(?:默认|出厂)(?:设置)?|delete|remove|clear|uninstall"
        ),
    ),
    (
        "danger-post",
        _whole(
            r"发布|发表|发送|发帖|发文|发消息|发弹幕|写评论|评论|留言|写留言|回复|跟帖|提问|吐槽|发表(?:评论|观点|看法|意见|感想)|写(?:心得|体会|想法|动态)"
            r"|发(?:动态|评论|言)|说点什么|欢迎发表你的观点|加(?:为)?好友|添加好友|接龙|post|send|publish|comment|reply"
        ),
    ),
    (
        "danger-like",
        _whole(
            r"(?:取消)?(?:点赞|赞|喜欢|踩|关注|收藏|订阅)\d*|\d+(?:赞|点赞)|(?:加|已)关注|加入收藏|送花|送鲜花|投币|打call|为(?:他|她|它|ta)(?:点赞|加油)"
            r"|五星好评|like|follow|subscribe"
        ),
    ),
    ("danger-forward", _whole(r"转发\d*|转发(?:给|到|至).*|转发朋友圈|forward|repost")),
    (
        "danger-share",
        _whole(
            r"分享\d*|分享(?:给|到|至|赚|得|领).*|(?:邀请|推荐)(?:好友|朋友|同事|他人|新人)?|邀请.{0,6}(?:注册|加入)|生成(?:海报|分享图)|朋友圈|微信(?:好友|朋友圈)?"
            r"|qq(?:好友|空间)?|新浪微博|复制链接|share|invite"
        ),
    ),
    (
        "danger-vote",
        _whole(
            r"(?:参与)?投票|(?:为|给)?(?:他|她|它|ta)?投(?:他|她|它|ta)?一票|投给.*|打榜|助力|帮(?:他|她|它|ta)助力|评分|打分|提交评价|评价|(?:非常|很|比较|基本)?不?满意|vote|rate"
        ),
    ),
    (
        "danger-permission",
        _whole(
            r"(?:始终|总是|使用时|本次|本次运行|仅限?(?:此|这)一次|仅在使用(?:中|期间|该应用时|此应用时)|仅在前台使用应用时|仅使用期间|在使用中)?允许.{0,4}|仅限?(?:此|这)一次|授权.{0,4}|(?:同意)?授权"
            r"|(?:去|立即|打开|开启).{0,6}(?:权限|通知|定位|推送|位置服务)|开启|去设置|前往设置|去开启|立即开启|allow.*|whileusing.*|onlythistime|grant"
        ),
    ),
    (
        "danger-consent",
        _whole(
            r"(?:我)?(?:已阅读并?)?(?:同意|接受|知悉)(?:并.{0,4}|以上.*|上述.*|协议|授权|隐私.*|该协议|用户协议.*)?|我已(?:阅读|知晓|了解).{0,8}|已阅读并.{0,8}|agree|accept|iagree|agreeandcontinue"
        ),
    ),
    (
        "danger-bind",
        _whole(
            r"绑定.{0,8}|换绑.{0,4}|解绑.{0,4}|(?:更换|修改|变更)(?:手机号?码?|密码|邮箱|手机|头像|昵称)|(?:实名|实人|身份|人脸|企业)?认证|实名|刷脸.{0,4}|人脸(?:识别|核验|验证|采集).{0,2}"
            r"|(?:开始)?(?:识别|采集|核验|验证)|本机号码?一键登录|(?:本机|微信|支付宝|qq|短信|刷脸|指纹|手势)?(?:一键)?登录(?:并.*)|一键登录|(?:微信|支付宝|qq|钉钉|苹果)登录"
            r"|(?:新用户)?注册|(?:获取|发送|重发|重新获取|重新发送)(?:短信)?(?:验证码)?|register|signup"
        ),
    ),
    (
        "danger-submit",
        _whole(
            r"提交.{0,6}|递交|交卷|保存.{0,4}|(?:一键)?上报|报送|呈报|填报完成|申请|申领|申报|预约|报名|参加|参与|加入|签收|签约|签署|签字|签名|审批|批准|驳回"
            r"|(?:审[核批查])?(?:不予?)?通过|退回.{0,4}|不予.{0,4}|不同意|赞成|反对|弃权|已阅|收到|确认(?:收到|接收|办结)"
            r"|受理|办结|派发|下发|转办|催办|一键(?:提醒|催办|通知)|通知全员|签批|批示|接单|抢单|办理|submit|save|apply|confirm(?:order)?"
        ),
    ),
    (
        "danger-exam",
        re.compile(
            r"(?:开始|立即|进入|参加|继续|重新)(?:正式|模拟)?考试|重考|补考|(?:开始|随机|立即)匹配|开始(?:比赛|挑战|对战)|pk"
        ),
    ),
    (
        "danger-claim",
        _whole(r"(?:待)?领取.{0,6}|领(?:奖|积分|红包|奖励|金币)|抽奖.{0,2}|开宝箱|开红包|收取.{0,4}|claim"),
    ),
    (
        "danger-install",
        _whole(
            r"(?:下载)?(?:并)?安装.{0,4}|下载|(?:下载|打开)(?:app|客户端|应用)|更新|升级|更新版本|版本更新|版本升级|检查更新|升级版本|体验新版"
            r"|install|update|upgrade|download"
        ),
    ),
    (
        "danger-upload",
        _whole(
            r"上传.{0,6}|拍照.{0,4}|拍摄.{0,2}|拍一张|照相|相机|相册|从(?:手机)?相册.{0,4}|选择(?:照片|图片|文件|视频)|添加(?:照片|图片|视频|附件)|录(?:像|音|制)|摄像"
            r"|upload|takephoto|camera"
        ),
    ),
    (
        "danger-trace",
        re.compile(
            r"(?:立即|开始|结束|停止|继续)(?:巡查|巡河|巡林|巡田|巡检|巡逻|上岗|值守|值班|执勤|轨迹记录|记录轨迹|记录)|(?:共享|发送|上报)(?:实时)?位置"
        ),
    ),
    (
        "danger-call",
        _whole(
            r"拨打.{0,12}|呼叫.{0,8}|打电话|拨号|报警|求助|紧急(?:求助|呼叫)|sos|(?:语音|视频)(?:通话|呼叫)|(?:电话|联系)(?:咨询|客服)?|客服电话|.{0,6}热线|call|dial"
            r"|110|119|120|122|(?:.{0,4}(?:热线|电话))?(?:12[0-9]{3}|9\d{4})|.{0,6}(?:0\d{2,3}\d{7,8}|1[3-9]\d{9}|400\d{7})"
        ),
    ),
)

# Phrases that order an act wherever they stand, in sentences too.
_ANYWHERE: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "danger-pay",
        re.compile(
            r"(?:确认|立即|马上|去|免密)(?:支付|付款|购买|下单|充值|开通|转入|转账|提现)|提交订单|协议并开通|借现金"
        ),
    ),
    ("danger-consent", re.compile(r"阅读并(?:同意|接受)|同意并(?:继续|使用|登录)")),
    ("danger-logout", re.compile(r"退出登录|退出登陆|退出当前账号|注销账号|注销账户")),
    ("danger-delete", re.compile(r"(?:确认|立即|全部|永久)(?:删除|清空|卸载)")),
    ("danger-post", re.compile(r"(?:立即|确认|马上)(?:发布|发表|发送)")),
    ("danger-forward", re.compile(r"(?:立即|一键|马上)转发")),
    ("danger-share", re.compile(r"(?:立即|一键|马上|点击|去)(?:分享|邀请)|分享给好友|分享到朋友圈")),
    ("danger-vote", re.compile(r"(?:立即|一键|马上|点击|去)投票")),
    ("danger-bind", re.compile(r"一键登录|(?:立即|去|马上|继续)(?:绑定|认证|实名)|更换手机号")),
    ("danger-submit", re.compile(r"(?:确认|立即|马上)(?:提交|上报|报名|申请|预约)|确认签收")),
    ("danger-install", re.compile(r"(?:立即|马上|一键|点击)(?:安装|下载|更新|升级)|下载并安装")),
    ("danger-claim", re.compile(r"(?:立即|一键|马上|点击)(?:领取|抽奖)")),
    ("danger-call", re.compile(r"(?:立即|一键|马上|点击)(?:拨打|呼叫|报警|求助)")),
)
# Tokens of a resource id, for controls that show no text.
_ID_TOKENS: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "danger-sign-in",
        frozenset({"checkin", "clockin", "clockout", "punch", "punchin", "signin", "qiandao", "daka", "attendance"}),
    ),
    ("danger-pay", frozenset({"pay", "buy", "recharge", "purchase", "checkout"})),
    ("danger-logout", frozenset({"logout", "signout", "quit"})),
    ("danger-delete", frozenset({"delete", "remove", "clear", "trash", "uninstall"})),
    ("danger-post", frozenset({"publish", "send", "comment", "reply"})),
    (
        "danger-like",
        frozenset({"like", "praise", "zan", "thumb", "thumbup", "follow", "favorite", "favourite", "collect", "star"}),
    ),
    ("danger-forward", frozenset({"forward", "repost", "retweet"})),
    ("danger-share", frozenset({"share", "invite"})),
    ("danger-vote", frozenset({"vote"})),
    ("danger-submit", frozenset({"submit", "commit", "save", "apply"})),
    ("danger-upload", frozenset({"upload", "camera", "capture", "photo", "takephoto"})),
    ("danger-call", frozenset({"call", "dial", "phone", "sos"})),
    ("danger-install", frozenset({"install", "download", "update", "upgrade"})),
)
# Every class there is: message keys.
DANGERS = frozenset(
    {
        "danger-sign-in",
        "danger-setting",
        UNREAD,
        *(name for table in (_WHOLE, _ANYWHERE, _ID_TOKENS) for name, _ in table),
    }
)
_LEAST_TELLING = 4  # letters: shorter ones are abbreviations of a class, or an obfuscated name
# Words of ids that name a thing's looks or place. The last three are what Android's own shrinker writes.
_UNTELLING = re.compile(
    "action|area|base|bottom|button|card|center|centre|click|clickable|common|constraint|container|content|custom|end"
    "|extra|first|float|floating|footer|frame|func|function|group|head|header|icon|image|imageview|item|layout|left"
    "|linear|main|middle|operate|option|panel|picture|relative|right|root|second|start|text|textview|third|title|tool"
    "|toolbar|view|widget|wrap|wrapper|resource|name|obfuscated"
)
_TOKEN = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


def danger(labels: Sequence[str], *, element: Element | None = None) -> str | None:
    """Return the danger class (a message key) of a control with these texts, ``None`` where it may be pressed.

    ``labels`` are its own and its descendants' texts in reading order; they are judged one by one and joined. The
    element adds its own text, description, hint and, where nothing can be read, the words of its id.
    """
    own = () if element is None else (element.text, element.desc, element.hint)
    texts = [text for label in (*own, *labels) if (text := compact(label))]
    joined = "".join(dict.fromkeys(texts))
    # The digits of a day or of a price look like a number to call.
    dated = [normalise(label) for label in (*own, *labels) if _DAY_OR_PRICE.search(normalise(label))]
    counted = {compact(label) for label in dated if not _CALLS.search(label)}
    for text in dict.fromkeys([*texts, joined]):
        found = _danger_in(text)
        if found is not None and not (found == "danger-call" and text in counted):
            return found
    if element is not None and not texts:
        return danger_in_id(element.resource_id)
    return None


def compact(text: str) -> str:
    """Return a label's letters and digits alone, a leading plus kept, a countdown left out: 同意（5秒） gives 同意."""
    norm = normalise(text).casefold()
    bare = _COUNTDOWN.sub("", _COMPACT.sub("", norm))
    return "+" + bare if norm.startswith("+") else bare


def _danger_in(text: str) -> str | None:
    bare = _CALLED.sub("", text.removeprefix("+"))
    if _signs(bare):
        return "danger-sign-in"
    if len(bare) <= (_LONG_LATIN if bare.isascii() else _LONG):
        for name, pattern in _WHOLE:
            if pattern.fullmatch(bare):
                return name
    return next((name for name, pattern in _ANYWHERE if pattern.search(bare)), None)


def _signs(text: str) -> bool:
    """Return whether pressing this may sign in for a person: everything about signing that is not for looking."""
    if _SIGN.search(text) is None:
        return False
    if len(text) > _LONG:
        return _ORDERS_SIGN.search(text) is not None
    return SIGN_LOOK.search(text) is None or _ORDERS_SIGN.search(text) is not None


def danger_in_id(resource_id: str) -> str | None:
    """Return the danger class that the words of a resource id, or of an icon's name, tell; ``None`` where none does."""
    tokens = _tokens(resource_id)
    pairs = [one + other for one, other in pairwise(tokens)]
    have = {*tokens, *pairs}
    return next((name for name, words in _ID_TOKENS if words & have), None)


def is_telling(resource_id: str) -> bool:
    """Return whether an id says what its control is for: ``iv_menu`` does, ``iv_right`` and ``kxk`` do not."""
    return any(len(token) >= _LEAST_TELLING and not _UNTELLING.fullmatch(token) for token in _tokens(resource_id))


def _tokens(resource_id: str) -> list[str]:
    return [token.casefold() for token in _TOKEN.findall(resource_id.rpartition("/")[2])]
