"""Everyday pages of offices, hospitals, schools, banks, shops and papers name nobody and force nobody.

They hold the words of the rules about rates, log-ins, likes, notices, inspections and single sessions.
"""

from __future__ import annotations

from typing import Any

import pytest

from harness.model import Coverage, Rule, Verdict
from harness.rules import (
    forced_install,
    forced_periodic_login,
    install_usage_rate_report,
    mandatory_check_in,
    online_inspection_carrier,
    ranking_notice,
    single_session_lock,
    social_metric_appraisal,
)
from harness.rules.corpus import screen
from harness.rules.wording import app_words

WALKED = Coverage(reaches=(), screens=3, steps=9, untried=0, finished=True)
RULES: tuple[Rule, ...] = (
    single_session_lock.RULE,
    install_usage_rate_report.RULE,
    forced_periodic_login.RULE,
    social_metric_appraisal.RULE,
    ranking_notice.RULE,
    online_inspection_carrier.RULE,
)
Line = str | tuple[str, ...]

# (where, title, lines); a star marks what can be pressed.
PAGES: tuple[tuple[str, str, tuple[Line, ...]], ...] = (
    # offices
    (
        "office",
        "电子社保卡",
        ("使用电子社保卡须先登录", "每日首次登录须验证短信", "签发率 98.2%", "各县签发率每月通报"),
    ),
    ("office", "数据开放", (("数据集", "下载率", "浏览量"), ("公交线路", "12%", "3200"), ("学校名录", "9%", "2100"))),
    ("office", "政务公开考核", (("单位", "得分"), ("市财政局", "98"), ("市水利局", "92"), "政务公开工作每季度通报")),
    ("office", "热线月报", ("办结率排名后三名：东河镇、西河镇、南河镇", "登录热线平台可查看工单")),
    ("office", "森林防火通报", ("未按时巡护的村：东河村、西河村", "防火期内每日登录气象平台查看火险等级")),
    (
        "office",
        "环境空气质量通报",
        ("后三名：东河区、西河区、南河区", "监测设备在线率 98%", "设备未上线的单位：东河站、西河站"),
    ),
    ("office", "年报公示", ("未完成年报企业名单", "东河食品公司", "西河建材公司", "登录公示系统补报")),
    ("office", "征求意见", ("请各单位于3月5日前登录平台留言反馈", "每单位至少留言1条", "逾期视为无意见")),
    ("office", "公务员平时考核", ("每季度登录系统填写个人小结", "考核等次：好", "各单位于季末前完成")),
    ("office", "党费缴纳", ("本月已缴人数 32", "未缴纳人员 2人", "*去缴纳")),
    ("office", "值班安排", (("姓名", "日期"), ("王建国", "3月2日"), ("李秀英", "3月3日"), "交接班时须登录值班系统")),
    ("office", "干部任前公示", ("拟任职人员名单", "王建国", "李秀英", "张志强", "公示期内可登录平台反映情况")),
    ("office", "会议通知", ("请未参加第一期培训的单位参会：市水利局、市民政局", "会议签到时间 8:30")),
    ("office", "信息化建设情况通报", ("正版软件使用率：市财政局100%、市水利局98%", "正版软件安装率低的单位予以通报")),
    (
        "office",
        "IPv6改造",
        (("单位", "IPv6使用率"), ("市财政局", "91%"), ("市水利局", "80%"), ("市民政局", "72%"), "排名每月通报"),
    ),
    ("office", "机关食堂", (("菜品", "点赞"), ("红烧肉", "126"), ("清蒸鱼", "98"), "点赞前三名的菜品每周公布")),
    (
        "office",
        "工会活动",
        ("健步走点赞排行", ("1", "王建国", "126"), ("2", "李秀英", "98"), ("3", "张志强", "80"), "自愿参加"),
    ),
    (
        "office",
        "网络安全通报",
        ("弱口令账号未整改的单位：市水利局、市民政局", "90天未登录账号须停用", "账号已在其他设备登录的请修改密码"),
    ),
    ("office", "督查通报", ("重点项目进度滞后的单位：市住建局、市交通局", "请限期整改", "登录督查系统报送进展")),
    (
        "office",
        "执法监督",
        (("被检查企业", "得分"), ("东河食品公司", "92分"), ("西河建材公司", "80分"), "每月检查一次"),
    ),
    ("office", "文明城市创建", ("各街道每日巡查得分", ("东街道", "98分"), ("西街道", "92分"), "垃圾分类检查")),
    ("office", "信访积案", ("督办件 3 件", "化解率 98%", "化解率后三名的县区：东河县、西河县")),
    (
        "office",
        "政策文件",
        ("第五条 考核通报用户安装使用率的，由主管部门责令改正。", "第六条 强制要求定期登录的，予以通报。"),
    ),
    ("office", "办法解读", ("问：能否每日要求登录、扣分通报？", "答：不能。点赞量、转发量也不能作为考核依据。")),
    ("office", "减负通知", ("取消各类排名通报", "停止统计安装率、激活率", "不再要求每日转发信息")),
    ("office", "会议签到", ("未签到人员", "王建国", "李秀英", "张志强", "会议时间 14:30")),
    ("office", "有奖答题获奖名单", ("答题得分前三名", "王建国", "李秀英", "张志强")),
    (
        "office",
        "公务用车",
        (("单位", "公车使用率"), ("市财政局", "98%"), ("市水利局", "91%"), ("市民政局", "80%"), "小程序用车排名"),
    ),
    ("office", "作风评议", ("各单位问卷参与率每周通报", "小程序填写问卷", "参与率排名")),
    ("office", "科研管理", ("课题负责人须每月登录系统填报进展，逾期通报。", "每季度登录系统更新成果")),
    ("office", "订餐须知", ("须每日登录小程序订餐，未订餐的不予供应", "逾期不予受理")),
    ("office", "通知公告", ("请各单位务必及时转发至各科室，本通知传达到每位职工。", "要求各单位转发本通知并做好准备")),
    ("office", "通知公告", ("请各单位组织候选人评选投票", "各支部组织党员投票选举出席代表")),
    ("office", "视频监控", ("同一时间只能播放一个视频", "其他视频正在播放")),
    (
        "office",
        "云资源通报",
        (("单位", "云主机使用率"), ("市财政局", "98%"), ("市水利局", "12%"), "使用率低的单位予以通报"),
    ),
    # hospitals
    (
        "hospital",
        "抗菌药物使用率",
        (("科室", "使用率"), ("内科", "38%"), ("外科", "41%"), ("儿科", "45%"), "超标科室予以通报"),
    ),
    (
        "hospital",
        "预约率排名",
        (("科室", "预约率"), ("内科", "98%"), ("外科", "91%"), ("儿科", "80%"), "登录小程序预约"),
    ),
    (
        "hospital",
        "好医生",
        ("点赞榜", ("1", "王建国", "1260"), ("2", "李秀英", "980"), ("3", "张志强", "801"), "患者可为医生点赞"),
    ),
    ("hospital", "体检中心", ("未完成项目：B超、心电图", "体检签到处在二楼", "检查得分 92分", "每年检查一次")),
    ("hospital", "院感督导", (("科室", "得分"), ("内科", "98分"), ("外科", "92分"), "患者安全每周检查")),
    ("hospital", "就诊人", ("同一账号只能绑定5个就诊人", "账号已在其他手机登录，请重新登录")),
    ("hospital", "疫苗接种", (("社区", "接种率"), ("东社区", "98%"), ("西社区", "91%"), "未接种人员：王建国、李秀英")),
    # schools
    ("school", "家校通", ("家长须每日登录查看作业", "未登录的家长名单：王建国、李秀英", "班级排名")),
    ("school", "学生评优", ("票数排名前三名：王小明、李小红、张小刚", "网络投票计入评选成绩的20%")),
    ("school", "成绩通报", ("期末考试排名后三名：王小明、李小红、张小刚", "登录教务系统查询成绩")),
    ("school", "课堂签到", ("未签到学生名单", "王小明", "李小红", "迟到3人")),
    ("school", "实验室使用率", (("实验室", "使用率"), ("物理", "98%"), ("化学", "91%"), ("生物", "80%"), "使用率排名")),
    (
        "school",
        "图书馆",
        ("座位使用率 96%", "读者登录次数 3200", "借阅排行", ("1", "三体", "126"), ("2", "活着", "98")),
    ),
    ("school", "考试系统", ("同一考生只能在一台设备上登录考试", "考试中切换设备的，成绩无效")),
    # banks and firms
    ("bank", "手机银行", ("您的账号已在其他设备登录，如非本人操作请修改密码", "*重新登录")),
    ("bank", "账户安全", ("180天未登录手机银行将暂停非柜面业务", "每日登录失败5次将冻结账户")),
    ("bank", "活动中心", ("登录有礼：每日登录得1积分", "分享好友得10积分", "积分可兑换礼品", "积分排行前10名有奖")),
    ("bank", "信用卡激活率", (("网点", "激活率"), ("东街支行", "98%"), ("西街支行", "91%"), ("南街支行", "80%"))),
    ("bank", "尽职调查", ("检查得分 92分", ("企业", "得分"), ("东河公司", "90"), ("西河公司", "80"), "每月检查")),
    (
        "firm",
        "工业监测",
        ("设备使用率", ("车间", "使用率"), ("一车间", "98%"), ("二车间", "91%"), "设备未上线：3号机床"),
    ),
    (
        "firm",
        "充电服务",
        (("区", "充电桩使用率"), ("东河区", "38%"), ("西河区", "31%"), "APP扫码充电", "注册用户 12万"),
    ),
    (
        "firm",
        "燃气安检",
        ("报警器安装率", ("街道", "安装率"), ("东街道", "98%"), ("西街道", "80%"), "未安装用户名单可登录查询"),
    ),
    # shops
    ("shop", "任务中心", ("每日登录+1积分", "分享商品+5积分", "评论订单+10积分", "积分可抵现金")),
    ("shop", "拼团", ("邀请好友助力点赞", "须邀请3位好友点赞", "分享到朋友圈领优惠")),
    ("shop", "视频会员", ("一个账号仅支持2台设备同时观看", "其他设备正在播放，请先停止播放", "开通会员")),
    ("shop", "店铺管理", ("商品评论率排名", ("1", "红茶", "96%"), ("2", "绿茶", "91%"), ("3", "花茶", "80%"))),
    # papers
    ("paper", "新闻", ("某县考核通报APP安装率，干部每日须登录，未登录的扣分", "*点赞 126", "*分享", "*评论 8")),
    ("paper", "时评", ("让排名通报回归本意", "一些地方通报学习积分后六名的单位", "*点赞", "*转发")),
    ("paper", "体育新闻", ("联赛后三名：东河队、西河队、南河队", "球迷投票选出最佳球员", "签到抽奖")),
    (
        "paper",
        "短视频大赛",
        (("名次", "单位", "点赞量"), ("1", "市财政局", "3200"), ("2", "市水利局", "2100"), ("3", "市民政局", "980")),
    ),
    ("paper", "最美乡村评选", ("每人每天可投票3次", "投票数排名前十的乡村入围", "*投票")),
    ("paper", "留言板", ("网友留言须实名", "每日留言不少于10字", "留言回复率 98%", "回复率后三名：东河县、西河县")),
    # dwellings and the street
    ("street", "业主大会", ("全体业主须参加投票", "未投票业主名单：王建国、李秀英", "投票率 92%")),
    (
        "street",
        "垃圾分类",
        ("小区参与率排名", ("1", "东苑小区", "98%"), ("2", "西苑小区", "91%"), ("3", "南苑小区", "80%")),
    ),
    ("street", "停车服务", ("泊位使用率 96%", "同一账号同时只能预约一个泊位")),
    ("street", "志愿服务", ("服务时长排行", ("1", "王建国", "120小时"), ("2", "李秀英", "98小时"), "签到签退记录时长")),
    ("street", "12345", ("未完成评价的工单 2 件", "评价得积分可兑换公交券", "*分享")),
)


def _screen(title: str, lines: tuple[Line, ...]) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [{"text": title, "box": [400, 150, 400 + 44 * len(title), 220]}]
    for number, line in enumerate(lines):
        cells = line if isinstance(line, tuple) else (line,)
        top = 320 + 120 * number
        for at, cell in enumerate(cells):
            text, left = cell.lstrip("*"), 60 + 960 * at // len(cells)
            box = [left, top, min(1070, left + 44 * len(text)), top + 60]
            nodes.append({"text": text, "box": box, "clickable": cell.startswith("*")})
    nodes += [
        {"text": tab, "box": [120 + 300 * at, 2280, 240 + 300 * at, 2340], "clickable": True}
        for at, tab in enumerate(("首页", "工作台", "我的"))
    ]
    return {"nodes": nodes, "screen": title}


def _drawn(page: dict[str, Any]) -> dict[str, Any]:
    """Return the same page as pixels alone show it: nobody says what can be pressed."""
    read = [{"text": n["text"], "box": n["box"]} for n in page["nodes"]]
    return {"nodes": [], "opaque": [[0, 108, 1080, 2400]], "read": read, "screen": page["screen"]}


@pytest.mark.parametrize(("where", "title", "lines"), PAGES, ids=[f"{n}-{w}" for n, (w, _, _) in enumerate(PAGES)])
@pytest.mark.parametrize("drawn", [False, True], ids=["nodes", "pixels"])
def test_an_everyday_page_accuses_nobody(*, where: str, title: str, lines: tuple[Line, ...], drawn: bool) -> None:
    assert where
    page = _screen(title, lines)
    shown = screen(_drawn(page) if drawn else page)
    verdicts = {law.id: law.conclude([law.detect(shown)], WALKED).verdict for law in RULES}
    accused = [rule for rule, verdict in verdicts.items() if verdict is Verdict.FOUND]
    assert accused == []


def test_pages_of_one_app_do_not_join_into_an_accusation() -> None:
    """All of them together: what is harmless alone stays harmless beside the others."""
    pages = [screen(_screen(title, lines), index=n) for n, (_, title, lines) in enumerate(PAGES, 1)]
    for law in RULES:
        assert law.conclude([law.detect(page) for page in pages], WALKED).verdict is not Verdict.FOUND, law.id


def test_a_headline_is_not_joined_with_the_line_below_it() -> None:
    """关于…的通知 is the title of an order told elsewhere; joined with a date it would read as the order itself."""
    read = [
        {"text": "关于全体干部须下载安装示例通APP的通知", "box": [60, 320, 1000, 380]},
        {"text": "推广专班3月5日印发", "box": [60, 400, 500, 460]},
    ]
    drawn = screen({"nodes": [], "opaque": [[0, 108, 1080, 2400]], "read": read})
    assert [w.norm for w in app_words(drawn)] == [r["text"] for r in read]
    assert forced_install.detect(drawn).verdict is Verdict.CLEAR


def test_lines_of_a_drawn_paragraph_are_read_as_one_sentence() -> None:
    read = [
        {"text": "各单位请于3月5日前组织全体干部下载安装", "box": [60, 320, 1000, 380]},
        {"text": "示例通APP。", "box": [60, 400, 400, 460]},
    ]
    drawn = screen({"nodes": [], "opaque": [[0, 108, 1080, 2400]], "read": read})
    assert app_words(drawn)[-1].norm == "各单位请于3月5日前组织全体干部下载安装示例通APP。"
    assert forced_install.detect(drawn).verdict is Verdict.FOUND


def test_a_key_word_that_breaks_at_the_end_of_a_drawn_line_is_not_missed() -> None:
    read = [
        {"text": "签到规则", "box": [420, 120, 660, 180]},
        {"text": "全体工作人员须每日登录本平台签", "box": [60, 320, 1000, 380]},
        {"text": "到,漏签一次扣1分,纳入年度考核。", "box": [60, 400, 1000, 460]},
    ]
    drawn = screen({"nodes": [], "opaque": [[0, 108, 1080, 2400]], "read": read})
    assert any("平台签到" in word.norm for word in app_words(drawn))
    assert mandatory_check_in.detect(drawn).reason == "mandatory-check-in-rule-text-only"
