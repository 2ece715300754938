"""The wording of photos asked for: for a piece of work, for an application, of oneself; required, optional, refused."""

from __future__ import annotations

import re
from typing import Final

PICTURE: Final = r"(?:照片|相片|图片|拍照|视频|影像|录像|截图)"
# What is asked for, as the short label of a field or a line above it.
LABEL: Final = re.compile(
    rf"\*?(?:\d{{1,2}}[.、])?\S{{0,10}}?(?:{PICTURE}(?:资料|材料|附件|留存|佐证|上传|采集)?|佐证材料|工作留痕)\S{{0,24}}"
)
# Work that leaves a trace: what a citizen or an applicant is never asked for in these words.
OF_WORK: Final = re.compile(
    rf"(?:现场|工作|隐患|走访|巡查|巡田|巡河|巡林|巡护|巡检|入户|帮扶|整改(?:前|后)?|慰问|宣讲|值守|值班|会议|台账|佐证|水印)\S{{0,4}}{PICTURE}"
    rf"|佐证材料|工作留痕|水印相机|拍照留痕|现场拍[照摄]|合影"
)
OTHER_PICTURE: Final = re.compile(
    r"头像|身份证|证件|证照|执照|户口|社保卡|银行卡|驾驶证|行驶证|护照|学生证|毕业证|学历|寸照|登记照|免冠|本人照片|正面|反面|国徽|人像面|人脸|自拍|签名"
    r"|发票|小票|凭证|病历|处方|报告单|检查单|化验|房产证|合同|营业|材料原件|申请材料|办事材料|扫描件|报修|故障照片|商品|晒单|评价|作业|答案|题目|朋友圈|相册封面|背景图|封面|壁纸|截图反馈|问题截图|反馈截图|截屏|二维码|扫一扫|扫码"
)
# Pictures to look at, and films that are no proof of anything.
TO_LOOK_AT: Final = re.compile(
    r"查看|预览|浏览|历史|已上传|展示|回放|监控|直播|播放|教学|课程|精彩|图集|图片新闻|视频(?:会议|教程|号|通话|连线|点播|学习|资讯|专区|库)|宣传片|短视频"
)
OF_OTHERS: Final = re.compile(r"整治|减负|不再|取消|严禁|不得|禁止|杜绝|形式主义|曝光|典型|某[县市区镇]|反对|防止")
OF_CITIZENS: Final = re.compile(
    r"随手拍|举报|投诉|反馈|报修|群众|市民|爆料|信访|求助|申请|申办|申领|办理|报名|挂号|理赔|报案|预约|个人资料|个人信息|注册|认证|商家|店铺|企业自查|自查自报|商户自查|失物|寻人|体检|检查报告|学生|作业|家长|病情|问诊|反映|意见|建议|我的|编辑资料|报销|请假|物业|业主|骑手|司机|招募|招聘|招录|作品|征文|比赛|大赛|心得|读书|故障|许可|年检|产前|产检|孕|查勘|快处|培训|会议|讲座|志愿"
)
# A label that does not say of what.
OF_ANYTHING: Final = re.compile(
    rf"\*?(?:\d{{1,2}}[.、])?(?:请)?(?:上传|拍摄|添加|采集)?(?:相关|有关|佐证)?{PICTURE}(?:资料|材料|附件|上传)?(?:[\(\[]\S{{0,14}}[\)\]])?"
)
# What staff do on their rounds; a page that collects or reports something may be anybody's.
ROUNDS: Final = re.compile(
    r"巡查|巡河|巡林|巡田|巡护|巡逻|巡山|巡堤|巡检|网格(?!员招)|走访|入户|督查|督导|帮扶|驻村|慰问|值班|值守|执勤|台账|隐患排查|安全排查|(?:灾情|险情)(?:报送|上报)"
    r"|(?:现场|安全|消防|卫生|食品|环境|环保|专项|日常|执法|监督|场所|复查)检查|检查任务"
)
# A press that takes or chooses a picture.
ADD: Final = re.compile(
    r"[+＋]?(?:点击)?(?:拍照(?:上传|取证)?|上传(?:照片|图片|视频|现场照片)|添加(?:照片|图片|视频|附件)|拍摄(?:照片|视频)?|现场拍照|录制视频|选择(?:照片|图片))[+＋]?"
)
COUNTED: Final = re.compile(r"\(?(\d)/(\d{1,2})\)?(?:张)?")
AT_LEAST: Final = re.compile(
    r"(?:至少|不少于|不得少于|最少|须|应|必须)\S{0,10}?\d{1,2}\s?[张段个]\S{0,6}|\d{1,2}[张段](?:以上|及以上)\S{0,4}"
)
MUST: Final = re.compile(
    rf"{PICTURE}\S{{0,6}}(?:必传|必填|必须上传|不能为空|为必填项)|(?:必传|必须上传|必填)\S{{0,8}}{PICTURE}"
)
# The app says itself that nothing goes on without.
REFUSED: Final = re.compile(
    rf"请先?(?:上传|拍摄|添加|选择|提交|补充)\S{{0,10}}{PICTURE}\S{{0,20}}|请先?拍照\S{{0,16}}"
    rf"|(?:未|没有|不|尚未)(?:上传|拍摄|添加|提供)\S{{0,8}}{PICTURE}\S{{0,6}}(?:不能|无法|不得|不可|不予|视为)\S{{0,14}}"
    rf"|{PICTURE}\S{{0,4}}(?:不能为空|未上传|必须上传|数量不足|不足\d张)\S{{0,10}}|至少(?:上传|拍摄|需要)?\d{{1,2}}张\S{{0,10}}"
)
# Of that what says so by itself, without a press before it: 请上传照片 alone may be any hint.
SAYS_SO: Final = re.compile(
    rf"(?:上传|拍摄|提交|添加)\S{{0,10}}{PICTURE}\S{{0,4}}(?:后|才|方)(?:方可|才能|方能|可|能|再)?\S{{0,4}}(?:提交|进入|下一步|完成|继续|结束|上报|保存)\S{{0,10}}"
    rf"|(?:未|没有|不|尚未)(?:上传|拍摄|添加|提供)\S{{0,8}}{PICTURE}\S{{0,6}}(?:不能|无法|不得|不可)\S{{0,6}}(?:提交|进入|下一步|完成|继续|结束|上报|保存|通过)\S{{0,10}}"
)
NEXT_STEP: Final = re.compile(r"下一步|下一项|下一个|下一环节|继续|进入")
CAMERA_ONLY: Final = re.compile(
    r"(?:仅|只)(?:支持|能|可|允许)\S{0,6}(?:拍摄|拍照|相机)\S{0,10}|(?:不可|不能|不支持|禁止|不允许|无法)\S{0,4}(?:从)?(?:手机)?相册\S{0,8}"
)
STAMPED: Final = re.compile(r"水印|(?:自动)?(?:添加|记录|附带|叠加)\S{0,6}(?:时间|地点|位置|定位)\S{0,10}")
OPTIONAL: Final = re.compile(r"选填|非必填|可选|可不传|自愿|如有|如需")
# A sentence of rules or a notice that binds those who do the work.
ORDERED: Final = re.compile(
    rf"(?:巡查|走访|入户|检查|巡河|巡林|巡田|帮扶|慰问|值班|工作|每次|每日|每周)\S{{0,16}}(?:须|必须|应当|务必|要)\S{{0,10}}(?:上传|拍摄|提交|拍照)\S{{0,16}}"
    rf"|(?:须|必须|应当|务必)(?:上传|拍摄|提交)\S{{0,10}}(?:现场|工作|走访|巡查)\S{{0,4}}{PICTURE}\S{{0,16}}"
)
