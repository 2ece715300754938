"""Every program of the virtual device by name, with the ones that only pass a call on."""

from __future__ import annotations

from collections.abc import Mapping

from harness.virtual.command import Call, Command
from harness.virtual.commands_am import AM_COMMANDS, am
from harness.virtual.commands_dumpsys import DUMPSYS_COMMANDS
from harness.virtual.commands_files import FILE_COMMANDS
from harness.virtual.commands_ime import IME_COMMANDS, ime
from harness.virtual.commands_location import LOCATION_COMMANDS, appops, location
from harness.virtual.commands_pm import PM_COMMANDS, pm
from harness.virtual.commands_screen import SCREEN_COMMANDS, input_command, wm
from harness.virtual.commands_system import SYSTEM_COMMANDS, clock, settings
from harness.virtual.commands_text import TEXT_COMMANDS

_SERVICES: Mapping[str, Command] = {
    "package": pm,
    "activity": am,
    "window": wm,
    "input": input_command,
    "settings": settings,
    "input_method": ime,
    "clock": clock,
    "appops": appops,
    "location": location,
}


async def cmd(call: Call) -> int:
    """Pass a call on to a system service; ``-l`` lists them. Before Android 7 there is only the host's clock."""
    words = [word for word in call.args if word != "-w"]
    if not call.device.personality.has_cmd and words[:1] != ["clock"]:
        return call.refuse(f"/system/bin/sh: cmd: {call.device.personality.not_found}", 127)
    if words[:1] == ["-l"]:
        call.say("Currently running services:")
        for name in sorted(_SERVICES):
            call.say(f"  {name}")
        return 0
    if not words:
        return call.refuse("cmd: No service specified; use -l to list all services", 20)
    service = _SERVICES.get(words[0])
    if service is None:
        return call.refuse(f"cmd: Can't find service: {words[0]}", 20)
    return await service(call.inner(words[0], tuple(words[1:])))


async def toybox(call: Call) -> int:
    """Run a program of the toybox; without a name, list them."""
    boxed = {**FILE_COMMANDS, **TEXT_COMMANDS, **SYSTEM_COMMANDS}
    if not call.args:
        call.say(" ".join(sorted(name for name in boxed if name.isalnum())))
        return 0
    program = boxed.get(call.args[0])
    if program is None:
        return call.refuse(f"toybox: Unknown command {call.args[0]}", 127)
    return await program(call.inner(call.args[0], call.args[1:]))


COMMANDS: Mapping[str, Command] = {
    **TEXT_COMMANDS,
    **FILE_COMMANDS,
    **SYSTEM_COMMANDS,
    **IME_COMMANDS,
    **PM_COMMANDS,
    **AM_COMMANDS,
    **DUMPSYS_COMMANDS,
    **SCREEN_COMMANDS,
    **LOCATION_COMMANDS,
    "cmd": cmd,
    "toybox": toybox,
}
