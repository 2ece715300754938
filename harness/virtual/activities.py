"""Which page is which activity: addresses of installed apps and back again. Pure."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from harness.virtual.phone import InstalledApp

LAUNCHER = "com.android.launcher3"
LAUNCHER_ACTIVITY = "com.android.launcher3.Launcher"
RECENTS_ACTIVITY = "com.android.quickstep.RecentsActivity"
BROWSER = "com.android.browser"
PERMISSION_CONTROLLER = "com.android.permissioncontroller"
GRANT_ACTIVITY = "com.android.permissioncontroller.permission.ui.GrantPermissionsActivity"

_APP_SUFFIX = ".app.localhost"
SYSTEM_HOST = "system.localhost"
SYSTEM_PAGE = f"http://{SYSTEM_HOST}/"


def app_host(package: str) -> str:
    """Return the host name that is the app's origin."""
    return f"{package.lower()}{_APP_SUFFIX}"


def app_origin(package: str) -> str:
    """Return the app's own origin, without a closing slash."""
    return f"http://{app_host(package)}"


def is_app_host(host: str) -> bool:
    """Return whether the host is some app's origin."""
    return host.endswith(_APP_SUFFIX)


def origins(app: InstalledApp) -> tuple[str, ...]:
    """Return the app's own origin and those of its URL pages: all of them hold its storage."""
    urls = [page for _, page in app.pages if page.startswith(("http://", "https://"))]
    parts = [urlsplit(url) for url in urls]
    return tuple(dict.fromkeys([app_origin(app.package), *(f"{part.scheme}://{part.netloc}" for part in parts)]))


def owns(app: InstalledApp, url: str) -> bool:
    """Return whether the app shows the address itself; anything else opens in the browser app."""
    if app.package == BROWSER:
        return True
    part = urlsplit(url)
    return f"{part.scheme}://{part.netloc}".lower() in {origin.lower() for origin in origins(app)}


def page_url(app: InstalledApp, activity: str | None = None) -> str:
    """Return the address of an activity, the launcher activity by default. Raises ``KeyError`` for an unknown one."""
    wanted = activity or app.launcher_activity
    for name, page in app.pages:
        if name == wanted:
            return _address(app, page)
    raise KeyError(f"{app.package}/{wanted}")


def activity_at(app: InstalledApp, url: str) -> str | None:
    """Return the activity whose page is at the address; query and fragment do not matter. None for any other page."""
    here = _place(url)
    return next((name for name, page in app.pages if _place(_address(app, page)) == here), None)


def _address(app: InstalledApp, page: str) -> str:
    if page.startswith(("http://", "https://", "about:")):
        return page
    return f"{app_origin(app.package)}/{quote(page.lstrip('/'), safe='/?#=&%;,:@+~')}"


def _place(url: str) -> tuple[str, str]:
    part = urlsplit(url)
    path = unquote(part.path)
    if path.endswith("/index.html"):
        path = path.removesuffix("index.html")
    return part.netloc.lower(), path or "/"
