"""The foreground page, read from dumps shaped as Android 4.4 to 15 print them."""

from __future__ import annotations

import pytest

from harness.device import pages
from harness.model import PackageName, Page

STUDY = Page(
    package=PackageName("cn.xuexi.android"), activity="com.alibaba.android.rimet.biz.home.activity.HomeActivity"
)

DUMPS = {
    "android 7, window windows": (
        "  mCurrentFocus=Window{a1b2c3 u0 cn.xuexi.android/com.alibaba.android.rimet.biz.home.activity.HomeActivity}\n"
        "  mFocusedApp=AppWindowToken{1 token=Token{2 ActivityRecord{3 u0 com.other/.Main t7}}}\n"
    ),
    "android 4.4, no user": (
        "  mCurrentFocus=Window{41a2 u0 cn.xuexi.android/com.alibaba.android.rimet.biz.home.activity.HomeActivity}\n"
    ),
    "android 11, several displays": (
        "  mCurrentFocus=null\n"
        "  mCurrentFocus=Window{9f u0 cn.xuexi.android/com.alibaba.android.rimet.biz.home.activity.HomeActivity}\n"
    ),
    "android 13, focus on a pop-up window": (
        "  mCurrentFocus=Window{9f u0 PopupWindow:77}\n"
        "  mFocusedApp=ActivityRecord{5d u0 "
        "cn.xuexi.android/com.alibaba.android.rimet.biz.home.activity.HomeActivity t12}\n"
    ),
    "android 14, activities only": (
        "  topResumedActivity=ActivityRecord{5d u0 "
        "cn.xuexi.android/com.alibaba.android.rimet.biz.home.activity.HomeActivity t12}\n"
        "  * ActivityRecord{77 u0 com.last.of.list/.Main t3}\n"
    ),
    "android 9, resumed activity": (
        "    mResumedActivity: ActivityRecord{5d u0 "
        "cn.xuexi.android/com.alibaba.android.rimet.biz.home.activity.HomeActivity t12}\n"
    ),
}


@pytest.mark.parametrize("dump", DUMPS.values(), ids=DUMPS.keys())
def test_the_foreground_page_is_read_from_every_shape_of_dump(dump: str) -> None:
    assert pages.foreground(dump) == STUDY


def test_a_short_activity_name_is_completed_with_the_package() -> None:
    page = pages.foreground("mCurrentFocus=Window{9f u0 cn.gov.demo/.MainActivity}")
    assert page == Page(package=PackageName("cn.gov.demo"), activity="cn.gov.demo.MainActivity")


@pytest.mark.parametrize(
    "dump", ["", "mCurrentFocus=null\nmFocusedApp=null\n", "mCurrentFocus=Window{9f u0 StatusBar}"]
)
def test_a_dump_that_names_no_page_gives_none(dump: str) -> None:
    assert pages.foreground(dump) is None


def test_the_focus_is_asked_of_the_windows_before_android_10_and_of_the_displays_after() -> None:
    assert pages.window_commands(24)[0] == "dumpsys window windows"
    assert pages.window_commands(34)[0] == "dumpsys window displays"


def test_the_launcher_activity_is_the_last_component_of_a_brief_answer() -> None:
    output = "priority=0 preferredOrder=0 match=0x108000 specificIndex=-1 isDefault=false\ncn.gov.demo/.MainActivity\n"
    assert pages.resolved_activity(output, "cn.gov.demo") == "cn.gov.demo.MainActivity"
    assert pages.resolved_activity("No activity found\n", "cn.gov.demo") == ""


def test_the_chooser_between_several_launchers_is_not_an_activity_of_the_app() -> None:
    output = "priority=0 preferredOrder=0 match=0x0\nandroid/com.android.internal.app.ResolverActivity\n"
    assert pages.resolved_activity(output, "cn.gov.demo") == ""


MAIN_TABLE = """Activity Resolver Table:
  Schemes:
      demo:
        11aa cn.gov.demo/.LinkActivity filter 22bb
          Action: "android.intent.action.VIEW"

  Non-Data Actions:
      com.huawei.push.MESSAGE:
        33cc cn.gov.demo/.PushActivity filter 44dd
          Action: "com.huawei.push.MESSAGE"
      android.intent.action.MAIN:
        55ee cn.gov.demo/.ShareActivity filter 66ff
          Action: "android.intent.action.MAIN"
          Category: "android.intent.category.DEFAULT"
        77aa cn.gov.demo/.SplashActivity filter 88bb
          Action: "android.intent.action.MAIN"
          Category: "android.intent.category.LAUNCHER"
        99cc cn.gov.demo/.FestivalIcon filter 00dd
          Action: "android.intent.action.MAIN"
          Category: "android.intent.category.LAUNCHER"
      android.intent.action.SEND:
        12ab cn.gov.demo/.SendActivity filter 34cd
          Category: "android.intent.category.LAUNCHER"

Receiver Resolver Table:
"""


def test_of_several_main_activities_the_first_launcher_is_meant() -> None:
    assert pages.main_activity(MAIN_TABLE, "cn.gov.demo") == "cn.gov.demo.SplashActivity"
    without = MAIN_TABLE.replace("category.LAUNCHER", "category.INFO")
    assert pages.main_activity(without, "cn.gov.demo") == ""


def test_the_launcher_activity_of_old_android_is_read_from_the_package_dump() -> None:
    dump = (
        "Activity Resolver Table:\n  Non-Data Actions:\n      android.intent.action.MAIN:\n"
        "        41c5 cn.gov.demo/.SplashActivity filter 41d8\n"
    )
    assert pages.main_activity(dump, "cn.gov.demo") == "cn.gov.demo.SplashActivity"
    assert pages.main_activity(dump, "cn.gov.other") == ""


def test_a_secure_flag_counts_only_in_the_page_s_own_window() -> None:
    dump = (
        "  Window #0 Window{1 u0 com.android.systemui/.Keyguard}:\n    fl=LAYOUT_IN_SCREEN SECURE\n"
        "  Window #1 Window{2 u0 cn.gov.demo/cn.gov.demo.MainActivity}:\n    fl=LAYOUT_IN_SCREEN HARDWARE_ACCELERATED\n"
    )
    page = Page(package=PackageName("cn.gov.demo"), activity="cn.gov.demo.MainActivity")
    assert not pages.is_secure(dump, page)
    assert pages.is_secure(dump.replace("HARDWARE_ACCELERATED", "SECURE"), page)


@pytest.mark.parametrize(("flags", "secure"), [("#81812100", True), ("#81810100", False)])
def test_flags_printed_as_a_number_before_android_8_are_read_as_well(flags: str, secure: bool) -> None:  # noqa: FBT001
    dump = (
        "  Window #1 Window{2 u0 cn.gov.demo/cn.gov.demo.MainActivity}:\n"
        f"    mAttrs=WM.LayoutParams{{(0,0)(fillxfill) sim=#20 ty=1 fl={flags} pfl=0x20000}}\n"
    )
    page = Page(package=PackageName("cn.gov.demo"), activity="cn.gov.demo.MainActivity")
    assert pages.is_secure(dump, page) is secure


def test_a_crash_of_before_is_not_one_of_this_start() -> None:
    log = (
        "--------- beginning of crash\n"
        "11-26 07:20:01.500  1500  1500 E AndroidRuntime: FATAL EXCEPTION: main\n"
        "11-26 07:20:01.500  1500  1500 E AndroidRuntime: Process: cn.example, PID: 1500\n"
        "11-26 07:20:01.500  1500  1500 E AndroidRuntime: java.lang.UnsatisfiedLinkError: dlopen failed\n"
    )
    assert pages.crash_told(log, "cn.example", "11-26 07:20:01") == "java.lang.UnsatisfiedLinkError: dlopen failed"
    assert pages.crash_told(log, "cn.example", "11-26 07:20:02") == ""
    assert pages.crash_told(log, "cn.other", "11-26 07:20:01") == ""
