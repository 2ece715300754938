"""What a device tells of itself beyond its build: boot, identity, root, network. Pure.

A value is what the device printed; empty where it did not tell, which is not the same as "none".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

NONE = "none"

_PROPERTIES = {
    "manufacturer": "ro.product.manufacturer",
    "brand": "ro.product.brand",
    "hardware": "ro.hardware",
    "serial_number": "ro.serialno",
    "build_type": "ro.build.type",
    "build_tags": "ro.build.tags",
    "security_patch": "ro.build.version.security_patch",
    "debuggable": "ro.debuggable",
    "verified_boot": "ro.boot.verifiedbootstate",
    "qemu": "ro.kernel.qemu",
    "avd": "ro.boot.qemu.avd_name",
    "locale": "persist.sys.locale",
    "time_zone": "persist.sys.timezone",
    "sim": "gsm.sim.state",
}
_SETTINGS = {
    "http_proxy": "http_proxy",
    "airplane_mode": "airplane_mode_on",
    "automatic_time": "auto_time",
}
_SU_PLACES = ("/sbin/su", "/system/bin/su", "/system/xbin/su", "/su/bin/su", "/system_ext/bin/su", "/vendor/bin/su")
_ROOT_APPS = re.compile(r"magisk|supersu|kingroot|superuser|xposed|kernelsu|apatch", re.IGNORECASE)
_INTERFACE = re.compile(r"^\d+: ([\w.-]+)[@:]", re.MULTILINE)
_ADDRESS = re.compile(r"\binet6? ([0-9a-f.:]+)")
_VPN = re.compile(r"(?:tun|tap|ppp|wg|ipsec|utun)\d*", re.ASCII)
_MARK = "harness-fact"

COMMAND = "; ".join(
    (
        *(f"echo {_MARK} {name}=$(getprop {key})" for name, key in _PROPERTIES.items()),
        *(f"echo {_MARK} {name}=$(settings get global {key})" for name, key in _SETTINGS.items()),
        f"echo {_MARK} boot_id=$(cat /proc/sys/kernel/random/boot_id 2>/dev/null)",
        f"echo {_MARK} shell=$(id)",
        f"echo {_MARK} su=$(ls {' '.join(_SU_PLACES)} 2>/dev/null; echo :)",
        f"echo {_MARK} packages",
        "pm list packages",
        f"echo {_MARK} addresses",
        "ip addr",
        f"echo {_MARK} end",
    )
)


def facts_in(output: str) -> tuple[tuple[str, str], ...]:
    """Return name and value of every fact in what ``COMMAND`` printed, in one order."""
    told = _parts(output)
    found = {name: _said(told.get(name, "")) for name in ("boot_id", *_PROPERTIES, *_SETTINGS)}
    if told.get("http_proxy", "").strip() in ("null", ":0"):
        found["http_proxy"] = NONE  # a setting that was never made, or taken back
    found["adb_as_root"] = _whether("uid=0(" in told["shell"]) if "uid=" in told.get("shell", "") else ""
    found["su"] = _su(told.get("su", ""))
    found["root_apps"] = _root_apps(told.get("packages", ""))
    found |= _network(told.get("addresses", ""))
    return tuple(found.items())


def _parts(output: str) -> dict[str, str]:
    """Return what was printed after each mark, by name."""
    parts = {}
    for part in output.split(f"{_MARK} ")[1:]:
        head, _, rest = part.partition("\n")
        name, _, value = head.partition("=")
        parts[name.strip()] = f"{value}\n{rest}"
    return parts


def _said(value: str) -> str:
    """Return one line of what a program printed, empty where it printed that there is nothing."""
    text = " ".join(value.split())
    return "" if text in ("null", "unknown") else text


def _su(listed: str) -> str:
    places = listed.split()
    if ":" not in places:  # the list was not written to its end
        return ""
    return " ".join(place for place in places if place in _SU_PLACES) or NONE  # not "/sbin/su: No such file"


def _root_apps(listed: str) -> str:
    names = [line.removeprefix("package:") for line in listed.split() if line.startswith("package:")]
    if not names:  # every device has packages: it did not answer
        return ""
    return " ".join(sorted(name for name in names if _ROOT_APPS.search(name))) or NONE


def _network(addresses: str) -> Iterator[tuple[str, str]]:
    """Yield interfaces with an address, and whether one is a tunnel; nothing is told where ``ip`` did not answer."""
    blocks = _INTERFACE.split(addresses)[1:]
    up = {name: _ADDRESS.findall(block) for name, block in zip(blocks[::2], blocks[1::2], strict=True)}
    reached = {name: found for name, found in up.items() if found and name != "lo"}
    tunnels = [name for name in reached if _VPN.fullmatch(name)]
    yield "network", "; ".join(f"{name} {' '.join(found)}" for name, found in reached.items()) or (NONE if up else "")
    yield "vpn", " ".join(tunnels) or (NONE if up else "")


def _whether(value: bool) -> str:  # noqa: FBT001 - the value is the argument
    return "yes" if value else "no"
