"""The wording of one log-in or one course at a time, of credit that stops by it, and of learning. Pure."""

from __future__ import annotations

import re
from typing import Final

KICKED: Final = re.compile(
    r"(?:账[号户]|用户)\S{0,6}?(?:已|正)?在(?:其[他它]|另一|别的|异地)\S{0,6}?(?:登[录陆]|学习|播放|观看|使用)|已在别处登[录陆]|被(?:迫|强制)下线|旧会话已断开"
    r"|(?:会话|登[录陆])已?(?:失效|断开)\S{0,8}(?:其[他它]|另一)"
)
ONE_DEVICE: Final = re.compile(
    r"(?:同一|一个|每个|实名)?账[号户]\S{0,12}?(?:只(?:能|允许|可)|仅(?:能|允许|可|支持|限))\S{0,6}?[一1][台个]?\S{0,8}?(?:登[录陆]|学习|播放|观看)"
    r"|不(?:能|可|得|允许|支持)\S{0,4}?(?:[多两2]|同时在)[台个]?\S{0,4}?(?:设备|终端|手机|电脑)\S{0,6}?(?:登[录陆]|学习|播放|观看)"
)
ONE_COURSE: Final = re.compile(
    r"(?:同一时间|同一时段|同时|一次)(?:内)?(?:只|仅)(?:能|允许|可|支持)\S{0,4}?(?:学习|播放|观看|打开)\S{0,2}?[一1](?:门|个|节|部)|(?:仅|只)支持同时(?:学习|播放|观看)[一1](?:门|个|节)"
    r"|不(?:能|可|允许|支持)(?:同时|并行)\S{0,4}?(?:学习|播放|打开|观看)\S{0,6}?(?:门|个|节|课程|视频)|只对[一1]个\S{0,6}?记录"
    r"|(?:其[他它]|另一门|别的)(?:课程|视频|课件)正在(?:学习|播放)|正在(?:学习|播放)(?:其[他它]|另一)\S{0,4}?(?:课程|视频|课件)"
    r"|(?:有|存在)\S{0,4}?(?:门|个)?(?:课程|视频|课件)正在(?:学习|播放)|请先(?:退出|关闭|结束|停止)(?:正在|当前)\S{0,8}?(?:课程|视频|课件)"
)
LOCK: Final = re.compile(rf"{KICKED.pattern}|{ONE_DEVICE.pattern}|{ONE_COURSE.pattern}")
STOPS: Final = re.compile(
    r"(?:停止|暂停|中断|终止)\S{0,4}?(?:计时|记录|学时|学习)|不(?:予|再|会)?(?:计时|计入|记入|记录|累计|累加|计算)\S{0,6}?(?:学时|时长|进度|学分|积分|学习)?"
    r"|(?:其[他它]|另一门|多门)\S{0,8}?不(?:计|记)|只(?:对|记录|计)\S{0,12}?(?:记录|学时|时长|进度|登[录陆])|(?:进度|学时|时长)\S{0,6}?(?:清零|丢失|无效|不保存|作废)|不(?:予|再|会)?[计算记认](?:入|定)?\S{0,2}?(?:学时|时长|进度|学分)"
)
# What the lock protects: time, progress or credit of learning that is kept for the account.
LEARNING: Final = re.compile(r"学时|学习时长|已学\d|学习进度|课程进度|观看进度|必修|累计学习|网络学院|计时学习|学分课")
ABOUT_LEARNING: Final = re.compile(r"学习|课程|课件|播放|观看|学时|培训")
A_COURSE: Final = re.compile(r"课程|课件|学习|培训|知识")
FOR_SAFETY: Final = re.compile(r"本人操作|修改密码|密码泄露|异地|账[号户]安全|安全提醒|绑定设备|验证")
SWITCH: Final = re.compile(
    r"切换(?:课程|学习|到本课程|到当前课程)?|继续(?:学习|播放)(?:本课程)?|仍要(?:学习|播放)|学习本课程"
)
# 确定 may answer a question about something else, so it is left alone: Back closes what has no other way.
DISMISS: Final = re.compile(r"我?知道了|取消|关闭")
# What a kick-out offers to go on with here.
RESUME: Final = re.compile(r"(?:在(?:本|此|当前)设备)?继续(?:学习|播放|观看)?|在(?:本|此|当前)设备(?:学习|播放|观看)")
GO: Final = re.compile(r"(?:去|继续|开始|立即|进入)?学习|(?:开始)?播放|进入课程")
