"""The device's shell: grammar, exit codes, and the output that clients parse."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from harness.virtual.personality import Personality
from harness.virtual.phone import Display, Foreground
from harness.virtual.shell_grammar import SyntaxFault, parse
from tests.virtual_stand_ins import Bench, app_archive, bench, node, run


@pytest.fixture
def phone(tmp_path: Path) -> Bench:
    return bench(tmp_path)


@pytest.mark.parametrize(
    ("line", "printed"),
    [
        ("echo a  b", "a b\n"),
        ("echo 'a  b' \"c  d\"", "a  b c  d\n"),
        ("echo one; echo two", "one\ntwo\n"),
        ("true && echo yes", "yes\n"),
        ("false && echo yes; echo $?", "1\n"),
        ("false || echo no", "no\n"),
        ("true || echo no", ""),
        ("false || false || echo third", "third\n"),
        ("! false && echo turned", "turned\n"),
        ("X=1; echo $X${X}", "11\n"),
        ("export X='a b'; echo \"$X\"", "a b\n"),
        ("X='a   b'; echo $X", "a b\n"),
        ("echo '$X' \"\\$X\"", "$X $X\n"),
        ("echo $(echo in; echo side)", "in side\n"),
        ("echo `echo back`", "back\n"),
        ("echo \"$(echo 'a  b')\"", "a  b\n"),
        ("echo a | cat", "a\n"),
        ("printf 'b\\na\\n' | sort | head -n 1", "a\n"),
        ("(cd /sdcard; pwd); pwd", "/sdcard\n/\n"),
        ("cd /sdcard && pwd", "/sdcard\n"),
        ("sh -c 'echo inner; exit 3'; echo $?", "inner\n3\n"),
        ("su 0 echo rooted", "rooted\n"),
        ("echo 中文 '签到'", "中文 签到\n"),
        ("export ANDROID_LOG_TAGS=''; exec echo logged", "logged\n"),
        ("export ANDROID_LOG_TAGS='\"\"'; echo ok", "ok\n"),
        ("echo a#b # comment", "a#b\n"),
        ("echo a \\\n b", "a b\n"),
        ("echo a\\\nb", "ab\n"),
        ("test 2 -gt 1 && [ -d /sdcard ] && echo both", "both\n"),
        ("[ -f /nothing ] || echo none", "none\n"),
        ("which ls", "/system/bin/ls\n"),
        ("env A=5 sh -c 'echo $A'", "5\n"),
        ("echo x | grep y; echo $?", "1\n"),
        ("echo -n x", "x"),
        ("basename /a/b.apk .apk; dirname /a/b", "b\n/a\n"),
        ("seq 1 2>/dev/null; echo $?", "127\n"),
        ("printf '%s-%d\\n' a 7", "a-7\n"),
        ("getprop ro.build.version.sdk | tr -d '\\n'", "30"),
    ],
)
def test_a_line_prints_what_sh_prints(phone: Bench, line: str, printed: str) -> None:
    assert phone.sh(line).stdout.decode() == printed


def test_an_unknown_command_says_so_and_exits_127(phone: Bench) -> None:
    result = phone.sh("foo --bar")
    assert result.stderr == b"/system/bin/sh: foo: inaccessible or not found\n"
    assert (result.stdout, result.exit_code) == (b"", 127)


@pytest.mark.parametrize(
    ("line", "code"), [("true", 0), ("false", 1), ("foo", 127), ("ls /nothing", 1), ("exit 42", 42)]
)
def test_the_clients_exit_code_marker_is_right(phone: Bench, line: str, code: int) -> None:
    assert phone.sh(line).exit_code == code
    if not line.startswith("exit"):
        assert phone.sh(f"{line}; echo X4EXIT:$?").stdout.endswith(f"X4EXIT:{code}\n".encode())


def test_redirections_reach_files_and_each_other(phone: Bench) -> None:
    phone.out("echo one > /sdcard/a; echo two >> /sdcard/a")
    assert phone.out("cat /sdcard/a; cat < /sdcard/a | wc -l") == "one\ntwo\n2\n"
    assert phone.sh("foo > /sdcard/both 2>&1").stderr == b""
    assert phone.out("cat /sdcard/both") == "/system/bin/sh: foo: inaccessible or not found\n"
    assert phone.sh("foo 2>/dev/null; echo $?") == phone.sh("echo 127")
    assert phone.sh("foo 2>&1 | grep -c inaccessible").stdout == b"1\n"


def test_a_redirection_to_a_read_only_place_fails(phone: Bench) -> None:
    result = phone.sh("echo x > /system/x")
    assert result.exit_code == 1
    assert b"can't open /system/x" in result.stderr


def test_wildcards_find_files_unless_quoted(phone: Bench) -> None:
    phone.out("mkdir -p /sdcard/w; cd /sdcard/w; touch a.png b.png c.txt")
    assert phone.out("echo /sdcard/w/*.png") == "/sdcard/w/a.png /sdcard/w/b.png\n"
    assert phone.out("cd /sdcard/w; echo *.txt '*.txt' *.gif") == "c.txt *.txt *.gif\n"


@pytest.mark.parametrize(
    "line", ["echo 'open", 'echo "open', "echo $(echo", "; ;; |", "a |", "a &&", "( echo", "cat <<E"]
)
def test_a_line_that_cannot_be_read_is_a_syntax_error(phone: Bench, line: str) -> None:
    result = phone.sh(line)
    assert result.exit_code != 0
    assert b"syntax error" in result.stderr or b"not supported" in result.stderr


def test_loops_and_jobs_are_refused_rather_than_misread(phone: Bench) -> None:
    for line in ("for x in a b; do echo $x; done", "sleep 1 &", "if true; then echo x; fi"):
        result = phone.sh(line)
        assert (result.exit_code, result.stdout) == (1, b"")
        assert b"not supported" in result.stderr


@given(st.lists(st.text(st.characters(exclude_characters="\0\r", exclude_categories=["Cs"])), max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
def test_arguments_quoted_as_adbutils_quotes_them_arrive_unchanged(
    tmp_path_factory: pytest.TempPathFactory, words: list[str]
) -> None:
    import shlex

    phone = bench(tmp_path_factory.mktemp("quoted"))
    line = " ".join(["printf", "'%s|'", *map(shlex.quote, words)])
    assert phone.sh(line).stdout.decode() == ("|".join(words) + "|" if words else "|")


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_the_grammar_in_another_way_than_a_syntax_error(text: str) -> None:
    with contextlib.suppress(SyntaxFault):
        parse(text)


def test_files_can_be_listed_copied_moved_and_removed(phone: Bench) -> None:
    phone.out(
        "mkdir -p /sdcard/a/b && echo text > /sdcard/a/x && cp /sdcard/a/x /sdcard/a/b/ && cp -r /sdcard/a /sdcard/c"
    )
    assert phone.out("ls /sdcard/c") == "b\nx\n"
    assert re.fullmatch(
        r"-rw-r--r-- 1 shell shell +5 \d{4}-\d\d-\d\d \d\d:\d\d /sdcard/c/x\n", phone.out("ls -l /sdcard/c/x")
    )
    phone.out("mv /sdcard/c/x /sdcard/y && rm -r /sdcard/c && chmod 600 /sdcard/y")
    assert phone.out("stat -c '%a %s %n' /sdcard/y") == "600 5 /sdcard/y\n"
    missing = phone.sh("ls /sdcard/c; rm /sdcard/c; rm -f /sdcard/c; cat /sdcard/c")
    assert missing.stderr.decode().splitlines() == [
        "ls: /sdcard/c: No such file or directory",
        "rm: /sdcard/c: No such file or directory",
        "cat: /sdcard/c: No such file or directory",
    ]
    assert phone.sh("rm /sdcard/a").stderr == b"rm: /sdcard/a: Is a directory\n"
    assert phone.out("find /sdcard/a -type f") == "/sdcard/a/b/x\n/sdcard/a/x\n"


def test_digests_are_those_of_the_bytes(phone: Bench) -> None:
    phone.device.files.write("/data/local/tmp/u2.jar", b"jar bytes")
    digest = hashlib.md5(b"jar bytes", usedforsecurity=False).hexdigest()
    assert phone.out("toybox md5sum /data/local/tmp/u2.jar") == f"{digest}  /data/local/tmp/u2.jar\n"
    assert phone.out("md5 /data/local/tmp/u2.jar").startswith(digest)
    assert phone.out("sha256sum < /data/local/tmp/u2.jar").startswith(hashlib.sha256(b"jar bytes").hexdigest())
    assert phone.sh("toybox md5sum /nothing").exit_code == 1


def test_properties_can_be_read_and_the_read_only_ones_not_set(phone: Bench) -> None:
    assert phone.out("getprop ro.serialno") == "virtual-test\n"
    assert phone.out("getprop no.such.thing") == "\n"
    assert "[ro.build.version.release]: [11]\n" in phone.out("getprop")
    phone.out("setprop debug.x 1")
    assert phone.out("getprop debug.x") == "1\n"
    assert phone.sh("setprop ro.serialno other").exit_code == 1


def test_settings_survive_a_restart(phone: Bench, tmp_path: Path) -> None:
    assert phone.out("settings get system no_such") == "null\n"
    phone.out("settings put system screen_brightness 7")
    assert bench(tmp_path).out("settings get system screen_brightness") == "7\n"
    assert "screen_brightness=7\n" in phone.out("settings list system")
    assert phone.out("settings delete system screen_brightness") == "Deleted 1 rows\n"
    assert phone.out("settings get system screen_brightness") == "null\n"
    assert phone.sh("settings frob system x").exit_code == 255


def test_the_device_clock_moves_from_the_host_side_and_the_pages_are_told(phone: Bench) -> None:
    phone.out("cmd clock set 1700000000")
    assert phone.out("date +%s") == "1700000000\n"
    assert phone.out("date") == "Wed Nov 15 06:13:20 CST 2023\n"
    before = float(phone.out("cmd clock now"))
    assert float(phone.out("cmd clock advance 86400")) >= before + 86400
    assert phone.out("date +%F") == "2023-11-16\n"
    assert [entry for entry in phone.screen.done if entry[0] == "clock_changed"] == [
        ("clock_changed", 0),
        ("clock_changed", 86400.0),
    ]
    assert phone.sh("cmd clock advance -5").exit_code == 255


def test_activities_start_and_report_as_am_does(phone: Bench, tmp_path: Path) -> None:
    phone.install(app_archive(tmp_path / "app"))
    started = phone.out("am start -W -n cn.example.demo/.VideoActivity")
    assert started.startswith(
        "Starting: Intent { cmp=cn.example.demo/.VideoActivity }\nStatus: ok\nLaunchState: COLD\n"
    )
    assert "Activity: cn.example.demo/.VideoActivity\n" in started
    assert phone.screen.done[-1] == ("launch", "cn.example.demo", "cn.example.demo.VideoActivity", None)
    phone.sh(
        "am start -a android.intent.action.MAIN -c android.intent.category.LAUNCHER -n cn.example.demo/.MainActivity"
    )
    assert phone.screen.front.activity == "cn.example.demo.MainActivity"
    phone.out("am force-stop cn.example.demo")
    assert phone.screen.front.package == "com.android.launcher3"


def test_an_activity_that_does_not_exist_is_an_error(phone: Bench, tmp_path: Path) -> None:
    phone.install(app_archive(tmp_path / "app"))
    result = phone.sh("am start -n cn.example.demo/.Nothing")
    assert result.exit_code == 1
    assert b"Error: Activity class {cn.example.demo/cn.example.demo.Nothing} does not exist." in result.stderr
    assert phone.sh("am start -n no.such/.Main").exit_code == 1
    assert b"unable to resolve Intent" in phone.sh("am start -a android.intent.action.VIEW -d tel:10086").stderr


def test_an_address_opens_in_the_browser_app(phone: Bench) -> None:
    printed = phone.out("am start -a android.intent.action.VIEW -d https://example.test/a?b=1")
    assert printed == "Starting: Intent { act=android.intent.action.VIEW dat=https://example.test/... }\n"
    assert phone.screen.done[-1] == ("launch", "com.android.browser", None, "https://example.test/a?b=1")


def test_monkey_launches_and_switches_auto_rotation_on(phone: Bench, tmp_path: Path) -> None:
    phone.install(app_archive(tmp_path / "app"))
    result = phone.sh("monkey -p cn.example.demo -c android.intent.category.LAUNCHER 1")
    assert (result.exit_code, b"Events injected: 1" in result.stdout) == (0, True)
    assert phone.screen.front.package == "cn.example.demo"
    assert phone.out("settings get system accelerometer_rotation") == "1\n"
    missing = phone.sh("monkey -p no.such -c android.intent.category.LAUNCHER 1")
    assert (missing.exit_code, b"No activities found to run, monkey aborted." in missing.stdout) == (252, True)


def _focus(text: str) -> tuple[str, str] | None:
    match = re.search(r"mCurrentFocus=Window{.*\s+(?P<package>[^\s]+)/(?P<activity>[^\s]+)\}", text)
    return (match["package"], match["activity"]) if match else None


def test_the_focused_window_is_told_where_this_android_version_tells_it(phone: Bench, tmp_path: Path) -> None:
    shown = ("com.android.launcher3", "com.android.launcher3.Launcher")
    assert _focus(phone.out("dumpsys window windows")) is None
    assert _focus(phone.out("dumpsys window displays")) == shown
    assert _focus(phone.out("dumpsys window")) == shown
    assert "mResumedActivity: ActivityRecord{" in phone.out("dumpsys activity activities")
    old = bench(tmp_path / "old", Personality(release="9", sdk=28))
    assert _focus(old.out("dumpsys window windows")) == shown
    assert _focus(old.out("dumpsys window displays")) is None
    new = bench(tmp_path / "new", Personality(release="13", sdk=33))
    assert "mResumedActivity" not in new.out("dumpsys activity activities")
    assert "topResumedActivity=ActivityRecord{" in new.out("dumpsys activity activities")


def test_a_system_dialog_in_front_is_the_top_activity(phone: Bench) -> None:
    grant = "com.android.permissioncontroller.permission.ui.GrantPermissionsActivity"
    phone.screen.front = Foreground(package="com.android.permissioncontroller", activity=grant, pid=1010)
    top = phone.out("dumpsys activity top")
    entries = re.findall(r"ACTIVITY (?P<package>[^\s]+)/(?P<activity>[^/\s]+) \w+ pid=(?P<pid>\d+)", top)
    assert entries[-1] == ("com.android.permissioncontroller", ".permission.ui.GrantPermissionsActivity", "1010")
    assert "mResumedActivity: ActivityRecord{" in phone.out("dumpsys activity activities")


def test_running_apps_are_in_ps_with_nine_columns(phone: Bench, tmp_path: Path) -> None:
    phone.install(app_archive(tmp_path / "app"))
    phone.out("am start -n cn.example.demo/.MainActivity")
    lines = [line.split() for line in phone.out("ps -A").splitlines() if line.endswith("cn.example.demo")]
    assert [(len(fields), fields[1]) for fields in lines] == [(9, str(phone.screen.front.pid))]
    assert phone.out(f"ps -p {phone.screen.front.pid}").splitlines()[1].split() == lines[0]
    assert phone.sh("ps -A -o PID,NAME").exit_code == 1
    assert phone.out("pidof cn.example.demo") == f"{phone.screen.front.pid}\n"
    phone.out(f"kill -9 {phone.screen.front.pid}")
    assert phone.screen.done[-1] == ("crash", "cn.example.demo")
    assert phone.sh("kill 99999").exit_code == 1
    assert phone.sh("pidof no.such").exit_code == 1


def test_touches_and_keys_reach_the_screen(phone: Bench) -> None:
    phone.out(
        "input tap 10 20.5; input swipe 1 2 3 4 500; input swipe 5 5 5 5 900; input keyevent HOME 4 KEYCODE_ENTER"
    )
    phone.out("input keyevent --longpress POWER; input text hello%sworld; input -d 0 tap 1 2")
    assert phone.screen.done == [
        ("tap", 10.0, 20.5, 0.0),
        ("swipe", ((1.0, 2.0), (3.0, 4.0)), 0.5),
        ("tap", 5.0, 5.0, 0.9),
        ("key", 3, False),
        ("key", 4, False),
        ("key", 66, False),
        ("key", 26, True),
        ("insert_text", "hello world"),
        ("tap", 1.0, 2.0, 0.0),
    ]
    assert phone.sh("input keyevent NO_SUCH_KEY").exit_code == 255
    assert phone.sh("input tap x y").exit_code == 255
    assert phone.sh("input text 中文").exit_code == 255


def test_a_drag_presses_long_before_it_moves(phone: Bench) -> None:
    phone.out("input draganddrop 0 0 100 0 50")
    kinds = [entry[0] for entry in phone.screen.done]
    assert (kinds[0], kinds[-1], set(kinds[1:-1])) == ("DOWN", "UP", {"MOVE"})
    assert phone.screen.done[-1] == ("UP", 100.0, 0.0)


def test_size_and_density_can_be_overridden_and_reset(phone: Bench) -> None:
    assert phone.out("wm size; wm density") == "Physical size: 200x400\nPhysical density: 160\n"
    phone.out("wm size 720x1280; wm density 320")
    assert phone.screen.display == Display(width_px=720, height_px=1280, density_dpi=320)
    assert phone.out("wm size") == "Physical size: 200x400\nOverride size: 720x1280\n"
    phone.out("wm size reset; wm density reset")
    assert phone.screen.display == Display(width_px=200, height_px=400, density_dpi=160)
    assert phone.sh("wm size tiny").exit_code == 255


def test_the_display_tells_its_rotation_first(phone: Bench) -> None:
    phone.out("settings put system user_rotation 1")
    found = re.search(r"orientation=(\d+)", phone.out("dumpsys display"))
    assert found is not None
    assert found[1] == "1"


def test_screencap_gives_png_to_output_and_file_and_raw_pixels(phone: Bench) -> None:
    png = phone.sh("screencap -p").stdout
    phone.out("screencap -p /sdcard/a.png; screencap /sdcard/b.png; screencap -d 46 -p /sdcard/c")
    assert {phone.device.files.read(f"/sdcard/{name}") for name in ("a.png", "b.png", "c")} == {png}
    raw = phone.sh("screencap").stdout
    assert len(raw) == 16 + 200 * 400 * 4
    assert "Display 4619827259835644672 " in phone.out("dumpsys SurfaceFlinger --display-id")


def test_armed_faults_spoil_one_picture_each(phone: Bench) -> None:
    import io

    whole = phone.sh("screencap -p").stdout
    for fault in ("half_png", "empty_png", "black_png"):
        phone.device.faults.push(fault)
    assert phone.sh("screencap -p").stdout == b""
    assert phone.sh("screencap -p").stdout == whole[: len(whole) // 2]
    black = phone.sh("screencap -p").stdout
    assert Image.open(io.BytesIO(black)).getextrema() == ((0, 0), (0, 0), (0, 0))
    assert phone.sh("screencap -p").stdout == whole


def test_uiautomator_dumps_the_active_window_or_says_why_not(phone: Bench) -> None:
    assert b"ERROR: null root node" in phone.sh("uiautomator dump").stderr
    phone.screen.root = node(text="签到", package="com.android.launcher3")
    assert phone.out("uiautomator dump") == "UI hierchary dumped to: /sdcard/window_dump.xml\n"
    assert 'text="签到"' in phone.out("cat /sdcard/window_dump.xml")
    assert phone.out("uiautomator dump --compressed /data/local/tmp/x.xml && echo success").endswith("success\n")
    assert phone.out("uiautomator dump /dev/tty").startswith("<?xml")


def test_the_adb_keyboard_works_once_it_is_installed_and_chosen(phone: Bench) -> None:
    chinese = base64.b64encode("学习强国".encode()).decode()
    line = f"am broadcast -a ADB_KEYBOARD_INPUT_TEXT --es text {chinese}"
    assert "com.github.uiautomator/.AdbKeyboard" not in phone.out("ime list -s -a")
    assert phone.out(line).endswith("Broadcast completed: result=0\n")
    phone.device.files.write("/data/local/tmp/unknown.apk", _keyboard_apk())
    assert phone.out("pm install -r -t /data/local/tmp/unknown.apk") == "Success\n"
    name = "com.github.uiautomator/.AdbKeyboard"
    assert name in phone.out("ime list -s -a").splitlines()
    phone.out(f"ime enable {name}; ime set {name}; settings put secure default_input_method {name}")
    assert phone.out("settings get secure default_input_method") == f"{name}\n"
    assert 'result=-1, data="success"' in phone.out(line)
    assert ("insert_text", "学习强国") in phone.screen.done
    assert "result=-1" in phone.out("am broadcast -a ADB_KEYBOARD_HIDE")
    phone.screen.focused = False
    assert "result=0" in phone.out(line)
    phone.screen.root = node("android.widget.EditText", handle="field", focused=True)
    assert "result=-1" in phone.out("am broadcast -a ADB_KEYBOARD_CLEAR_TEXT")
    assert ("set_text", "field", "") in phone.screen.done
    assert phone.out("pm uninstall com.github.uiautomator") == "Success\n"
    assert phone.out("settings get secure default_input_method") != f"{name}\n"


def _keyboard_apk() -> bytes:
    import uiautomator2

    return (Path(uiautomator2.__file__).parent / "assets" / "app-uiautomator.apk").read_bytes()


def test_services_that_are_not_there_say_so(phone: Bench) -> None:
    assert b"Can't find service: nothing" in phone.sh("dumpsys nothing").stderr
    assert phone.sh("cmd nothing").exit_code == 20
    assert "AC powered: true" in phone.out("dumpsys battery")
    assert phone.sh("dumpsys battery set level 5").exit_code == 255  # rather than a level that is not set
    assert "mHoldingDisplaySuspendBlocker=true" in phone.out("dumpsys power")
    assert "package" in phone.out("dumpsys -l")


def test_the_log_can_be_written_dumped_and_cleared(phone: Bench) -> None:
    phone.out("log -p w -t mark 你好")
    assert phone.out("logcat -d -v brief").endswith("W/mark(    1): 你好\n")
    assert phone.out("logcat -d -b main,crash") == phone.out("logcat -d") != ""
    assert phone.out("logcat -d -b crash") == ""  # nothing crashed
    phone.out("logcat -c")
    assert phone.out("logcat -d") == ""


def test_a_shell_run_does_not_leak_into_the_next(phone: Bench) -> None:
    phone.out("X=1; cd /sdcard")
    assert phone.out("pwd; echo [$X]") == "/\n[]\n"


def test_two_lines_run_side_by_side(phone: Bench) -> None:
    import asyncio

    async def both() -> list[bytes]:
        results = await asyncio.gather(phone.shell.run("sleep 0.05; echo slow"), phone.shell.run("echo fast"))
        return [result.stdout for result in results]

    assert run(both()) == [b"slow\n", b"fast\n"]
