"""Programs that work on the device's files: ls, cat, cp, mv, rm, mkdir, touch, stat, df and their kind."""

from __future__ import annotations

import stat as modes
from collections.abc import Callable, Iterator, Mapping

from harness.virtual.command import Call, Command, UsageFault
from harness.virtual.device_time import local_time
from harness.virtual.files import FileStat


async def ls(call: Call) -> int:
    """List files; ``-l -a -A -d -1 -R -h -s -t -n -i`` are known."""
    flags, names = _split(call)
    code = 0
    folders: list[str] = []
    files: list[str] = []
    for name in names or ["."]:
        path = call.path(name) if name != "." else call.folder
        try:
            found = call.device.files.stat(path, follow="l" not in flags or name.endswith("/"))
        except OSError as e:
            code = call.refuse(f"ls: {name}: {e.strerror}")
            continue
        (folders if found.is_dir and "d" not in flags else files).append(name)
    for name in files:
        _list_entry(call, name, call.path(name) if name != "." else call.folder, flags)
    for folder in folders:
        _list_folder(call, folder, flags, titled=len(names) > 1 or "R" in flags)
    return code


async def cat(call: Call) -> int:
    """Print files, or standard input."""

    def show(name: str) -> None:
        call.out.extend(call.stdin if name == "-" else call.device.files.read(call.path(name)))

    return _each(call, list(call.args) or ["-"], show)


async def cp(call: Call) -> int:
    """Copy files, folders with ``-r``."""
    flags, names = _split(call)
    return _to_goal(call, names, lambda source, goal: _copy(call, source, goal, recursive=bool(flags & set("raR"))))


async def mv(call: Call) -> int:
    """Move files and folders."""
    _, names = _split(call)
    return _to_goal(call, names, lambda source, goal: call.device.files.rename(call.path(source), goal))


async def rm(call: Call) -> int:
    """Remove files, folders with ``-r``; ``-f`` does not mind what is missing."""
    flags, names = _split(call)
    if not names and "f" not in flags:
        raise UsageFault("rm: Needs 1 argument")

    def remove(name: str) -> None:
        try:
            call.device.files.remove(call.path(name), recursive=bool(flags & set("rR")))
        except FileNotFoundError:
            if "f" not in flags:
                raise

    return _each(call, names, remove)


async def rmdir(call: Call) -> int:
    """Remove empty folders."""
    _, names = _split(call)
    return _each(call, names, lambda name: call.device.files.rmdir(call.path(name)))


async def mkdir(call: Call) -> int:
    """Make folders; ``-p`` also those above, and does not mind what is there."""
    flags, names = _split(call)
    return _each(call, names, lambda name: call.device.files.mkdir(call.path(name), parents="p" in flags))


async def touch(call: Call) -> int:
    """Make empty files, or set the time of files that are there to now."""
    _, names = _split(call)

    def stamp(name: str) -> None:
        path = call.path(name)
        if call.device.files.exists(path):
            call.device.files.set_mtime(path, call.device.clock.now())
        else:
            call.device.files.write(path, b"")

    return _each(call, names, stamp)


async def chmod(call: Call) -> int:
    """Set permission bits given as octal digits; ``+x`` and its kind change the named bits."""
    _, words = _split(call)
    if len(words) < 2:
        raise UsageFault("chmod: Needs 2 arguments")
    wanted, names = words[0], words[1:]

    def change(name: str) -> None:
        path = call.path(name)
        call.device.files.set_mode(path, _mode(wanted, call.device.files.stat(path).mode))

    return _each(call, names, change)


async def ln(call: Call) -> int:
    """Make a symbolic link (``-s``, with ``-f`` in place of a file); hard links are not known."""
    flags, names = _split(call)
    if "s" not in flags or len(names) != 2:
        raise UsageFault("ln: only 'ln -s TARGET LINK' is supported")
    path = call.path(names[1])
    if call.device.files.exists(path) and "f" not in flags:
        return call.refuse(f"ln: cannot create symbolic link to '{names[0]}': File exists")
    call.device.files.symlink(path, names[0])
    return 0


async def readlink(call: Call) -> int:
    """Print where a link points to; ``-f`` the path without any link."""
    flags, names = _split(call)
    for name in names:
        if call.name == "realpath" or "f" in flags:
            call.say(call.device.files.real_path(call.path(name)))
            continue
        target = call.device.files.stat(call.path(name), follow=False).target
        if target is None:
            return 1
        call.say(target)
    return 0


async def stat(call: Call) -> int:
    """Print what is known about files; ``-c FORMAT`` knows %n %s %a %A %f %F %Y %U %G %y."""
    words = list(call.args)
    layout = None
    if words[:1] == ["-c"] and len(words) > 1:
        layout, words = words[1], words[2:]

    def show(name: str) -> None:
        found = call.device.files.stat(call.path(name), follow=False)
        if layout is not None:
            call.say(_stat_text(call, layout, name, found))
            return
        call.say(f"  File: {name}")
        call.say(f"  Size: {found.size}\t Blocks: {-(-found.size // 512)}\t IO Blocks: 512\t{_kind(found)}")
        call.say(_stat_text(call, "Access: (0%a/%A)\tUid: ( 2000/   shell)\tGid: ( 2000/   shell)", name, found))
        call.say(_stat_text(call, "Modify: %y", name, found))

    return _each(call, words, show)


async def df(call: Call) -> int:
    """Print the space on the data partition."""
    total_kib, used_kib = 6 << 20, 2 << 20
    free_kib = total_kib - used_kib if call.device.files.room_for(1 << 30) else 1 << 10
    call.say("Filesystem     1K-blocks    Used Available Use% Mounted on")
    call.say(f"/dev/block/dm-0 {total_kib:>9} {total_kib - free_kib:>7} {free_kib:>9}  33% /data")
    return 0


async def du(call: Call) -> int:
    """Print how much files take, in KiB (``-s`` is how it always counts)."""
    _, names = _split(call)

    def show(name: str) -> None:
        size = sum(call.device.files.stat(path).size for path in _tree(call, call.path(name)))
        call.say(f"{-(-size // 1024)}\t{name}")

    return _each(call, names or ["."], show)


async def find(call: Call) -> int:
    """Print every path below the folders; ``-name PATTERN``, ``-type f|d`` and ``-maxdepth N`` narrow it."""
    import fnmatch

    words, options = list(call.args), dict[str, str]()
    names = [words.pop(0) for _ in range(len(words)) if words and not words[0].startswith("-")]
    while words:
        option = words.pop(0)
        if option not in ("-name", "-iname", "-type", "-maxdepth") or not words:
            raise UsageFault(f"find: bad arg '{option}'")
        options[option] = words.pop(0)
    depth = int(options["-maxdepth"]) if options.get("-maxdepth", "").isdigit() else 64

    def show(name: str) -> None:
        top = call.path(name) if name != "." else call.folder
        for path in _tree(call, top):
            below = path[len(top) :]
            if below.count("/") > depth:
                continue
            is_dir = call.device.files.stat(path, follow=False).is_dir
            if "-type" in options and is_dir != (options["-type"] == "d"):
                continue
            pattern = options.get("-name", options.get("-iname", "*"))
            if fnmatch.fnmatchcase(path.rsplit("/", 1)[-1], pattern):
                call.say(name.rstrip("/") + below if below else name)

    return _each(call, names or ["."], show)


async def pwd(call: Call) -> int:
    """Print the folder the shell is in."""
    call.say(call.folder)
    return 0


async def do_nothing(_: Call) -> int:
    """Succeed: owners, security labels and buffers do not exist here."""
    return 0


FILE_COMMANDS: Mapping[str, Command] = {
    "ls": ls,
    "cat": cat,
    "cp": cp,
    "mv": mv,
    "rm": rm,
    "rmdir": rmdir,
    "mkdir": mkdir,
    "touch": touch,
    "chmod": chmod,
    "chown": do_nothing,
    "restorecon": do_nothing,
    "sync": do_nothing,
    "ln": ln,
    "readlink": readlink,
    "realpath": readlink,
    "stat": stat,
    "df": df,
    "du": du,
    "find": find,
    "pwd": pwd,
}


def _split(call: Call) -> tuple[set[str], list[str]]:
    flags = {letter for arg in call.args if arg.startswith("-") and len(arg) > 1 for letter in arg.lstrip("-")}
    return flags, [arg for arg in call.args if not arg.startswith("-") or arg == "-"]


def _each(call: Call, names: list[str], act: Callable[[str], None]) -> int:
    """Do ``act`` for every name; one that fails is reported and does not stop the others."""
    code = 0
    for name in names:
        try:
            act(name)
        except OSError as e:
            code = call.refuse(f"{call.name}: {name}: {e.strerror}")
    return code


def _to_goal(call: Call, names: list[str], act: Callable[[str, str], None]) -> int:
    if len(names) < 2:
        raise UsageFault(f"{call.name}: Needs 2 arguments")
    goal = call.path(names[-1])
    into = call.device.files.is_dir(goal)
    if len(names) > 2 and not into:
        raise UsageFault(f"{call.name}: '{names[-1]}' not directory")

    def put(name: str) -> None:
        base = name.rstrip("/").rsplit("/", 1)[-1]
        act(name, f"{goal.rstrip('/')}/{base}" if into else goal)

    return _each(call, names[:-1], put)


def _copy(call: Call, source: str, goal: str, *, recursive: bool) -> None:
    files = call.device.files
    path = call.path(source)
    if files.is_dir(path):
        if not recursive:
            raise IsADirectoryError(21, "Is a directory (needs -r)", path)
        files.mkdir(goal, parents=True)
        for name in files.listdir(path):
            _copy(call, f"{path}/{name}", f"{goal}/{name}", recursive=True)
        return
    files.write(goal, files.read(path))
    files.set_mode(goal, files.stat(path).mode)


def _tree(call: Call, path: str) -> Iterator[str]:
    found = call.device.files.stat(path, follow=False)
    yield path
    if found.is_dir:
        for name in call.device.files.listdir(path):
            yield from _tree(call, f"{path.rstrip('/')}/{name}")


def _list_folder(call: Call, folder: str, flags: set[str], *, titled: bool) -> None:
    path = call.path(folder) if folder != "." else call.folder
    names = [name for name in call.device.files.listdir(path) if flags & {"a", "A"} or not name.startswith(".")]
    if "a" in flags:
        names = [".", "..", *names]
    if titled:
        call.say(f"{folder}:")
    if "l" in flags:
        call.say(f"total {4 * len(names)}")
    for name in names:
        _list_entry(call, name, f"{path.rstrip('/')}/{name}", flags)
    if "R" in flags:
        for name in names:
            inner = f"{path.rstrip('/')}/{name}"
            if name not in (".", "..") and call.device.files.stat(inner, follow=False).is_dir:
                call.say("")
                _list_folder(call, inner, flags, titled=True)


def _list_entry(call: Call, shown: str, path: str, flags: set[str]) -> None:
    if "l" not in flags:
        call.say(shown)
        return
    found = call.device.files.stat(path, follow=False)
    when = local_time(call.device, found.mtime).strftime("%Y-%m-%d %H:%M")
    arrow = f" -> {found.target}" if found.target is not None else ""
    links = 2 if found.is_dir else 1
    call.say(f"{modes.filemode(found.mode)} {links} shell shell {found.size:>8} {when} {shown}{arrow}")


def _mode(wanted: str, mode: int) -> int:
    if wanted.isdigit():
        try:
            return int(wanted, 8)
        except ValueError as e:
            raise UsageFault(f"chmod: bad mode '{wanted}'") from e
    sign = next((char for char in "+-" if char in wanted), "")
    if not sign:
        raise UsageFault(f"chmod: bad mode '{wanted}'")
    who, _, what = wanted.partition(sign)
    bits = 0
    for person, shift in (("u", 6), ("g", 3), ("o", 0)):
        if not who or person in who or "a" in who:
            bits |= sum({"r": 4, "w": 2, "x": 1}.get(letter, 0) for letter in what) << shift
    return mode | bits if sign == "+" else mode & ~bits


def _kind(found: FileStat) -> str:
    if found.is_dir:
        return "directory"
    if found.is_link:
        return "symbolic link"
    return "regular file" if found.size else "regular empty file"


def _stat_text(call: Call, layout: str, name: str, found: FileStat) -> str:
    fields = {
        "%n": name,
        "%s": str(found.size),
        "%a": f"{modes.S_IMODE(found.mode):o}",
        "%A": modes.filemode(found.mode),
        "%f": f"{found.mode:x}",
        "%F": _kind(found),
        "%Y": str(found.mtime),
        "%U": "shell",
        "%G": "shell",
        "%y": local_time(call.device, found.mtime).strftime("%Y-%m-%d %H:%M:%S.000000000"),
    }
    for field, text in fields.items():
        layout = layout.replace(field, text)
    return layout
