"""The places that several rules must have looked at before they can say that something is not there.

A place that one rule alone asks for stands in that rule's file.
"""

from __future__ import annotations

from typing import Final

from harness.model import Checkpoint, CheckpointId

HOME: Final = Checkpoint(id=CheckpointId("home"))
MINE: Final = Checkpoint(
    id=CheckpointId("mine"),
    words=(
        "退出登录", "个人资料", "账号与安全", "我的收藏", "我的消息", "设置", "关于", "关于我们",
    ),
    entries=("我的", "个人中心"),
)  # fmt: skip
WORKBENCH: Final = Checkpoint(
    id=CheckpointId("workbench"),
    words=("全部应用", "常用应用", "应用中心", "考勤打卡", "我的应用"),
    entries=("工作台", "办公", "应用"),
)
NOTICES: Final = Checkpoint(
    id=CheckpointId("notices"),
    words=("通知公告", "公告", "通知", "公告详情", "通知详情", "消息中心"),
    entries=("通知公告", "公告", "通知", "消息"),
)
COURSES: Final = Checkpoint(
    id=CheckpointId("courses"),
    words=(
        "课程中心", "我的课程", "课程列表", "全部课程", "学习中心", "培训课程", "政策视频", "安全培训", "课程详情",
    ),
    entries=("课程", "课程中心", "学习", "我的课程", "培训", "视频", "视听学习", "安全培训", "政策视频"),
)  # fmt: skip
PLAYER: Final = Checkpoint(
    id=CheckpointId("player"),
    words=("播放进度", "播放", "暂停", "倍速", "下一节", "下一集", "下一课", "重新播放", "课程学习"),
    entries=("去学习", "继续学习", "开始学习", "立即学习", "播放视频"),
)
ABOUT: Final = Checkpoint(
    id=CheckpointId("about"),
    words=("主办单位", "备案编号", "应用简介", "平台简介", "版本说明", "当前版本", "检查新版本"),
    entries=("关于", "关于我们", "关于本应用", "关于应用", "关于平台", "关于APP", "版本信息", "平台简介", "应用信息"),
)
SETTINGS: Final = Checkpoint(
    id=CheckpointId("settings"),
    words=("账号与安全", "清除缓存", "消息设置", "字体大小", "隐私设置", "通用设置"),
    entries=("设置", "系统设置", "应用设置", "更多设置"),
)
HELP: Final = Checkpoint(
    id=CheckpointId("help"),
    words=("常见问题", "热点问题", "使用帮助", "操作手册"),
    entries=("帮助", "帮助中心", "帮助与客服", "客服", "联系我们", "联系客服", "客服中心", "服务中心"),
)
TASKS: Final = Checkpoint(
    id=CheckpointId("tasks"),
    words=(
        "任务详情", "待巡查", "待检查", "待走访", "待填报", "巡查上报", "巡查情况", "巡查记录", "检查项", "填报说明",
        "填报单位", "填报人", "现场照片", "上传照片", "走访情况", "现场检查",
    ),
    entries=(
        "任务", "待办", "待办任务", "我的任务", "巡查", "巡查任务", "巡查上报", "网格巡查", "巡田", "巡田任务", "巡河",
        "巡林", "走访", "入户走访", "检查", "检查任务", "填报", "数据填报", "数据上报", "报表", "台账",
        "信息采集", "数据采集",
    ),
)  # fmt: skip
