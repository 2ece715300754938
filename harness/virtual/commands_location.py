"""``cmd location`` and ``appops``: the place that the device tells its apps, as Android 12 lets a shell mock it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.virtual.command import Call, Command

_PLACE = re.compile(r"(-?\d{1,2}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)")  # latitude, longitude
_MOCK = ("com.android.shell", "mock_location")


async def location(call: Call) -> int:
    """Add, enable, set and remove test providers of places."""
    device = call.device
    match call.args:
        case ["providers", "add-test-provider", name, *_]:
            if device.app_ops.get(_MOCK) != "allow":
                return call.refuse("java.lang.SecurityException: com.android.shell not allowed to mock location", 255)
            device.test_places.setdefault(name, None)
        case ["providers", "set-test-provider-enabled", name, enabled] if name in device.test_places:
            if enabled != "true":  # rather refused than a switched-off provider that goes on telling its place
                return call.refuse(f"location: {enabled} is not built into this device: remove the provider", 255)
        case ["providers", "set-test-provider-location", name, "--location", where, *_] if name in device.test_places:
            found = _PLACE.fullmatch(where)
            if found is None:
                return call.refuse(f"java.lang.IllegalArgumentException: {where} is no place", 255)
            device.test_places[name] = (float(found[1]), float(found[2]))
            await device.screen.set_place(device.test_places[name])
        case ["providers", "remove-test-provider", name]:
            device.test_places.pop(name, None)
            await device.screen.set_place(next(iter(device.test_places.values()), None))
        case ["providers", _, name, *_]:
            return call.refuse(f"java.lang.IllegalArgumentException: {name} provider is not a test provider", 255)
        case _:
            return call.refuse("location: usage: location providers COMMAND PROVIDER ...", 255)
    return 0


async def appops(call: Call) -> int:
    """Set and tell what an app may do beside its permissions."""
    match call.args:
        case ["set", package, name, mode]:
            call.device.app_ops[package, name.removeprefix("android:")] = mode
        case ["get", package, name]:
            call.say(f"{name}: {call.device.app_ops.get((package, name.removeprefix('android:')), 'default')}")
        case _:
            return call.refuse("appops: usage: appops set|get PACKAGE OP [MODE]", 255)
    return 0


LOCATION_COMMANDS: Mapping[str, Command] = {"appops": appops}
