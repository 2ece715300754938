"""HTML of made-up Chinese app screens, one function per page type; seeded, so that a seed is a screen. Pure."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

TITLES = (
    "每日签到", "积分商城", "学习强基", "我的积分", "积分排行", "单位排名", "学时统计", "打卡日历", "通知公告", "任务中心",
    "网上学习", "请假审批", "公文处理", "会议签到", "个人中心", "视频课程", "考勤记录", "消息提醒", "积分明细", "答题竞赛",
)  # fmt: skip
LINES = (
    "连续签到7天可获得额外积分", "请各单位于本月底前完成学习任务", "未完成必修课程的将予以通报", "本周学习时长不足3小时",
    "每日签到得2分，补签每月限3次", "视频播放期间不可拖动进度条", "学习情况纳入年度考核", "您的排名较昨日下降5名",
    "关于进一步规范政务移动应用程序的通知", "请先完成签到再浏览其他内容", "市民政局关于开展基层减负工作的安排",
    "全体干部职工须按时打卡", "完成率低于80%的单位将被约谈", "观看完整视频后方可获得学分", "今日已学习25分钟，还差35分钟",
    "请在工作日9:00前完成上班打卡", "系统将于周六凌晨2:00至4:00停机维护", "下载并登录后即可办理全部事项",
    "办理社保、医保、公积金查询业务", "您提交的申请已受理，请耐心等待", "附件：2026年第一季度积分统计表.xlsx",
    "坚持问题导向，切实减轻基层负担", "点赞转发可额外获得1积分", "距离下一等级还需120积分", "推荐学习：数字政府建设专题",
    "本课程为必修课，限期6月30日前学完", "长按二维码识别，关注微信公众号", "扫码签到人数已达1,286人", "累计打卡365天",
)  # fmt: skip
BUTTONS = (
    "立即签到", "去完成", "已完成", "去学习", "领取", "打卡", "补签", "一键提醒", "查看详情", "提交", "取消", "确定", "下一步",
    "我知道了", "稍后再说", "去答题", "兑换", "分享", "登录", "保存",
)  # fmt: skip
UNITS = (
    "市财政局", "区教育局", "县发展和改革委员会", "街道办事处", "市场监督管理局", "卫生健康委", "应急管理局", "镇人民政府",
    "高新区管委会", "自然资源局", "住建局", "人社局", "城西社区", "东湖村委会", "信访局", "审计局",
)  # fmt: skip
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰志远建国海燕晓东文博雅琴子涵浩然梓萱"
TABS = ("首页", "学习", "资讯", "办公", "消息", "通讯录", "应用", "我的", "服务", "工作台", "积分", "发现")
SMALL = ("阅读 1286", "置顶", "3小时前", "2026-03-02 08:30", "来源：示例日报", "评论 45", "播放 3.2万", "已读", "昨天 17:05",
         "剩余2天", "未读", "有效期至12月31日", "v3.2.1", "每日上限30分", "已有8,462人参与")  # fmt: skip
ICONS = (
    "M12 2l3 7 7 .6-5.4 4.6 1.7 7L12 17.3 5.7 21.2l1.7-7L2 9.6 9 9z", "M4 12l5 5L20 6", "M9 5l7 7-7 7", "M15 5l-7 7 7 7",
    "M3 11l9-8 9 8v10h-6v-6H9v6H3z", "M12 3a5 5 0 110 10 5 5 0 010-10zM3 21c2-6 16-6 18 0", "M5 12h14M12 5v14",
    "M6 9a6 6 0 1112 0c0 6 2 7 2 8H4c0-1 2-2 2-8zM10 20h4", "M4 6h16v15H4zM4 10h16M8 3v4M16 3v4", "M7 11V7a5 5 0 0110 0v4M5 11h14v10H5z",
    "M8 5v14l11-7z", "M11 4a7 7 0 110 14 7 7 0 010-14zM16 16l5 5", "M5 6h14M5 12h14M5 18h14", "M12 3a9 9 0 110 18 9 9 0 010-18zM12 8v5M12 16v1",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """Colours of a screen; ``head`` is any CSS background."""

    ground: str
    card: str
    ink: str
    faint: str
    accent: str
    head: str
    head_ink: str = "#fff"


THEMES = (
    Theme(ground="#f4f5f7", card="#fff", ink="#222", faint="#8a8f99", accent="#1a66d9", head="linear-gradient(90deg,#1a66d9,#3f9bff)"),
    Theme(ground="#f7f3f0", card="#fff", ink="#2b2320", faint="#998f88", accent="#d0202a", head="linear-gradient(135deg,#c8161d,#f0623c)"),
    Theme(ground="#101216", card="#1b1e24", ink="#e8eaed", faint="#8d939e", accent="#4f9dff", head="#16191f"),
    Theme(ground="#fff", card="#f6f8fa", ink="#333", faint="#999", accent="#16a06a", head="#fff", head_ink="#222"),
    Theme(ground="#eef3fb", card="#fff", ink="#1f2d3d", faint="#7f8fa4", accent="#ff7a1a", head="linear-gradient(180deg,#ffb347,#ff6a3d)"),
)  # fmt: skip

_STYLE = """
*{box-sizing:border-box;margin:0;padding:0}html,body{height:100%;overflow:hidden}
body{font-family:'Noto Sans CJK SC';background:VAR_ground;color:VAR_ink;font-size:15px;line-height:1.45}
.bar{height:24px;padding:0 12px;display:flex;justify-content:space-between;align-items:center;font-size:12px;background:VAR_bar;color:VAR_hink}
.head{background:VAR_head;color:VAR_hink;height:46px;display:flex;align-items:center;justify-content:center;font-size:18px;font-weight:500;position:relative}
.head svg{position:absolute;left:12px}
.card{background:VAR_card;margin:10px;border-radius:10px;padding:12px}
.row{display:flex;align-items:center;justify-content:space-between;padding:9px 0}
.row+.row{border-top:1px solid rgba(128,128,128,.18)}
.faint{color:VAR_faint;font-size:12px}.tiny{color:VAR_faint;font-size:11px}
.big{font-size:30px;font-weight:700}
.btn{display:inline-block;background:VAR_accent;color:#fff;border-radius:16px;padding:4px 14px;font-size:13px;white-space:nowrap}
.btn.line{background:none;border:1px solid VAR_accent;color:VAR_accent}.btn.off{background:#c8ccd2;color:#fff}
.wide{display:block;text-align:center;padding:11px;margin:12px;font-size:16px;border-radius:24px}
.accent{color:VAR_accent}.mid{text-align:center}
.foot{position:absolute;bottom:0;left:0;right:0;height:54px;background:VAR_card;display:flex;justify-content:space-around;align-items:center;border-top:1px solid rgba(128,128,128,.2)}
.foot div{text-align:center;font-size:11px;color:VAR_faint}.foot div.on{color:VAR_accent}
svg{width:22px;height:22px;fill:none;stroke:currentColor;stroke-width:1.8;vertical-align:middle}
.photo{position:relative;margin:10px;border-radius:10px;overflow:hidden;height:150px}
.photo canvas{position:absolute;left:0;top:0;width:100%;height:100%}
.photo p{position:absolute;color:#fff;text-shadow:0 1px 2px rgba(0,0,0,.6)}
.grid{display:grid;text-align:center}
.mask{position:absolute;inset:0;background:rgba(0,0,0,.55)}
.dialog{position:absolute;left:34px;right:34px;top:32%;background:VAR_card;border-radius:12px;padding:18px;color:VAR_ink}
.dot{display:inline-block;min-width:16px;height:16px;border-radius:8px;background:#f03a3a;color:#fff;font-size:11px;line-height:16px;padding:0 4px}
.avatar{width:36px;height:36px;border-radius:18px;margin-right:10px;display:inline-block;vertical-align:middle}
.track{height:6px;background:rgba(128,128,128,.3);border-radius:3px;margin:8px 0}.track i{display:block;height:6px;border-radius:3px;background:VAR_accent}
"""

_PHOTO = """
for(const c of document.querySelectorAll('canvas.p')){let s=+c.dataset.seed;const R=()=>(s=(s*1103515245+12345)%2147483648)/2147483648;
const w=c.width=360,h=c.height=150,x=c.getContext('2d');const g=x.createLinearGradient(0,0,w*R(),h);
const k=()=>`hsl(${R()*360},${30+R()*40}%,${20+R()*45}%)`;g.addColorStop(0,k());g.addColorStop(.5,k());g.addColorStop(1,k());
x.fillStyle=g;x.fillRect(0,0,w,h);for(let i=0;i<40;i++){x.globalAlpha=.15+R()*.35;x.fillStyle=k();x.beginPath();
if(R()<.5)x.ellipse(R()*w,R()*h,4+R()*50,4+R()*30,R()*3,0,7);else x.rect(R()*w,R()*h,3+R()*60,3+R()*40);x.fill()}
x.globalAlpha=1;const d=x.getImageData(0,0,w,h);for(let i=0;i<d.data.length;i+=4){const n=(R()-.5)*26;for(let j=0;j<3;j++)d.data[i+j]+=n}x.putImageData(d,0,0)}
"""


class Pen:
    """Random pieces of a page; every choice comes from the seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.theme = self.chance.choice(THEMES)

    def of(self, *pool: str) -> str:
        return escape(self.chance.choice(pool))

    def number(self, low: int, high: int) -> int:
        return self.chance.randint(low, high)

    def name(self) -> str:
        return self.chance.choice(SURNAMES) + "".join(self.chance.sample(GIVEN, self.number(1, 2)))

    def icon(self, size_px: int = 22) -> str:
        return (
            f'<svg viewBox="0 0 24 24" style="width:{size_px}px;height:{size_px}px"><path d="{self.of(*ICONS)}"/></svg>'
        )

    def avatar(self) -> str:
        return f'<i class="avatar" style="background:hsl({self.number(0, 359)},45%,60%)"></i>'

    def button(self) -> str:
        return f'<span class="btn {self.of("", "", "line", "off")}">{self.of(*BUTTONS)}</span>'

    def photo(self, inside: str, height_px: int = 150, *, silent: bool = True) -> str:
        mark = " data-silent" if silent else ""
        canvas = f'<canvas class="p" data-seed="{self.number(1, 10**6)}"></canvas>'
        return f'<div class="photo"{mark} style="height:{height_px}px">{canvas}{inside}</div>'


def page(kind: str, seed: int) -> str:
    """Return the whole document of one screen of a kind."""
    pen = Pen(seed)
    colours = pen.theme
    style = _STYLE
    bar = colours.head if not colours.head.startswith("linear") else colours.accent
    for name, value in (("hink", colours.head_ink), ("head", colours.head), ("bar", bar), ("ground", colours.ground),
                        ("card", colours.card), ("ink", colours.ink), ("faint", colours.faint), ("accent", colours.accent)):  # fmt: skip
        style = style.replace(f"VAR_{name}", value)
    clock = f"{pen.number(0, 23):02}:{pen.number(0, 59):02}"
    bar_html = f'<div class="bar"><span>{clock}</span><span>{pen.number(11, 99)}%</span></div>'
    body = bar_html + PAGES[kind](pen)
    return f"<!doctype html><meta charset=utf-8><style>{style}</style><body>{body}<script>{_PHOTO}</script>"


def _head(pen: Pen, title: str | None = None) -> str:
    return f'<div class="head">{pen.icon()}<span>{title or pen.of(*TITLES)}</span></div>'


def _foot(pen: Pen) -> str:
    names = pen.chance.sample(TABS, pen.number(4, 5))
    cells = (f'<div class="{"on" if n == 0 else ""}">{pen.icon()}<br>{name}</div>' for n, name in enumerate(names))
    return f'<div class="foot">{"".join(cells)}</div>'


def _list(pen: Pen) -> str:
    rows = "".join(
        f'<div class="row"><div style="flex:1;padding-right:10px"><div>{pen.of(*LINES)}</div>'
        f'<div class="{pen.of("faint", "tiny")}">{pen.of(*SMALL)}　{pen.of(*SMALL)}</div></div>{pen.button()}</div>'
        for _ in range(9)
    )
    return f'{_head(pen)}<div class="card">{rows}</div>{_foot(pen)}'


def _leaderboard(pen: Pen) -> str:
    points = sorted((pen.number(20, 9999) for _ in range(10)), reverse=True)
    own = pen.number(11, 99)
    rows = "".join(
        f'<div class="row"><span style="width:44px" class="{"accent big" if n < 4 else ""}">'
        f"{pen.of(str(n), str(n), f'第{n}名', f'NO.{n}') if n > 3 else n}</span>{pen.avatar()}"
        f'<div style="flex:1"><div>{pen.name()}</div><div class="faint">{pen.of(*UNITS)}</div></div>'
        f"<span>{points[n - 1]}{pen.of('', '分', '积分')}</span></div>"
        for n in range(1, 11)
    )
    mine = f'<p style="left:16px;top:14px;font-size:20px">我的排名 第{own}名</p><p style="left:16px;top:52px">本月积分 {pen.number(1, 999)}</p>'
    return f'{_head(pen, "积分排行榜")}{pen.photo(mine, 90)}<div class="card">{rows}</div>'


def _calendar(pen: Pen) -> str:
    first, today = pen.number(0, 6), pen.number(5, 28)
    cells = [f'<div class="faint">{day}</div>' for day in "日一二三四五六"] + ["<div></div>"] * first
    for day in range(1, 31):
        done = day < today and pen.chance.random() < 0.7
        style = (
            "background:VAR;color:#fff;border-radius:18px" if day == today else ("opacity:.35" if day > today else "")
        )
        style = style.replace("VAR", pen.theme.accent)
        note = pen.of("已签", "+2", "漏签", "补签") if done else ""
        cells.append(
            f'<div style="height:48px"><div style="width:36px;margin:auto;line-height:30px;{style}">{day}</div><div class="tiny">{note}</div></div>'
        )
    grid = f'<div class="grid" style="grid-template-columns:repeat(7,1fr)">{"".join(cells)}</div>'
    total = f'<div class="mid">已连续签到<span class="big accent">{pen.number(1, 99)}</span>天</div>'
    return (
        f'{_head(pen, "签到日历")}<div class="card">{total}<div class="mid faint">2026年{pen.number(1, 12)}月</div>{grid}</div>'
        f'<span class="btn wide">{pen.of("立即签到", "今日已签到", "签到领积分")}</span><div class="card">'
        f'<div class="faint">签到规则</div><div>1. {pen.of(*LINES)}</div><div>2. {pen.of(*LINES)}</div></div>'
    )


def _form(pen: Pen) -> str:
    fields = pen.chance.sample(
        ("姓名", "手机号码", "所在单位", "身份证号", "请假类型", "开始时间", "结束时间", "事由", "验证码", "审批人", "打卡地点"), 8)  # fmt: skip
    values = (pen.name(), f"138{pen.number(10**7, 10**8 - 1)}", pen.of(*UNITS), "请输入", "请选择", "2026-03-02 09:00",
              f"{pen.number(1, 30)}天", "未填写", "必填", "示例市中山路128号")  # fmt: skip
    rows = "".join(
        f'<div class="row"><span>{field}</span><span class="faint" style="font-size:14px">{pen.of(*values)} {pen.icon(14)}</span></div>'
        for field in fields
    )
    note = f'<div class="tiny" style="margin:0 22px">{pen.of(*LINES)}</div>'
    return f'{_head(pen)}<div class="card">{rows}</div>{note}<span class="btn wide">{pen.of("提交", "下一步", "保存并提交")}</span>'


def _article(pen: Pen) -> str:
    text = "".join(
        f"<p style='text-indent:2em;margin:8px 0'>{'。'.join(pen.chance.sample(LINES, 3))}。</p>" for _ in range(4)
    )
    photo = pen.photo(f'<p style="left:12px;bottom:10px;font-size:17px">{pen.of(*LINES)}</p>', 150)
    return (
        f'{_head(pen, "资讯详情")}<div style="padding:14px"><div style="font-size:21px;font-weight:700">{pen.of(*LINES)}</div>'
        f'<div class="faint">{pen.of(*UNITS)}　{pen.of(*SMALL)}</div>{photo}{text}</div>'
    )


def _dialog(pen: Pen) -> str:
    two = f'<div class="row"><span class="btn off">{pen.of("取消", "稍后再说", "不再提醒")}</span>{pen.button()}</div>'
    dialog = f'<div class="dialog"><div class="mid" style="font-size:18px">{pen.of("温馨提示", "签到成功", "任务提醒", "系统通知")}</div><div style="margin:10px 0">{pen.of(*LINES)}。{pen.of(*LINES)}。</div>{two}</div>'
    return f'<div data-care="no">{_list(pen)}</div><div class="mask"></div>{dialog}'


def _tabs(pen: Pen) -> str:
    names = "".join(
        f'<span style="padding:8px" class="{"accent" if n == 1 else ""}">{name}</span>'
        for n, name in enumerate(pen.chance.sample(TABS, 5))
    )
    cells = "".join(
        f'<div style="padding:10px 0"><div style="color:{pen.theme.accent};display:inline-block;position:relative">{pen.icon(30)}</div>'
        f'<div style="font-size:12px">{pen.of(*TITLES)}</div></div>'
        for _ in range(12)
    )
    count = pen.number(1, 99)
    return (
        f'{_head(pen, "工作台")}<div style="display:flex;justify-content:space-around">{names}</div>'
        f'<div class="card"><div class="grid" style="grid-template-columns:repeat(4,1fr)">{cells}</div></div>'
        f'<div class="card"><div class="row"><span>待办事项 <span class="dot">{count}</span></span><span class="faint">更多</span></div>'
        f'<div class="row"><span>{pen.of(*LINES)}</span></div><div class="row"><span>{pen.of(*LINES)}</span></div></div>{_foot(pen)}'
    )


def _video(pen: Pen) -> str:
    at, whole = pen.number(1, 29), pen.number(30, 59)
    inside = (
        f'<p style="left:12px;top:8px;font-size:16px">{pen.of(*LINES)}</p><p style="left:12px;bottom:6px;font-size:12px">{at:02}:{pen.number(0, 59):02}</p>'
        f'<p style="right:70px;bottom:6px;font-size:12px">{whole}:00</p><p style="right:12px;bottom:6px;font-size:12px">倍速</p>'
    )
    rows = "".join(
        f'<div class="row"><span>{n}. {pen.of(*LINES)[:12]}</span><span class="faint">{pen.number(3, 45)}分钟 {pen.of("已学完", "未学习", "学习中", "必修")}</span></div>'
        for n in range(1, 8)
    )
    part = pen.number(5, 95)
    return (
        f'{pen.photo(inside, 210)}<div class="card"><div style="font-size:17px">{pen.of(*LINES)}</div><div class="faint">学习进度 {part}%　须看完方可获得学时</div>'
        f'<div class="track"><i style="width:{part}%"></i></div></div><div class="card"><div style="font-weight:700">课程目录</div>{rows}</div>'
    )


def _canvas(pen: Pen) -> str:
    lines = "".join(
        f'<p style="left:{pen.number(10, 150)}px;top:{20 + 62 * n}px;font-size:{pen.of("14", "18", "24", "30")}px">{pen.of(*BUTTONS, *TITLES)}</p>'
        for n in range(8)
    )
    ground = pen.theme.head if pen.theme.head_ink == "#fff" else pen.theme.accent
    return (
        pen.photo(lines, 540)
        + f'<span class="btn wide" data-silent style="background:{ground}">{pen.of("开始答题", "立即打卡", "去签到")}</span>'
    )


def _mine(pen: Pen) -> str:
    stats = "".join(
        f'<div><div class="big" style="font-size:24px">{pen.number(0, 9999)}</div><div style="font-size:12px">{name}</div></div>'
        for name in ("积分", "学时", "排名")
    )
    rows = "".join(
        f'<div class="row"><span>{pen.icon()} {pen.of(*TITLES)}</span><span class="faint">{pen.of(*SMALL)} {pen.icon(14)}</span></div>'
        for _ in range(7)
    )
    return (
        f'<div style="background:{pen.theme.head};color:{pen.theme.head_ink};padding:18px">{pen.avatar()}<span style="font-size:18px">{pen.name()}</span>'
        f'<span style="font-size:12px">　{pen.of(*UNITS)}</span><div class="grid" style="grid-template-columns:repeat(3,1fr);margin-top:12px">{stats}</div></div>'
        f'<div class="card">{rows}</div>{_foot(pen)}'
    )


def _tasks(pen: Pen) -> str:
    rows = "".join(
        f'<div class="row"><div style="flex:1"><div>{pen.of("每日登录", "阅读文章", "观看视频", "每日答题", "发表观点", "本地频道", "挑战答题", "专项答题")}</div>'
        f'<div class="faint">{pen.number(0, 5)}分/{pen.number(5, 12)}分　{pen.of("每日上限6分", "有效阅读得1分", "累计30分钟")}</div></div>{pen.button()}</div>'
        for _ in range(8)
    )
    return f'{_head(pen, "积分规则")}<div class="card mid"><div class="faint">今日已累积</div><div class="big accent">{pen.number(0, 60)}分</div></div><div class="card">{rows}</div>'


def _statistics(pen: Pen) -> str:
    cells = "".join(
        f"<tr><td>{n}</td><td>{pen.of(*UNITS)}</td><td>{pen.number(1, 500)}</td><td>{pen.number(40, 100)}.{pen.number(0, 9)}%</td><td>{pen.of('达标', '未达标', '预警')}</td></tr>"
        for n in range(1, 13)
    )
    head = "<tr><th>序号</th><th>单位</th><th>人数</th><th>完成率</th><th>情况</th></tr>"
    return f'{_head(pen, "学习统计")}<div class="card"><style>td,th{{padding:8px 4px;text-align:center;font-size:13px}}table{{width:100%}}</style><table>{head}{cells}</table></div><div class="tiny" style="margin:12px">统计时间：2026-03-{pen.number(10, 28)} {pen.number(10, 23)}:30</div>'


PAGES: dict[str, Callable[[Pen], str]] = {
    "list": _list,
    "leaderboard": _leaderboard,
    "calendar": _calendar,
    "form": _form,
    "article": _article,
    "dialog": _dialog,
    "tabs": _tabs,
    "video": _video,
    "canvas": _canvas,
    "mine": _mine,
    "tasks": _tasks,
    "statistics": _statistics,
}
