"""The wording of examinations with a pass line: what pages say of scores, lines, duty, repeating and appraisal."""

from __future__ import annotations

import re
from typing import Final

# A test of people: water, networks and walls are tested too.
EXAM: Final = re.compile(
    r"考试|测验|答题|竞赛|试卷|答卷|考题|闭卷|开卷|在线考|知识问答"
    r"|(?:知识|能力|应知应会|党规\S{0,4}|党纪|法规|法律|法治|业务|技能|理论|在线|网上|线上|章节|课程|学习|随堂|结业|综合|素质)测试"
)
SAYS_PASS: Final = re.compile(r"合格|及格|通过|分数?线|考|测|答题")
PASS_LINE: Final = re.compile(
    r"(?:合格|及格|通过|达标)(?:分数?线|线|分数?|标准|成绩|要求|条件)?(?:为|是|[:：])?\D{0,4}\d{2,3}分"
    r"|(?:≥|>=|不低于|不少于|达到?|满|超过)\d{2,3}分\S{0,6}(?:为|即|视为|算|才|方)?\S{0,3}(?:合格|及格|通过|达标|完成)"
    r"|\d{2,3}分(?:\(含\))?(?:及|或)?(?:以上)\S{0,6}(?:为|即|视为|算|才|方)?\S{0,3}(?:合格|及格|通过|达标|完成)"
    r"|(?<!得分:)(?<!成绩:)(?<![\d:])\d{2,3}分(?:为|即|视为|算|才|方)?(?:合格|及格|通过|达标)"
    r"|(?:须|必须|应|需|要求)\S{0,6}(?:达到|取得|考|答)\S{0,4}\d{2,3}分"
)
# Points to be collected are another rule's; so are hours and a place in a queue.
OTHER_POINTS: Final = re.compile(r"积分|学分|学时|签到|打卡|信用|落户|好评|评分|服务|测评|考评得分|绩效")
SCORE: Final = re.compile(
    r"(?:我的|您的|你的|本次|最高|上次|最好|历史最高|考试|测验|答题|最终|当前)?(?:成绩|得分|分数|考分)(?:为|[:：])?\d{1,3}(?:\.\d+)?分?\S{0,10}"
    r"|(?:总分|满分|卷面分)(?:为|[:：])?\d{2,3}分?"
)
SCORE_LABEL: Final = re.compile(
    r"(?:我的|您的|你的|本次|最高|上次|最好|历史最高|考试|测验|答题|最终)(?:成绩|得分|分数)[:：]?"
)
NUMBER: Final = re.compile(r"\d{1,3}(?:\.\d+)?分?")
NOT_PASSED: Final = re.compile(r"(?:本次|考试|测验|成绩|答题|很遗憾,?)?(?:未通过|不合格|不及格|未合格|未达标)[!。]?")
PASSED: Final = re.compile(r"(?:考试|测验|成绩|答题|恭喜您?,?)?(?:已通过|合格|及格|通过考试)[!。]?")

# M2 and M8: one has to pass, or whoever did not pass has not finished.
MUST_PASS: Final = re.compile(
    r"(?:必须|(?<![无勿])须|务必|应当|要求)\S{0,12}(?:通过|合格|及格|达标|达到\d+分|参加|完成|答题)"
    r"|(?:通过|合格|及格|达标|\d+分(?:以上)?)(?:考试|测验|测试)?(?:后|者)?\S{0,4}(?:方可|才能|方能|才可|才算|方为|解锁)\S{0,16}"
    r"|(?:未通过|不合格|不及格|未达标|低于\d+分)(?:的|者)?,?\S{0,4}(?:视为|按|算|不予|不计|不得|不能)\S{0,14}"
    r"|全员(?:必|须|参加|答题|参考|参与)|必考|必答|全体\S{0,8}(?:参加|完成|参考)"
)
# One has to answer again until one passes; that one may try again is something else.
REPEAT: Final = re.compile(
    r"直[至到]\S{0,6}(?:合格|通过|及格|达标)"
    r"|(?:未通过|不合格|不及格|未达标|未达到?\d*分?|低于\d+分)(?:的|者)?,?(?:须|需|必须|应|将|一律)\S{0,4}(?:重新|再次|重考|补考|重学|重修)\S{0,10}"
)
MAY_REPEAT: Final = re.compile(r"可(?:以)?(?:多次|重新|重复|再次|重考|补考)|不限次数|次数不限")
AGAIN: Final = re.compile(r"(?:重新|再次)(?:答题|作答|考试|测试|测验|学习)|重考|补考|再考一次|再答一次")
# Participants and who is missing, listed by name or number.
LISTED: Final = re.compile(
    r"(?:未参[与加考]|未答题|未通过|未完成|未达标|不合格)(?:人员|名单|单位|人数)(?:\(\d+\)|[:：]?\d+人?)?"
)
# M3: the link to the appraisal that item (四) speaks of; 考核合格 is an examination, not an appraisal.
APPRAISED: Final = re.compile(
    r"(?:纳入|计入|列入|作为|影响|挂钩|记入|用于)\S{0,14}(?:考核|考评|绩效|评优|评先|评比)|(?:考核|考评|绩效|评优)\S{0,6}(?:挂钩|依据|内容|扣分)"
    r"|(?:予以|进行|全\S{0,2}|点名|书面)通报(?!表[扬彰]|嘉奖)|通报批评|约谈|(?:不得|取消|不能)\S{0,6}(?:评优|评先|评奖)|一票否决"
)
DENIED: Final = re.compile(
    r"不(?:作为|作|纳入|影响|计入|列入|用于|与|进行|予)\S{0,10}(?:考核|考评|绩效|评优|通报|排名|挂钩)|自愿|非强制|不强制|不作要求"
)
# Told of somebody else: news, rules against such things.
OF_OTHERS: Final = re.compile(
    r"形式主义|查处|典型|曝光|纪委|减负|违规|严禁|不得(?:将|把|以|强制|要求)|整治|某[县市区镇]"
)

LOOK_ALIKE: Final = re.compile(
    r"考试报名|报名考试|准考证|成绩查询|查询成绩|查分|模拟|题库|趣味|有奖|心理|血型|压力测试|网速|测速|自测|自评|体质|视力|听力|性格|智商|驾考|驾照|科目[一二三四]"
    r"|交通违法|学法减分|高考|中考|自考|研究生|四六级|普通话|公务员(?:考试|录用|招|面试|报考)|事业单位(?:考试|招)|招聘|招录|遴选|录用|录取|笔试|面试|职称|资格审查|问卷|满意度|抽奖|奖品|红包|礼品|学生|学校|期末|期中"
    r"|核酸|抗原|检测报告|压测|招标|评标|投标|学业|英语等级|计算机等级|等级考试|竞赛报名|体育|比赛成绩|食品安全抽检"
)
# Examinations that another law may ask for.
BY_LAW: Final = re.compile(
    r"执法资格|学法用法|普法考试|行政执法(?:人员|证)|执业|职业资格|法律职业|特种作业|安全生产(?:知识和)?管理能力|继续教育|上岗(?:证|资格)|从业资格|(?:依据|根据|按照)《"
)
LEAVE: Final = re.compile(
    r"(?:确定|确认|是否|要)\S{0,6}(?:退出|离开|放弃|结束)|退出后\S{0,16}(?:不会?|丢失|无效|保存)|中途退出"
)
# In a made-up app: an option, the way on from a question, and what asks whether one is sure.
OPTION: Final = re.compile(r"[A-F][.、:：\s]?.{1,60}|对|错|正确|错误")
ONWARD: Final = re.compile(r"下一题|提交(?:答案|试卷)?|交卷|完成答题")
HAND_IN: Final = re.compile(r"(?:确认|仍要)?(?:交卷|提交)|确定|确认")
SURE: Final = re.compile(r"(?:确定|确认|是否|要)\S{0,6}(?:交卷|提交)|提交后\S{0,12}不")
# A result that can be left as it is.
ENOUGH: Final = re.compile(r"返回|完成|关闭|返回(?:首页|列表)|知道了|以后再说|暂不")
STAY: Final = re.compile(r"继续(?:答题|作答|考试|测验)?|取消|再想想|留下|我再看看")
