"""The wording of notices that name people or units by what they did in an app, and of other notices. Pure."""

from __future__ import annotations

import re
from typing import Final

# What somebody does inside an app; results of work are no such thing.
IN_APP: Final = re.compile(
    r"打卡|签到|考勤|缺卡|积分|学分|学习时长|学时|在线时长|参学|学习(?:进度|情况|任务|平台|完成|滞后|排名|排行|榜|人员|名单)|(?:在线|网络|线上|移动|网上)学习|未学习"
    r"|必修课|课程学习|答题|竞答|知识竞赛|竞赛(?:参与|活动|得分|成绩)|参与率|参赛率|点赞|转发[量数率]|跟帖|活跃[率度]|上线率"
    r"|(?:未|没有)(?:登[录陆]|安装|激活)|(?:登[录陆]|安装|激活|使用)(?:率|情况|次数|天数|人数|排名|考核|任务|名单)|(?:APP|客户端|小程序|平台)(?:使用|推广|安装|下载|学习|应用)",
    re.IGNORECASE,
)
_N: Final = r"[一二三四五六七八九十\d]{1,3}"
_BEHIND: Final = (
    rf"(?:排名)?后{_N}[名位]|末{_N}[名位]|末位|倒数|垫底|滞后|落后|黑榜|红黑榜"
    r"|未(?:参与|参加|参赛|完成|打卡|签到|学习|答题|登[录陆]|激活|安装|达标|通过|按[时要]\S{0,6})"
)
BEHIND: Final = re.compile(_BEHIND)
AHEAD: Final = re.compile(rf"前{_N}[名位]|红榜|光荣榜|名列前茅")
PERFORMED: Final = re.compile(rf"{_BEHIND}|{AHEAD.pattern}")
# The heading of a list: whole short texts. 未完成 alone is the label of a course.
LIST_HEAD: Final = re.compile(
    rf"\S{{0,14}}?(?:后{_N}[名位](?:的)?(?:单位|部门|支部|人员|名单|学员|街道|乡镇)?|前{_N}[名位](?:的)?(?:单位|部门|支部|人员|名单|学员|街道|乡镇)?|(?:红黑|红|黑)榜"
    r"|(?:未(?:参与|参加|参赛|完成|打卡|签到|学习|答题|登[录陆]|激活|安装|达标|通过)|(?:学习)?滞后|落后)(?:学习|答题|竞赛|任务|考试)?(?:的)?(?:人员|单位|名单|部门|支部|学员|干部|党员|同志|街道|乡镇|人数)(?:名单|情况|列表)?)"
    r"\S{0,8}?(?:[(:]?\d+[人个家]?\)?)?:?"
)
COUNTED: Final = re.compile(
    r"未(?:参与|参加|参赛|完成|打卡|签到|学习|答题|登[录陆]|激活|安装|达标)(?:学习|答题|竞赛|任务)?(?:的)?(?:人员|单位|人数|学员)[(:]?\d+[人个家]?\)?"
)
REPORT: Final = re.compile(r"通报|约谈|曝光|点名|督促|提醒谈话|予以提醒|公布|晒")
# What is announced is an order or a list: that whoever did not install an app is reported is another rule's.
ORDER_SAID: Final = re.compile(
    rf"排名|排行|[前后]{_N}[名位]|末位|倒数|滞后|落后|名单|(?:率|情况|进度|完成度)\S{{0,8}}通报|通报\S{{0,10}}(?:率|情况|进度)"
)
PRAISE: Final = re.compile(r"表扬|表彰|嘉奖|先进|光荣榜|红榜|标兵|优秀|喜报|祝贺")
NOTICE_TITLE: Final = re.compile(r"通报|简报|红黑榜|公示|排名情况|情况通告")
# Who came to a meeting and who won a prize: lists of other things, whatever else the title says.
EVENT_TITLE: Final = re.compile(r"会议|会务|参会|获奖|中奖|抽奖|报名|论坛|讲座|大赛|比赛|展览|选举|名单公示")
PLAINLY_USE: Final = re.compile(r"学习|答题|打卡|签到|积分|登[录陆]|激活|竞赛|点赞|转发")
SHORT_OF_NOTICE: Final = 30
OTHER_RESULT: Final = re.compile(
    r"招商|信访|环保|督察|水质|空气|PM2|疫情|警情|案情|企业|商户|失信|欠税|纳税|处罚|双随机|食品|药品|抽检|产品质量|价格|高考|中考|录取|招生|考生|学生|家长|作业|班级|年级|期末|期中|成绩公示"
    r"|体育|赛事|运动会|锦标|马拉松|联赛|招标|中标|评审|热线|12345|工单|办件|满意度|营商|经济|GDP|项目建设|生产总值|安全生产事故|事故|隐患|信用|医院|患者|疫苗|接种|缴费|物业|[水电]费"
    r"|欠费|年报|被执行|专利|票房|电影|图书|音乐|垃圾分类|文明城市|征地|拆迁|森林|河长|粮食|秸秆|驾驶|车辆|公租房|摇号|招聘|面试|笔试|体检|遴选|业主|居民|用水|用电"
)
