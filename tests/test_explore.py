"""The explorer on made-up apps: a map of screens, each a list of labels and where they lead."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.explore import Explorer, Move, Scope, Target
from harness.explore.places import Item
from harness.explore.sweeps import scroll_box
from harness.explore.targets import read_offers
from harness.explore.views import moved_px
from harness.explore.ways import SWIPE_COST, reveal_cost
from harness.model import (
    Back,
    Box,
    Channel,
    Element,
    Launch,
    Moment,
    Observation,
    ObservationId,
    PackageName,
    ScreenKey,
    Swipe,
    Tap,
    Word,
)

PACKAGE = PackageName("cn.example.app")
SCREEN = Box(left=0, top=0, right=1080, bottom=2400)
World = dict[str, dict[str, str]]  # screen -> label -> screen that it leads to


@dataclass(frozen=True)
class Label:
    box: Box
    label: str
    norm: str
    element: int | None = 0
    selected: bool = False
    kind: str = "tap"


def observation(screen: str, *, scrollable: bool = False) -> Observation:
    node = Element(
        parent=None, depth=0, class_name="android.webkit.WebView", package=PACKAGE, box=SCREEN, scrollable=scrollable
    )
    return Observation(
        id=ObservationId("o0001"),
        size_px=(1080, 2400),
        page=None,
        screen=ScreenKey(screen),
        at=Moment(wall=datetime(2026, 1, 1, tzinfo=UTC), mono_s=0.0),
        elements=(node,),
        spans=(),
        words=(),
    )


def targets(labels: list[str], left_px: int = 0) -> list[Target]:
    boxes = [Box(left=left_px, top=100 * n, right=1080, bottom=100 * n + 90) for n in range(len(labels))]
    return [Label(box=box, label=label, norm=label) for box, label in zip(boxes, labels, strict=True)]


def walk(
    world: World,
    *,
    start: str,
    scope: Scope,
    most: int = 400,
    same_spots: bool = False,
    scrolls: dict[str, str] | None = None,
) -> tuple[list[str], list[Move]]:
    """Walk a made-up app; return the screens in the order of arrival and the moves.

    With ``same_spots`` the n-th label is at the same place on every screen, as in a tab bar. ``scrolls`` names screens
    that look like another one once scrolled.
    """
    scrolls = scrolls or {}
    explorer = Explorer(scope)
    here, stack = start, [start]
    visits = [start]
    moves: list[Move] = []
    for _ in range(most):
        seen = observation(here, scrollable=here in scrolls or here in scrolls.values())
        shown = targets(list(world[here]), 0 if same_spots else list(world).index(here))
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        if move is None:
            return visits, moves
        moves.append(move)
        match move.action:
            case Tap(label=label):
                here = world[here][label]
                stack.append(here)
            case Back():
                stack = stack[:-1] or [start]
                here = stack[-1] if stack else start
                stack = stack or [start]
            case Launch():
                here, stack = start, [start]
            case Swipe():
                here = scrolls.get(here, here)
            case _:
                raise AssertionError(move)
        visits.append(here)
    raise AssertionError("the walk did not end")


SMALL: World = {
    "home": {"我的": "mine", "新闻": "news", "工作台": "desk"},
    "mine": {"我的积分": "points", "设置": "settings"},
    "points": {"积分排行": "rank"},
    "rank": {},
    "settings": {"关于": "about"},
    "about": {},
    "news": {"第一条很长很长的新闻标题": "article", "第二条很长很长的新闻标题": "article"},
    "article": {},
    "desk": {"新闻": "news"},
}


def test_every_screen_of_a_small_app_is_reached_and_the_walk_ends_by_itself() -> None:
    visits, _ = walk(SMALL, start="home", scope=Scope(package=PACKAGE))
    assert set(visits) == set(SMALL)


def test_words_that_lead_to_the_features_come_first() -> None:
    visits, _ = walk(SMALL, start="home", scope=Scope(package=PACKAGE))
    assert visits[:4] == ["home", "mine", "points", "rank"]


def test_the_same_app_gives_the_same_walk() -> None:
    scope = Scope(package=PACKAGE)
    assert walk(SMALL, start="home", scope=scope) == walk(SMALL, start="home", scope=scope)


def test_nothing_is_pressed_twice_on_one_screen_without_a_reason() -> None:
    _, moves = walk(SMALL, start="home", scope=Scope(package=PACKAGE))
    fresh = [(move.token, move.why) for move in moves if move.why == "explore-new"]
    assert fresh
    assert len(fresh) == len(set(fresh)) + sum(1 for token, _ in fresh if token == "新闻") - 1


def test_a_tab_bar_is_learned_and_not_tried_again_on_every_screen() -> None:
    tabs = {"首页": "home", "消息": "messages", "我的": "mine"}
    world: World = {name: dict(tabs) for name in tabs.values()}
    world |= {f"page{n}": dict(tabs) for n in range(6)}
    world["mine"] |= {f"功能{'甲乙丙丁戊己'[n]}": f"page{n}" for n in range(6)}
    visits, moves = walk(world, start="home", scope=Scope(package=PACKAGE), same_spots=True)
    assert set(visits) == set(world)
    pressed = [move.token for move in moves if move.why == "explore-new"]
    assert pressed.count("消息") <= 3


def test_a_long_list_is_sampled_at_its_first_its_middle_and_its_last_row() -> None:
    rows = {f"这是第{number}条很长的新闻标题内容": f"article{number}" for number in range(20)}
    letters = {label.replace(label[2:-9], chr(0x4E00 + n)): target for n, (label, target) in enumerate(rows.items())}
    world: World = {"home": letters, **{target: {} for target in letters.values()}}
    visits, _ = walk(world, start="home", scope=Scope(package=PACKAGE))
    assert {"article0", "article10", "article19"} == set(visits) - {"home"}


def test_a_page_that_scrolls_is_swept_a_bounded_number_of_times() -> None:
    explorer = Explorer(Scope(package=PACKAGE, scrolls_per_screen=3))
    seen = observation("feed", scrollable=True)
    swipes = 0
    for _ in range(20):
        shown = targets([f"条目{chr(0x4E00 + swipes)}"])  # a feed without an end
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        if move is None:
            break
        swipes += isinstance(move.action, Swipe)
    assert (swipes, explorer.cut_pages) == (3, 1)


@pytest.mark.parametrize(("length", "swipes"), [(1, 1), (2, 2), (3, 3), (9, 3)])
def test_a_page_that_has_only_text_further_down_is_swept_to_its_end(length: int, swipes: int) -> None:
    explorer = Explorer(Scope(package=PACKAGE, scrolls_per_screen=3))
    page = observation("rules", scrollable=True)
    at = 0
    done = 0
    for _ in range(20):
        text = f"第{'一二三四五六七八九十'[at]}条"
        word = Word(text=text, norm=text, box=SCREEN, channels=frozenset({Channel.HIERARCHY}))
        seen = replace(page, words=(word,))
        explorer.saw(seen, [])
        move = explorer.next(seen, [])
        if move is None or not isinstance(move.action, Swipe):
            break
        done += 1
        at = min(at + 1, length - 1)
    assert done == swipes
    assert explorer.cut_pages == (length > swipes)


def test_what_only_a_scrolled_page_shows_is_reached_again_by_scrolling() -> None:
    world: World = {
        "home": {"日历": "calendar"},
        "calendar": {},
        "calendar, scrolled": {"规则": "rules", "排行": "rank"},
        "rules": {},
        "rank": {},
    }
    visits, _ = walk(world, start="home", scope=Scope(package=PACKAGE), scrolls={"calendar": "calendar, scrolled"})
    assert set(visits) == set(world)


def test_a_trap_without_a_way_out_ends_by_starting_the_app_again() -> None:
    world: World = {
        "home": {"陷阱": "trap", "我的": "mine"},
        "trap": {"原地": "trap"},
        "mine": {"关于": "about"},
        "about": {},
    }
    visits, moves = walk(world, start="home", scope=Scope(package=PACKAGE))
    assert set(visits) == set(world)
    assert len(moves) < 30


@given(
    st.dictionaries(
        st.sampled_from("abcdefgh"),
        st.dictionaries(st.sampled_from([f"去{c}" for c in "甲乙丙丁戊"]), st.sampled_from("abcdefgh"), max_size=5),
        min_size=8,
        max_size=8,
    )
)
def test_every_walk_ends_and_reaches_what_can_be_reached(world: World) -> None:
    reachable, queue = {"a"}, ["a"]
    while queue:
        for target in world[queue.pop()].values():
            if target not in reachable:
                reachable.add(target)
                queue.append(target)
    visits, _ = walk(world, start="a", scope=Scope(package=PACKAGE, restarts=50), most=2000)
    assert set(visits) == reachable


def test_a_press_that_failed_is_made_once_more_and_teaches_nothing() -> None:
    explorer = Explorer(Scope(package=PACKAGE))
    home, shown = observation("home"), targets(["积分", "关于"])
    pressed = []
    for _ in range(3):
        explorer.saw(home, shown)
        move = explorer.next(home, shown)
        assert move is not None
        pressed.append(move.token)
        explorer.failed()
    assert pressed == ["积分", "积分", "关于"]
    assert explorer.untried == 1  # the other one may be made once more, too


def test_a_press_that_the_app_died_of_is_made_again_when_little_else_is_left() -> None:
    explorer = Explorer(Scope(package=PACKAGE))
    home, shown = observation("home"), targets(["积分", "关于", "其他"])
    pressed = []
    for deadly in (True, False, False, False):
        explorer.saw(home, shown)
        move = explorer.next(home, shown)
        assert move is not None
        pressed.append(move.token)
        if deadly:
            explorer.failed(deadly=True)
    assert pressed == ["积分", "关于", "其他", "积分"]


def test_a_back_that_failed_is_still_a_way_back() -> None:
    world: World = {"home": {"a": "page", "b": "other"}, "page": {}, "other": {}}
    explorer = Explorer(Scope(package=PACKAGE))
    home, shown = observation("home"), targets(list(world["home"]))
    explorer.saw(home, shown)
    assert explorer.next(home, shown) is not None
    page = observation("page")
    for _ in range(2):
        explorer.saw(page, [])
        move = explorer.next(page, [])
        assert move is not None
        assert isinstance(move.action, Back)
        explorer.failed()


def tabs(names: list[str], chosen: int, top_px: int = 200) -> list[Target]:
    """Return a row of tabs, one of them selected."""
    boxes = [Box(left=200 * n, top=top_px, right=200 * n + 190, bottom=top_px + 100) for n in range(len(names))]
    return [
        Label(box=box, label=name, norm=name, selected=n == chosen, kind="tab")
        for n, (box, name) in enumerate(zip(boxes, names, strict=True))
    ]


def test_each_tab_of_a_strip_is_pressed_once_whichever_of_its_places_shows_it() -> None:
    names = ["要闻", "政策", "通报", "课程", "专题"]
    explorer = Explorer(Scope(package=PACKAGE))
    at, pressed = 0, []
    for _ in range(30):
        seen, shown = observation(f"tab{at}"), tabs(names, at)
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        if move is None:
            break
        assert isinstance(move.action, Tap)
        pressed.append(move.action.label)
        at = names.index(move.action.label)
    assert sorted(pressed) == sorted(names[1:])


def lane(words: list[str]) -> Observation:
    """Return a screen with a carousel that shows these words."""
    page = observation("home")
    box = Box(left=0, top=300, right=1080, bottom=700)
    carousel = replace(page.elements[0], parent=0, depth=1, box=box, scrollable=True)
    shown = tuple(Word(text=w, norm=w, box=box, channels=frozenset({Channel.HIERARCHY})) for w in words)
    return replace(page, elements=(page.elements[0], carousel), words=shown)


def test_a_carousel_is_swept_sideways_until_it_shows_nothing_new() -> None:
    cards = ["专题一览", "政策解读", "图书目录", "公益讲座"]
    explorer = Explorer(Scope(package=PACKAGE))
    at, sideways, reached = 0, 0, set()
    for _ in range(40):
        box = Box(left=40, top=320, right=900, bottom=680)
        shown: list[Target] = [Label(box=box, label=cards[at], norm=cards[at])]
        seen = lane([cards[at]])
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        if move is None:
            break
        if isinstance(move.action, Swipe):
            assert move.action.y1_px == move.action.y2_px
            sideways += 1
            at = min(at + 1, len(cards) - 1)
        elif isinstance(move.action, Tap):
            reached.add(move.action.label)
            explorer.saw(observation(f"page {move.action.label}"), [])
            back = explorer.next(observation(f"page {move.action.label}"), [])
            assert back is not None
            assert isinstance(back.action, Back)
    assert reached == set(cards)
    assert sideways == len(cards)


def test_the_shortest_known_way_back_is_taken_instead_of_a_new_start() -> None:
    world: World = {
        "home": {"我的": "mine", "新闻": "news"},
        "mine": {"甲": "x"},
        "x": {"乙": "y"},
        "y": {},
        "news": {},
    }
    _, moves = walk(world, start="home", scope=Scope(package=PACKAGE))
    assert [move.why for move in moves] == ["explore-new"] * 3 + ["explore-back"] * 3 + ["explore-new"]


def test_a_press_that_something_got_in_the_way_of_is_made_again_and_counts_once() -> None:
    explorer = Explorer(Scope(package=PACKAGE))
    home, shown = observation("home"), targets(["积分"])
    explorer.saw(home, shown)
    first = explorer.next(home, shown)
    explorer.interrupted()  # a pop-up took the press; it was closed, and the screen is as it was
    explorer.saw(home, shown)
    second = explorer.next(home, shown)
    assert first is not None
    assert first == second
    explorer.saw(observation("points"), [])
    assert explorer.screens == ("home", "points")


def test_a_press_after_which_something_came_in_the_way_is_known_by_where_it_led() -> None:
    explorer = Explorer(Scope(package=PACKAGE))
    home, shown = observation("home"), targets(["积分", "关于"])
    explorer.saw(home, shown)
    assert explorer.next(home, shown) is not None
    explorer.interrupted()
    explorer.saw(observation("points"), [])
    move = explorer.next(observation("points"), [])
    assert move is not None
    assert isinstance(move.action, Back)


def test_a_page_whose_next_page_is_more_of_the_same_is_told_as_a_loop_and_left() -> None:
    explorer = Explorer(Scope(package=PACKAGE))
    here, number, moves = "home", 0, 0
    world = {"home": ["随机阅读", "我的"]}
    reached = set()
    for _ in range(80):
        labels = world.get(here, ["换一篇"] if here.startswith("story") else [])
        seen, shown = observation(here), targets(labels)
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        if move is None:
            break
        moves += 1
        if isinstance(move.action, Tap):
            number += 1
            here = "mine" if move.action.label == "我的" else f"story{number}"
        else:
            here = "home"
        reached.add(here)
    assert "mine" in reached
    assert explorer.loops
    assert explorer.untried == 1
    assert moves < 40


def test_a_carousel_that_begins_anew_at_each_visit_is_still_swept_to_its_last_card() -> None:
    cards = ["专题一览", "政策解读", "图书目录", "公益讲座", "体育园地"]
    explorer = Explorer(Scope(package=PACKAGE))
    at, reached = 0, set()
    card: str | None = None
    for _ in range(80):
        box = Box(left=40, top=320, right=900, bottom=680)
        shown: list[Target] = [] if card else [Label(box=box, label=cards[at], norm=cards[at])]
        seen = observation(f"page {card}") if card else lane([cards[at]])
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        match move.action if move is not None else None:
            case Swipe(x1_px=x1_px, x2_px=x2_px):
                at = max(0, min(at + (1 if x1_px > x2_px else -1), len(cards) - 1))
            case Tap(label=label):
                card, at = label, 0
                reached.add(label)
            case Back():
                card = None
            case None:
                break
    assert reached == set(cards)


def test_what_moved_down_its_page_is_sought_to_the_end_before_it_is_given_up() -> None:
    explorer = Explorer(Scope(package=PACKAGE))
    sights = {0: ["甲"], 1: ["乙"], 2: ["丙"], 3: []}
    here, depth, pressed = "long", 0, []
    for _ in range(60):
        labels = sights[depth] if here == "long" else []
        text = f"第{'一二三四'[depth]}屏"
        word = Word(text=text, norm=text, box=SCREEN, channels=frozenset({Channel.HIERARCHY}))
        seen = replace(observation(here, scrollable=here == "long"), words=(word,))
        # Words that only pixels show promise little: the page is swept before they are pressed.
        box = Box(left=100, top=900, right=900, bottom=1000)
        shown: list[Target] = [Label(box=box, label=label, norm=label, element=None) for label in labels]
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        match move.action if move is not None else None:
            case Swipe(y1_px=y1_px, y2_px=y2_px):
                depth = max(0, min(depth + (1 if y1_px > y2_px else -1), 3))
            case Tap(label=label):
                pressed.append(label)
                # By the time the walk comes back the page has other rows on top, in another order.
                here, depth, sights = f"page {label}", 0, {0: [], 1: ["丙"], 2: ["甲"], 3: ["乙"]}
            case Back():
                here = "long"
            case None:
                break
    assert sorted(pressed) == sorted("甲乙丙")


def test_a_page_that_got_shorter_is_sought_to_its_new_end_and_the_walk_goes_on() -> None:
    explorer = Explorer(Scope(package=PACKAGE))
    sights = {0: ["甲"], 1: ["乙"], 2: ["丙"], 3: ["丁"]}
    here, depth, pressed = "long", 0, []
    for _ in range(80):
        labels = sights[depth] if here == "long" else []
        text = f"第{'一二三四'[depth]}屏"
        word = Word(text=text, norm=text, box=SCREEN, channels=frozenset({Channel.HIERARCHY}))
        seen = replace(observation(here, scrollable=here == "long"), words=(word,))
        box = Box(left=100, top=900, right=900, bottom=1000)
        shown: list[Target] = [Label(box=box, label=label, norm=label, element=None) for label in labels]
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        match move.action if move is not None else None:
            case Swipe(y1_px=y1_px, y2_px=y2_px):
                depth = max(0, min(depth + (1 if y1_px > y2_px else -1), max(sights)))
            case Tap(label=label):
                pressed.append(label)
                here, depth, sights = f"page {label}", 0, {0: ["甲"], 1: ["丙"]}
            case Back():
                here = "long"
            case _:
                break
    assert sorted(pressed) == sorted("丁丙甲")
    assert explorer.untried == 0


def test_what_a_press_unfolds_is_pressed_before_it_folds_again_and_unfolded_for_the_rest() -> None:
    explorer = Explorer(Scope(package=PACKAGE))
    here, unfolded, reached = "home", False, set()
    for _ in range(30):
        labels = (["更多", "新闻"] + (["甲", "乙", "丙"] if unfolded else [])) if here == "home" else []
        seen, shown = observation(here), targets(labels)
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        match move.action if move is not None else None:
            case Tap(label="更多"):
                unfolded = True
            case Tap(label=label):
                here, unfolded = f"page {label}", False
                reached.add(label)
            case Back():
                here = "home"
            case _:
                break
    assert reached == {"新闻", "甲", "乙", "丙"}


def test_what_controls_stand_on_is_not_pressed_where_one_of_them_would_be_met() -> None:
    page = observation("sheet")
    row = Label(box=Box(left=0, top=1100, right=700, bottom=1300), label="打卡记录", norm="打卡记录")
    sheet = Label(box=SCREEN, label="打卡记录", norm="打卡记录")
    offers = read_offers(page, [sheet, row], frozenset())
    assert [(offer.token, offer.target) for offer in offers.all] == [("打卡记录", row)]
    beside = replace(row, box=Box(left=0, top=100, right=700, bottom=300))
    half = replace(sheet, box=Box(left=0, top=0, right=1080, bottom=1200))
    assert [offer.target for offer in read_offers(page, [half, beside], frozenset()).all] == [half, beside]
    assert [offer.target for offer in read_offers(page, [sheet, beside], frozenset()).all] == [beside]
    assert [offer.target for offer in read_offers(page, [sheet], frozenset()).all] == [sheet]


def test_a_drawn_page_is_tried_for_more_below_and_its_list_is_sampled_but_not_its_menu() -> None:
    page = observation("sheet")
    drawn = replace(page, opaque=(SCREEN,))
    assert scroll_box(page) is None
    assert scroll_box(drawn) == SCREEN
    words = ["县文化馆召开现场会", "东湖区印发营商环境", "高新区完善工作做法", "市直机关部署防汛", "和平社区举办试点"]
    menu = ["通知公告", "我的订单", "字体大小", "语言选择", "领导信箱"]
    for labels, offered in ((words, 3), (menu, 5)):
        boxes = [Box(left=90, top=300 + 90 * n, right=700, bottom=350 + 90 * n) for n in range(len(labels))]
        shown = [Label(box=box, label=w, norm=w, element=None) for box, w in zip(boxes, labels, strict=True)]
        assert len(read_offers(drawn, shown, frozenset()).all) == offered


def test_what_stands_apart_below_a_drawn_list_is_none_of_its_rows_and_half_a_word_is_not_offered() -> None:
    drawn = replace(observation("sheet"), opaque=(SCREEN,))
    labels = ["县文化馆召开现场会", "东湖区印发营商环境", "高新区完善工作做法", "市直机关部署防汛", "和平社区举办试点"]
    tops = [300 + 90 * n for n in range(len(labels))]
    below = tops[-1] + 90
    for top_px, offered in ((below, 3), (below + 400, 4)):
        placed = [*zip(labels, tops, strict=True), ("教育指南", top_px)]
        shown = [
            Label(box=Box(left=90, top=top, right=700, bottom=top + 50), label=word, norm=word, element=None)
            for word, top in placed
        ]
        whole = read_offers(drawn, shown, frozenset()).all
        assert len(whole) == offered
        assert ("教育指南" in [offer.token for offer in whole]) == (offered == 4)
        half = [Label(box=replace(SCREEN, left=90, top=t, bottom=t + 30), label="代/准", norm="代/准", element=None)
                for t in (0, 100, 2370)]  # fmt: skip
        with_half = read_offers(drawn, [*shown, *half], frozenset()).all
        assert [offer.target.box.top for offer in with_half if offer.target.norm == "代/准"] == [100]


def test_a_tab_that_was_pressed_in_vain_behind_a_splash_is_pressed_again_on_the_page_itself() -> None:
    names = ["首页", "服务", "我的"]
    explorer = Explorer(Scope(package=PACKAGE))
    splash, at, reached = 2, 0, set()
    for _ in range(40):
        seen = observation("splash" if splash else f"tab{at}")
        explorer.saw(seen, tabs(names, at))
        move = explorer.next(seen, tabs(names, at))
        if move is None:
            break
        if splash:
            splash -= 1  # it takes every press
        elif isinstance(move.action, Tap):
            at = names.index(move.action.label)
            reached.add(move.action.label)
    assert reached >= {"服务", "我的"}


def test_a_sheet_that_looks_another_way_further_down_is_one_place_when_back_leads_there_too() -> None:
    explorer = Explorer(Scope(package=PACKAGE))
    text = "一条说得很长的消息"
    word = Word(text=text, norm=text, box=SCREEN, channels=frozenset({Channel.HIERARCHY}))
    here, depth, pressed = "sheet", 0, []
    for _ in range(40):
        labels = {"sheet": ["甲"], "sheet below": ["乙", "丙"]}.get(here, [])
        seen, shown = replace(observation(here, scrollable=bool(labels)), words=(word,)), targets(labels)
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        match move.action if move is not None else None:
            case Swipe(y1_px=y1_px, y2_px=y2_px):
                depth = 1 if y1_px > y2_px else 0
            case Tap(label=label):
                pressed.append(label)
                here = f"page {label}"
                continue
            case None:
                break
        here = "sheet below" if depth else "sheet"  # Back shows it as it was left
    assert sorted(pressed) == sorted("甲乙丙")
    assert set(explorer.screens) == {"sheet", "page 甲", "page 乙", "page 丙"}


def test_whoever_comes_back_to_the_app_goes_on_from_there_instead_of_starting_it_again() -> None:
    explorer = Explorer(Scope(package=PACKAGE))
    world: World = {"home": {"甲": "one", "丁": "four"}, "one": {"乙": "two"}, "two": {"官方网站": "out"}, "four": {}}
    stack, reached, started = ["home"], set(), 0
    for _ in range(40):
        here = stack[-1]
        reached.add(here)
        if here == "out":
            stack.pop()
            explorer.lost()
            continue
        seen, shown = observation(here), targets(list(world[here]), list(world).index(here))
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        match move.action if move is not None else None:
            case Tap(label=label):
                stack.append(world[here][label])
            case Back():
                stack.pop()
            case Launch():
                stack, started = ["home"], started + 1
            case None:
                break
    assert reached == {*world, "out"}
    assert not started


def test_how_far_a_page_went_is_told_by_what_is_still_in_view_and_not_by_news_that_come_again() -> None:
    page = {f"第{'一二三四五六七八九十'[n]}条新闻标题": 300 + 150 * n for n in range(10)}
    assert moved_px(page, {norm: top - 600 for norm, top in page.items() if top > 800}) == 600
    news = {"县文化馆启动政务公开": 900, "专题进展报告": 966, "高新区部署基层减负": 1086}
    before = page | news
    after = {norm: top - 150 for norm, top in news.items()} | {f"别的标题第{n}": 200 + 150 * n for n in range(12)}
    assert moved_px(before, after) is None  # by 150, and nothing of the rest is there
    assert moved_px(before, {}) is None


def test_what_does_not_move_with_its_page_costs_no_sweep_to_reach() -> None:
    row = Item(token="甲", penalty=0.0, scrolls=True)
    assert reveal_cost(row, 5) == 5 * SWIPE_COST
    assert reveal_cost(replace(row, scrolls=False), 5) == 0


def test_a_strip_of_tabs_is_swept_on_one_of_its_places_and_no_other_is_gone_to_for_that() -> None:
    names = ["要闻", "通知", "党建", "社区"]
    explorer = Explorer(Scope(package=PACKAGE))
    at, pressed, slides = 0, [], 0
    for _ in range(40):
        page = lane([names[at]])
        seen = replace(page, screen=ScreenKey(f"tab{at}"))
        explorer.saw(seen, tabs(names, at, top_px=400))
        move = explorer.next(seen, tabs(names, at, top_px=400))
        match move.action if move is not None else None:
            case Tap(label=label):
                at = names.index(label)
                pressed.append(label)
            case Swipe():
                slides += 1
            case _:
                break
    assert slides
    assert pressed == names[1:]


def test_a_strip_that_shows_few_of_its_tabs_at_a_time_is_one_strip() -> None:
    names = ["要闻", "党建", "社区", "通知", "教育", "医疗", "设置", "文化"]  # what pulls is cut off at first
    explorer = Explorer(Scope(package=PACKAGE))
    at, first, pressed = 0, 0, []
    for _ in range(60):
        seen = replace(lane([names[at]]), screen=ScreenKey(f"tab{at}"))
        shown = tabs(names[first : first + 3], at - first, top_px=400)
        if first + 3 < len(names):  # one more is cut off by the edge, and nobody calls it a tab
            box = Box(left=600, top=400, right=640, bottom=500)
            shown.append(Label(box=box, label=names[first + 3], norm=names[first + 3]))
        explorer.saw(seen, shown)
        move = explorer.next(seen, shown)
        match move.action if move is not None else None:
            case Tap(label=label):
                at = names.index(label)
                first = min(max(0, at - 1), len(names) - 3)  # the strip brings it to its middle
                pressed += [label] if move is not None and move.why == "explore-new" else []
            case Swipe(x1_px=begin, x2_px=end):
                first = min(first + 3, len(names) - 3) if begin > end else max(0, first - 3)
            case _:
                break
    assert sorted(pressed) == sorted(set(names[1:]))


class Tabbed:
    """An app of pages below one another; those with tabs show the one that was chosen, at ``top_px``."""

    def __init__(self, entries: dict[str, list[str]], top_px: int) -> None:
        self.entries, self.top_px = entries, top_px
        self.page, self.at = "", 0
        self.seen: set[tuple[str, int]] = set()
        self.pressed: list[str] = []

    def shown(self) -> tuple[Observation, list[Target]]:
        box = Box(left=100, top=80, right=600, bottom=180)
        title = Word(text=self.page, norm=self.page, box=box, channels=frozenset({Channel.HIERARCHY}))
        seen = replace(observation(f"{self.page}{self.at}"), words=(title,) if self.page else ())
        self.seen.add((self.page, self.at))
        entries = [name for name in self.entries if name] if not self.page else []
        rows: list[Target] = [
            Label(box=Box(left=0, top=600 + 200 * n, right=500, bottom=700 + 200 * n), label=name, norm=name)
            for n, name in enumerate(entries)
        ]
        names = self.entries.get(self.page, [])
        return seen, [*rows, *(tabs(names, self.at, top_px=self.top_px) if names else [])]

    def walk(self) -> None:
        explorer = Explorer(Scope(package=PACKAGE))
        for _ in range(80):
            seen, targets = self.shown()
            explorer.saw(seen, targets)
            move = explorer.next(seen, targets)
            match move.action if move is not None else None:
                case Tap(label=label) if label in self.entries:
                    self.page, self.at = label, 0
                case Tap(label=label):
                    self.at = self.entries[self.page].index(label)
                    self.pressed.append(label)
                case Back() | Launch():
                    self.page, self.at = "", 0
                case _:
                    return
        raise AssertionError("the walk did not end")


def test_tabs_of_the_same_words_on_two_pages_are_two_rows_of_tabs() -> None:
    app = Tabbed({"": [], "学习任务": ["全部", "待办", "已办"], "会议通知": ["全部", "待办", "已办"]}, top_px=250)
    app.walk()
    assert app.seen == {("", 0), *((page, n) for page in ("学习任务", "会议通知") for n in range(3))}


def test_the_bar_at_the_bottom_is_one_on_every_page_that_shows_it() -> None:
    pages = {f"栏目{'甲乙丙丁戊'[n]}": ["首页", "消息", "我的"] for n in range(5)}
    app = Tabbed({"": [], **pages}, top_px=2280)
    app.walk()
    assert {page for page, _ in app.seen} == {"", *pages}
    assert len(app.pressed) == 2  # its two other tabs, once each


def test_the_bar_at_the_bottom_of_a_part_of_the_app_is_its_own() -> None:
    app = Tabbed({"": ["首页", "消息", "我的"], "服务大厅": ["首页", "我的"]}, top_px=2280)
    app.walk()
    assert app.seen == {("", 0), ("", 1), ("", 2), ("服务大厅", 0), ("服务大厅", 1)}


def web_view(*bars: str) -> tuple[Observation, list[Target]]:
    """Return a page that a silent web view draws above the app's own bar."""
    drawing = Box(left=0, top=0, right=1080, bottom=2200)
    words = ["我的积分", "学习排行", "通知公告"]
    drawn: list[Target] = [
        Label(box=Box(left=90, top=300 + 200 * n, right=500, bottom=350 + 200 * n), label=w, norm=w, element=None)
        for n, w in enumerate(words)
    ]
    width_px = 1080 // max(1, len(bars))
    boxes = [Box(left=n * width_px, top=2200, right=(n + 1) * width_px, bottom=2400) for n in range(len(bars))]
    own: list[Target] = [
        Label(box=box, label=name, norm=name, kind="tab") for box, name in zip(boxes, bars, strict=True)
    ]
    return replace(observation("hybrid"), opaque=(drawing,)), [*drawn, *own]


def test_a_drawn_page_is_explored_above_a_bar_that_the_hierarchy_knows() -> None:
    page, shown = web_view("首页", "办事", "消息", "我的")
    assert [offer.token for offer in read_offers(page, shown, frozenset()).all][:3] == [
        "我的积分",
        "学习排行",
        "通知公告",
    ]
    video = replace(page, elements=(replace(page.elements[0], class_name="android.view.SurfaceView"),))
    assert [offer.token for offer in read_offers(video, shown, frozenset()).all] == ["首页", "办事", "消息", "我的"]
    small = replace(page, opaque=(Box(left=0, top=200, right=1080, bottom=800),))
    assert len(read_offers(small, shown, frozenset()).all) == 4


def test_what_a_declined_permission_hid_twice_stays_untried_and_what_a_pop_up_said_does_not() -> None:
    for hides, untried in ((True, 1), (False, 0)):
        explorer = Explorer(Scope(package=PACKAGE))
        home, shown = observation("home"), targets(["附近网点"])
        for _ in range(8):
            explorer.saw(home, shown)
            if explorer.next(home, shown) is None:
                break
            explorer.interrupted(hides=hides)
        assert (explorer.next(home, shown), explorer.untried) == (None, untried)


def test_an_entry_that_pulls_and_went_away_before_its_turn_is_untried_and_news_are_not() -> None:
    for label, untried in (("积分抽奖", 1), ("文化馆开馆", 0)):
        explorer = Explorer(Scope(package=PACKAGE, restarts=0))
        home = observation("home")
        explorer.saw(home, targets(["积分排行", label]))
        assert explorer.next(home, targets(["积分排行", label])) is not None
        for _ in range(12):
            explorer.saw(home, targets(["积分排行"]))
            if explorer.next(home, targets(["积分排行"])) is None:
                break
        assert explorer.untried == untried


def test_a_page_with_a_column_that_scrolls_by_itself_goes_on_beside_what_was_swept() -> None:
    page = observation("classes", scrollable=True)
    left, right = Box(left=0, top=200, right=300, bottom=2400), Box(left=300, top=200, right=1080, bottom=2400)
    inner = Box(left=320, top=600, right=1060, bottom=1200)
    for boxes, cut in (((right,), 0), ((right, inner), 0), ((right, left), 1)):
        columns = tuple(replace(page.elements[0], parent=0, depth=1, box=box) for box in boxes)
        seen = replace(page, elements=(replace(page.elements[0], scrollable=False), *columns))
        explorer = Explorer(Scope(package=PACKAGE))
        for _ in range(20):
            explorer.saw(seen, [])
            if explorer.next(seen, []) is None:
                break
        assert explorer.cut_pages == cut


def test_a_lane_that_goes_on_after_the_last_slide_allowed_is_told_as_cut() -> None:
    for cards, cut in ((4, 0), (40, 1)):
        explorer = Explorer(Scope(package=PACKAGE, taps_per_screen=0))
        at = 0
        for _ in range(60):
            word = f"专题{chr(0x4E00 + at)}"
            box = Box(left=40, top=320, right=900, bottom=680)
            seen, shown = lane([word]), [Label(box=box, label=word, norm=word)]
            explorer.saw(seen, shown)
            move = explorer.next(seen, shown)
            if move is None:
                break
            at = min(at + 1, cards - 1)
        assert explorer.cut_pages == cut
