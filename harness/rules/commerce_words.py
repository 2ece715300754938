"""The wording of trade in an app: prices, buttons that buy, memberships, advertisements, and what looks like it."""

from __future__ import annotations

import re
from typing import Final

# One of these stands on every page that sells or advertises.
ANY: Final = re.compile(r"¥|元|广告|商城|购物|会员|VIP|团购|拼团|优惠券|带货|秒杀|包邮|订单")
# A tab that says no more; people are members of unions and societies too.
MEMBERS_TAB: Final = re.compile(r"会员|VIP会员?")
PRICE: Final = re.compile(
    r"(?:¥\s?\d+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?元)(?:/[月年季次件份盒斤箱袋])?起?|[\u4e00-\u9fff]{0,6}[:：]?(?:¥\s?\d+(?:\.\d{1,2})?|\d+(?:\.\d{1,2})?元)(?:/[月年季件份盒斤箱袋])?"
)
BUY: Final = re.compile(
    r"(?:¥?\d+(?:\.\d+)?元?)?(?:立即|马上|去|我要|一键|直接)?(?:购买|抢购|下单|订购)|加入购物车|去结算|结算\(?\d*\)?|立即拼团|马上抢|立即秒杀|(?:立即|去)?充值|立即投保"
)
# What leads to a page of the order; a flash sale (抢购) may take the order at once.
PRESSABLE_BUY: Final = ("立即购买", "去购买", "购买")
MEMBERSHIP: Final = re.compile(
    r"S?VIP\S{0,6}|(?:超级|尊享|黄金|钻石|付费|[月季年]度)会员|会员(?:特权|权益|套餐|价)|连续包[月季年]|开通\S{0,6}会员|会员中心"
)
JOIN: Final = re.compile(
    r"(?:¥?\d+(?:\.\d+)?元?/?[月季年]?)?(?:立即|马上|确认协议并)?(?:开通|续费|订阅)(?:会员|S?VIP|套餐|服务)?|开通\S{0,6}(?:会员|VIP)"
)
# People are members of trade unions, parties and societies without buying anything.
OTHER_MEMBERS: Final = re.compile(r"工会|党员|团员|会员单位|会员代表|协会|学会|商会|理事|志愿|妇联|社团|委员会员")
SHOP: Final = re.compile(
    r"\S{0,6}(?<!积分)商城|购物车(?:/收藏)?|限时秒杀|今日团购|团购专区|直播带货|拼团专区|优惠券(?:中心|专区)?|爆款推荐|好物推荐|猜你喜欢"
)
ORDER: Final = re.compile(
    r"确认订单|订单确认|填写订单|收银台|支付订单|提交订单|确认支付|立即支付|去支付|(?:应付|实付|订单)(?:金额|总额|款)?\S{0,12}|合计\S{0,12}"
)
GOODS: Final = re.compile(
    r"(?:添加)?(?:收货地址|收货人)\S{0,24}|配送\S{0,12}|运费\S{0,8}|商品(?:金额|总额|数量|详情|规格)\S{0,12}|(?:购买)?数量\S{0,4}|规格\S{0,12}"
)
AD_LABEL: Final = re.compile(r"广告|(?:跳过|关闭)广告\S{0,3}|广告\d{0,2}(?:s|秒)?(?:后?(?:可?跳过|关闭))?|广告推荐")
# What an advertiser says: to buy, to borrow, to play, or whose shop it is.
ADVERTISER: Final = re.compile(
    r"下载APP|立即下载|抢购|优惠|立减|满\d+减|\d折|旗舰|开售|现货|新品|首发|包邮|秒杀|特惠|直降|贷|借钱|信用卡|理财|基金|保险|加盟|试驾|楼盘|开盘|置业|户型"
    r"|京东|天猫|淘宝|拼多多|抖音|快手|美团|饿了么|唯品会|免费领|红包|游戏|官方商城|¥|热卖|低至|返现|领券"
)
_OF_THE_PUBLIC_GOOD: Final = (
    r"公益广告|公益宣传|广告法|户外广告|广告(?:审查|审批|监测|发布|牌匾|设施|经营|管理|代言|专员|策划|设计|行业|产业)"
    r"|(?:虚假|违法)广告|招牌"
)
PUBLIC_GOOD: Final = re.compile(_OF_THE_PUBLIC_GOOD)
# Charges, fines and prices that are no trade of the app, and money that somebody else is paid.
NO_TRADE: Final = re.compile(
    r"缴费|缴纳|缴款|缴税|税费|税款|纳税|罚款|罚没|非税|学费|学杂费|社保|医保|公积金|水费|电费|燃气|供暖|采暖|供热|挂号|诊疗|就诊|门诊|住院|停车|通行费|ETC|党费|团费|会费"
    r"|物业费|诉讼费|考试费|报名费|工本费|滞纳金|交通违法|维修资金|保证金|不动产|车船|养老|工伤|生育|失业|疫苗|体检|救助金|补贴|补助|津贴|低保"
    r"|政府采购|采购公告|招标|投标|中标|竞价|拍卖|起拍|产权交易|招聘|薪资|月薪|年薪|工资|岗位|房源|租金|二手房|公租房|房价|价格监测|菜价|物价|行情|均价|油价|粮价|市场价"
    r"|预算|决算|经费|资金|拨款|捐款|捐赠|募捐|消费投诉|举报|处罚|案值|涉案|标准(?:分|答案)|发票|报销|差旅"
)
# Paid, but by custom of a workplace or a public house: what it is a person has to say.
GREY: Final = re.compile(
    r"食堂|饭卡|餐费|订餐|套餐预订|一卡通|校园卡|市民卡|公交|地铁|乘车|门票|景区|景点|场馆|球馆|展览|演出|惠民|文惠|消费帮扶|扶贫|助农|帮扶|农特产|助残|工会|职工福利|福利"
    r"|积分(?:商城|兑换|支付)|兑换|慈善|义卖|惠民保|租赁|电子书|话费|流量包|邮寄|快递费|证件照|图书"
)
