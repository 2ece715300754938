"""What may be dismissed, how, and with which counter-signs. Pure.

A pop-up is recognised by several nodes together, as the public subscription rules of ad closers learned: a title, a
word of what it wants, and a way out. A check-in wall, a question inside a video and an anti-idle dialog are what the
harness looks for, and are never dismissed as pop-ups.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from harness.model import Action, Back, Box, Channel, Observation, Tap, Wait, Word
from harness.wording import normalise


class PopupKind(StrEnum):
    """What stands in the way."""

    PRIVACY = "privacy"
    PERMISSION = "permission"
    UPDATE = "update"
    SPLASH_AD = "splash-ad"
    AD = "ad"
    NOTIFICATION = "notification"
    GUIDE = "guide"
    RATING = "rating"
    LOGIN = "login"
    ANR = "anr"
    CRASH = "crash"


@dataclass(frozen=True, slots=True, kw_only=True)
class Popup:
    """Something that stands in front of the app. ``ways`` out are ordered, least binding first, never empty.

    ``binding`` is true where the screen offers no refusing way: what is left is Back, or consent as the last of
    ``ways``. Only an agreement may be consented to: permissions are never granted and nothing is ever installed.
    """

    kind: PopupKind
    box: Box
    label: str
    ways: tuple[Action, ...]
    binding: bool
    consents: tuple[Action, ...] = ()

    @property
    def dismiss(self) -> Action:
        return self.ways[0]

    @property
    def declining(self) -> tuple[Action, ...]:
        """The ways that agree to nothing."""
        return tuple(way for way in self.ways if way not in self.consents)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    """How one kind is recognised and left; ``all_of`` must each match some word, ``none_of`` none.

    ``refuse`` and ``accept`` are buttons' whole texts, separated by blanks, in the order in which they are tried.
    ``declinable``: without a button of ``refuse`` or a close icon it is a page about such things and no pop-up.
    """

    kind: PopupKind
    all_of: tuple[re.Pattern[str], ...]
    none_of: re.Pattern[str] | None = None
    refuse: str = ""
    accept: str = ""
    declinable: bool = False


_PERMISSION_PACKAGES = ("permissioncontroller", "packageinstaller", "com.lbe.security.miui", "securitypermission")
# What the harness looks for is never closed as a pop-up.
_NOT_POPUPS = re.compile(
    r"签到|签退|打卡|考勤|补卡|补签|随堂|弹题|课堂练习|课中|测验|单选题|多选题|判断题|填空题|防挂机|挂机|是否在线|您还在吗|继续学习|继续观看"
    r"|人脸|抓拍|确定要退出答题|学时|不可拖动"
)
_SPLASH_SKIP = re.compile(
    r"(?:点击)?跳过(?:广告)?[:|]?\d{0,2}s?秒?|\d{1,2}s?秒?[:|]?(?:后)?(?:点击)?跳过(?:广告)?|关闭广告|skip(?:ad)?\d{0,2}s?"
)
_NOT_SPLASH = re.compile(r"片头|片尾|退出|帮助|设置|选好了|下一步|完成|偏好|搜索|历史记录|倍速|下一节|题|问卷")
_SPLASH_S = 5.0
_CLOSE = "关闭 关闭弹窗 关闭广告 × ✕ ✖ x close"
_CLOSE_ID = re.compile(r"(?:^|_)(?:close|skip)(?:_|$)|(?:close|skip)(?:ad|btn|button|iv|view)?$", re.IGNORECASE)
_DROP_ID = re.compile(
    r"(?:^|_)(?:del|dismiss|cancel)(?:_|$)", re.IGNORECASE
)  # of a dialog; in a list they delete a row

_LATER = (
    "暂不 以后再说 下次再说 稍后再说 稍后 下次 再说 残忍拒绝 我再想想 不了谢谢 不用了 暂时不用 忽略"
    " 下次提醒 下次再提醒 稍后提醒 明天再说 以后提醒"
)
# An update that lets nobody past: without these words a page that offers one is only a page.
_COMPELS = re.compile(
    r"停用|停止(?:服务|使用)|强制|过低|必须|(?:更新|升级)后.{0,6}使用|(?:更新|升级).{0,4}才能|(?:无法|不能).{0,4}使用"
)
_SIGNS: tuple[_Sign, ...] = (
    _Sign(
        kind=PopupKind.ANR,
        all_of=(
            re.compile(r"没有响应|无响应|isn'?t responding"),
            re.compile(r"等待|wait|关闭应用|close app", re.IGNORECASE),
        ),
        refuse="等待 wait",
    ),
    _Sign(
        kind=PopupKind.CRASH,
        all_of=(re.compile(r"(?:已|屡次|多次|不断|一直)停止运行|keeps stopping|has stopped"),),
        none_of=re.compile(r"服务|公告|通知$"),
        refuse="关闭应用 确定 知道了 closeapp ok",
    ),
    _Sign(
        kind=PopupKind.PERMISSION,
        all_of=(
            re.compile(
                r"(?:允许|授权).{0,40}(?:访问|使用|获取|拍摄|拍照|录制|录音|发送通知|读取|拨打|查找|连接|位置|存储|相机|麦克风|电话|通讯录)"
                r"|^allow .+"
            ),
            re.compile(r"拒绝|不允许|禁止|don.?t allow|deny", re.IGNORECASE),
        ),
        refuse="拒绝 不允许 禁止 不再询问 拒绝且不再询问 拒绝并不再询问 don'tallow don’tallow deny",
    ),
    _Sign(
        kind=PopupKind.PRIVACY,
        all_of=(
            re.compile(r"隐私(?:政策|协议|权政策|声明|保护|条款)|用户(?:服务)?协议|服务协议|个人信息保护"),
            re.compile(r"^(?:我)?(?:同意|接受)(?:并.{0,4}|且.{0,4}|协议)?$|^agree.*|^accept.*"),
        ),
        none_of=re.compile(r"验证码|请输入|密码|手机号登录|短信登录|本机号码"),
        refuse="不同意 拒绝 不同意并退出 暂不同意 暂不使用 仅浏览 基本功能模式 游客模式 不同意进入访客模式 disagree",
        accept="同意 同意并继续 我同意 同意并进入 同意并使用 接受 已阅读并同意 我已阅读并同意 agree accept",
    ),
    _Sign(
        kind=PopupKind.UPDATE,
        all_of=(
            re.compile(r"新版|更新|升级|update|upgrade", re.IGNORECASE),
            re.compile(
                r"^(?:立即|马上|去|现在|一键)?(?:更新|升级|下载|安装|体验)(?:新版|版本)?$|^update(?:now)?$",
                re.IGNORECASE,
            ),
            re.compile(
                r"再说|暂不|忽略|取消|跳过|稍后|下次|发现.{0,4}新版|新版本|版本更新|更新内容|升级内容|later|"
                + _COMPELS.pattern,
                re.IGNORECASE,
            ),
        ),
        none_of=re.compile(r"全部更新|仍然|权限|来源|更新打卡|检查更新|应用市场首页|设置"),
        refuse=f"{_LATER} 取消 暂不更新 暂不升级 以后更新 跳过此版本 忽略此版本 later notnow cancel",
    ),
    _Sign(
        kind=PopupKind.NOTIFICATION,
        all_of=(
            re.compile(
                r"(?:开启|打开|允许).{0,8}(?:通知|推送|提醒)|消息通知(?:权限)?|推送通知|(?:发送|推送)(?:通知|消息)"
            ),
            re.compile(r"^(?:去|立即|马上)?(?:开启|打开)(?:通知)?$|^去设置$|^允许$"),
        ),
        refuse=f"{_LATER} 取消 暂不开启 不开启 不允许 拒绝 关闭 我知道了",
        declinable=True,
    ),
    # The app's own words before Android asks: what is declined here is never asked for.
    _Sign(
        kind=PopupKind.PERMISSION,
        all_of=(
            re.compile(
                r"(?:位置|定位|存储|相机|相册|麦克风|录音|电话|通讯录|设备信息).{0,8}(?:权限|服务|信息)|(?:权限|授权).{0,8}(?:才能|用于|以便)"
            ),
            re.compile(r"^(?:去|立即|前往|同意)?(?:授权|设置|开启|打开)$"),
        ),
        none_of=re.compile(_NOT_POPUPS.pattern + "|网络"),
        refuse=f"{_LATER} 暂不授权 暂不开启 不授权 不允许 拒绝 取消",
        declinable=True,
    ),
    _Sign(
        kind=PopupKind.RATING,
        all_of=(
            re.compile(
                r"(?:给|为).{0,8}(?:好评|评分|打分|评价)|五星好评|喜欢.{0,10}吗|去评价|鼓励一下|满意度(?:调查|评价|测评)"
            ),
            re.compile(
                r"^(?:去|给个|立即|五星)?(?:好评|评分|评价|吐槽|鼓励一下).{0,3}$|^(?:立即|去|马上)(?:参与|填写|参加)$"
            ),
        ),
        refuse=f"{_LATER} 取消 关闭 不再提醒 下次吧",
        declinable=True,
    ),
    _Sign(
        kind=PopupKind.LOGIN,
        all_of=(
            re.compile(r"登录后|请先登录|您还未登录|您尚未登录|未登录|登录(?:已)?(?:过期|失效)|登录以"),
            re.compile(r"^(?:去|立即|马上|重新)?登录(?:[/／]注册)?$"),
        ),
        none_of=re.compile(r"请输入|密码|验证码|天未登录|未登录人员"),
        refuse=f"{_LATER} 取消 暂不登录 随便看看 先逛逛 游客访问 关闭",
    ),
    _Sign(
        kind=PopupKind.GUIDE,
        all_of=(re.compile(r"^(?:我)?知道(?:了|啦)$|^(?:我)?明白了$|^立即体验$|^开始体验$|^跳过引导$|^gotit$"),),
        none_of=re.compile(r"下线|其他设备|异常|失败|扣|警告|违规|不允许|不支持"),
        refuse="跳过 跳过引导 我知道了 知道了 知道啦 我知道啦 明白了 我明白了 立即体验 开始体验 gotit",
    ),
    _Sign(
        kind=PopupKind.GUIDE,
        all_of=(
            re.compile(r"新手(?:引导|指引|教程)|功能(?:引导|介绍)|新功能|^\d[/／]\d$"),
            re.compile(r"^下一步$|^跳过(?:引导)?$"),
        ),
        none_of=re.compile(r"请输入|密码|验证码|提交|上传|申请|第\d+题"),
        refuse="跳过 跳过引导 下一步",
    ),
    _Sign(
        kind=PopupKind.AD,
        all_of=(re.compile(r"^(?:今日不再(?:出现|提示|弹出)|不再(?:显示|提示)|关闭广告|广告)$"),),
        refuse=f"{_CLOSE} 今日不再出现 今日不再提示 不再提示",
    ),
)
_FIRM = (PopupKind.PRIVACY, PopupKind.PERMISSION, PopupKind.LOGIN, PopupKind.ANR, PopupKind.CRASH)
_FEW_WORDS = 40  # a screen with more and no refusing button is a page that mentions such things


def popup(observation: Observation) -> Popup | None:
    """Return what stands in the way on this screen, ``None`` where nothing recognised does.

    A screen that shows what the rules look for (check-in, a question in a video, anti-idle) is no pop-up, but a
    dialog of Android itself in front of it is.
    """
    words = _front(observation)
    own = _system_dialog(observation, words)
    if own is not None:
        return own
    splash = _splash(observation, words)
    if splash is not None:
        return splash
    return next((found for sign in _SIGNS if (found := _match(sign, words, observation)) is not None), None)


def _front(observation: Observation) -> tuple[Word, ...]:
    """Return the words of the front window: of the smallest of several windows, else of all but the system bars."""
    roots = [
        (index, element)
        for index, element in enumerate(observation.elements)
        if element.parent is None and element.package != "com.android.systemui" and element.box.area_px
    ]
    if len(roots) < 2:
        return observation.words
    screen_px = observation.size_px[0] * observation.size_px[1]
    index, front = min(roots, key=lambda pair: (pair[1].box.area_px, -pair[0]))
    if front.box.area_px > 0.9 * screen_px:
        return observation.words
    end = next((i for i, e in enumerate(observation.elements[index + 1 :], index + 1) if e.parent is None), None)
    last = len(observation.elements) if end is None else end
    return tuple(word for word in observation.words if word.elements and index <= word.elements[0] < last)


def _system_dialog(observation: Observation, words: tuple[Word, ...]) -> Popup | None:
    """Return a dialog that Android itself shows: permission, not responding, stopped."""
    packages = {element.package for element in observation.elements}
    if observation.page is not None:
        packages.add(observation.page.package)
    for sign in _SIGNS:
        asks = sign.kind is PopupKind.PERMISSION and any(p in q for p in _PERMISSION_PACKAGES for q in packages)
        fails = sign.kind in (PopupKind.ANR, PopupKind.CRASH) and "android" in packages
        if (asks or fails) and (found := _match(sign, words, observation)) is not None:
            return found
    return None


def _splash(observation: Observation, words: tuple[Word, ...]) -> Popup | None:
    """Return a splash ad: a small leaf that says 跳过 near a corner of a screen that says little else."""
    if len(words) > 12 or any(_NOT_SPLASH.search(word.norm) for word in words):
        return None
    width, height = observation.size_px
    for word in words:
        small = word.box.width_px <= 0.46 * width and word.box.height_px <= 0.13 * height
        if not small or not _SPLASH_SKIP.fullmatch(_plain(word)) or _in_middle(word.box, observation.size_px):
            continue
        # A button that moves may be gone from where it was seen: pressed once more, then the ad's time is waited for.
        ways = (_tap(word), _tap(word), Wait(seconds=_SPLASH_S), Back())
        return Popup(kind=PopupKind.SPLASH_AD, box=word.box, label=word.text, ways=ways, binding=False)
    return None


def _in_middle(box: Box, size_px: tuple[int, int]) -> bool:
    x, y = box.centre_px
    return 0.3 * size_px[0] < x < 0.7 * size_px[0] and 0.25 * size_px[1] < y < 0.75 * size_px[1]


def _match(sign: _Sign, words: tuple[Word, ...], observation: Observation) -> Popup | None:
    hits = _hits(sign, words)
    if not hits:
        return None
    refusing, consenting = _buttons(sign.refuse, words), _buttons(sign.accept, words)
    extent = _extent([*hits, *refusing, *consenting], words, observation)
    refusals = _taps(refusing)
    closers = () if refusals else _closers(extent, observation)
    if not refusing and ((sign.declinable and not closers) or len(words) > _FEW_WORDS):
        return None
    # Without a refusing button a page that merely mentions such things looks the same: judge the whole screen, unless
    # the dialog says itself that it lets nobody past.
    inside = [word for word in words if extent.holds(*word.box.centre_px)]
    compels = sign.kind is PopupKind.UPDATE and any(_COMPELS.search(word.norm) for word in inside)
    about = inside if refusing or compels else words
    if any(_spoils(sign, word) for word in about):
        return None
    outs: tuple[Action, ...] = refusals or closers
    if sign.kind is PopupKind.AD and not outs:
        return None  # a banner in the page: nothing stands before the app
    binding = not outs and sign.kind is not PopupKind.ANR
    back: tuple[Action, ...] = (Wait(seconds=2.0),) if sign.kind is PopupKind.ANR else (Back(),)
    # A consent that counts down cannot be pressed yet: the last way is then to wait for it.
    late: tuple[Action, ...] = () if all(word.enabled for word in consenting) else (Wait(seconds=5.0),)
    consents = _taps(consenting)
    ways = (*outs, *back, *consents, *late)
    label = hits[0].text[:40]
    return Popup(kind=sign.kind, box=extent, label=label, ways=ways, binding=binding, consents=consents)


def _hits(sign: _Sign, words: tuple[Word, ...]) -> list[Word]:
    """Return one word for each of the sign's patterns, nothing unless each has one."""
    hits: list[Word] = []
    for pattern in sign.all_of:
        hit = next((w for w in words if pattern.search(w.norm) or pattern.search(_plain(w))), None)
        if hit is None:
            return []
        hits.append(hit)
    return hits


def _spoils(sign: _Sign, word: Word) -> bool:
    if sign.none_of is not None and sign.none_of.search(word.norm):
        return True
    return sign.kind not in _FIRM and _NOT_POPUPS.search(word.norm) is not None


def _extent(parts: list[Word], words: tuple[Word, ...], observation: Observation) -> Box:
    """Return the dialog's box: the smallest node around its parts that holds text beside them, or a guess."""
    around = _around(parts)
    width, height = observation.size_px
    others = [word.box for word in words if word not in parts]
    fitting = [
        element.box
        for element in observation.elements
        if element.box.overlap(around) == around and element.box.area_px < 0.9 * width * height
    ]
    for box in sorted(fitting, key=lambda b: (b.area_px, b)):
        if len(parts) > 2 or any(box.overlap(other) == other for other in others):
            return box
    top = max(0, around.top - (height // 4 if len(parts) < 3 else height // 16))
    return Box(left=0, top=top, right=width, bottom=min(height, around.bottom + height // 16))


def _plain(word: Word) -> str:
    """Return a button's text without brackets, marks and a countdown: 同意（5s） gives 同意."""
    bare = re.sub(r"[\s()\[\]【】<>,.!。、·]+", "", word.norm).casefold()
    return re.sub(r"(?<=[\u4e00-\u9fff])\d{1,2}(?:s|秒)?$", "", bare)


def _buttons(labels: str, words: Iterable[Word]) -> list[Word]:
    """Return the words that are one of ``labels`` and nothing else, in the order of ``labels``."""
    listed = sorted(words, key=lambda word: (not word.clickable, Channel.HIERARCHY not in word.channels))
    found = [next((w for w in listed if _plain(w) == label.casefold()), None) for label in labels.split()]
    return list(dict.fromkeys(word for word in found if word is not None))


def _taps(buttons: Iterable[Word]) -> tuple[Action, ...]:
    return tuple(dict.fromkeys(_tap(word) for word in buttons if word.enabled))


def _tap(word: Word) -> Tap:
    x, y = word.box.centre_px
    return Tap(x_px=x, y_px=y, label=word.text)


def _closers(extent: Box, observation: Observation) -> tuple[Action, ...]:
    """Return taps on close icons: small pressable nodes called so by their text, or silent ones by their id."""
    taps: list[Action] = []
    for element in observation.elements:
        small = element.box.area_px <= 0.04 * observation.size_px[0] * observation.size_px[1]
        name = normalise(element.text or element.desc).casefold()
        tail = element.resource_id.rpartition("/")[2]
        dropped = extent.holds(*element.box.centre_px) and _DROP_ID.search(tail) is not None
        called = name in _CLOSE.split() if name else dropped or _CLOSE_ID.search(tail) is not None
        if element.clickable and small and called and element.box.area_px and element.enabled:
            x, y = element.box.centre_px
            taps.append(Tap(x_px=x, y_px=y, label=name or element.resource_id))
    return tuple(taps)


def _around(words: Iterable[Word]) -> Box:
    boxes = [word.box for word in words]
    around = boxes[0]
    for box in boxes:
        around = around.around(box)
    return around
