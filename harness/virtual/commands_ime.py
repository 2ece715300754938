"""``ime``: the input methods of the device. There is no soft keyboard; the ADB keyboard is answered by ``am``."""

from __future__ import annotations

from collections.abc import Mapping

from harness.virtual.command import Call, Command, without_user
from harness.virtual.userland import ADB_INPUT_METHOD, LATIN_INPUT_METHOD, Userland


async def ime(call: Call) -> int:
    """List, enable, disable and choose input methods."""
    words = [word for word in without_user(call.args) if not word.startswith("-")]
    known = input_methods(call.device)
    enabled = enabled_input_methods(call.device)
    match words:
        case ["list"]:
            shown = known if "-a" in call.args else enabled
            for name in shown:
                call.say(name if "-s" in call.args else f"mId={name} mSettingsActivityName=null mIsVrOnly=false")
        case ["enable", name] if name in known:
            already = name in enabled
            _put_enabled(call.device, [*enabled, name] if not already else enabled)
            call.say(f"Input method {name}: {'already ' if already else 'now '}enabled for user #0")
        case ["disable", name] if name in known:
            _put_enabled(call.device, [other for other in enabled if other != name])
            if call.device.settings.get("secure/default_input_method") == name:
                call.device.settings.put("secure/default_input_method", LATIN_INPUT_METHOD)
            call.say(f"Input method {name}: now disabled for user #0")
        case ["set", name] if name in enabled:
            call.device.settings.put("secure/default_input_method", name)
            call.say(f"Input method {name} selected for user #0")
        case ["reset"]:
            _put_enabled(call.device, [LATIN_INPUT_METHOD])
            call.device.settings.put("secure/default_input_method", LATIN_INPUT_METHOD)
            call.say("Reset current and enabled IMEs for user #0")
        case ["enable" | "disable", name]:
            return call.refuse(f"Error: Unknown input method {name} cannot be {words[0]}d for user #0", 255)
        case ["set", name]:
            return call.refuse(f"Error: Unknown id {name} for user #0: input method is not enabled", 255)
        case _:
            return call.refuse("ime: usage: ime list [-a] [-s] | enable ID | disable ID | set ID | reset", 255)
    return 0


def input_methods(device: Userland) -> list[str]:
    """Return every installed input method."""
    there = device.packages.find(ADB_INPUT_METHOD.partition("/")[0]) is not None
    latin = [] if device.personality.quirks.no_input_method else [LATIN_INPUT_METHOD]
    return [*latin, ADB_INPUT_METHOD] if there else latin


def enabled_input_methods(device: Userland) -> list[str]:
    """Return the installed input methods that are switched on."""
    named = (device.settings.get("secure/enabled_input_methods") or "").split(":")
    return [name for name in input_methods(device) if name in named]


IME_COMMANDS: Mapping[str, Command] = {"ime": ime}


def _put_enabled(device: Userland, names: list[str]) -> None:
    device.settings.put("secure/enabled_input_methods", ":".join(names))
