"""The embedded virtual Android device: a real adb server and the unmodified uiautomator2 client talk to it.

An app is a folder (or a zip of it, named ``*.apk``) with an ``app.json`` and web files::

    {
      "package": "cn.example.study",
      "label": "学习在线",
      "versionName": "3.2.1",
      "versionCode": 321,
      "launcher": ".MainActivity",
      "activities": {".MainActivity": "index.html", ".VideoActivity": "video.html"},
      "permissions": ["android.permission.CAMERA"],
      "abis": [],
      "signer": "demo"
    }

A value of ``activities`` is a file of the app or an ``http(s)`` URL. Each app has an origin of its own
(``http://<package>.app.localhost/``, served from the installed files without a network), hence its own
storage, which lasts until ``pm clear`` or uninstall. Navigating to another page of ``activities`` changes the
foreground activity; Back goes back in the page's history, to a page as it was left, and leaves the app at its start.

What a page may use, beside the web platform:

``android.toast(text)``                   shows a toast for 2 s; ``getLastToast`` gives its text
``android.requestPermission(name)``       → Promise<bool>; shows the system dialog unless decided before
``android.checkPermission(name)``         → Promise<bool>, never asks
``android.finish()``                      leaves the app as Back on its first page does
``android.openPackage(package)``          → Promise<bool>: another app, false where it is not installed
``android.lastBack = function``           called on Back before history; return true to swallow it
``document.visibilitychange``             fires on Home, Recents, another app, a system dialog and screen off; playing
                                          videos pause by themselves only if the page pauses them
``<meta name="android-hierarchy" content="opaque">``   the page gives one WebView node with bounds and no text
``<meta name="android-window" content="secure">``      screenshots are black (FLAG_SECURE)

Time on the page (``Date``, ``performance.now``, timers, playing videos) is the device's clock.
"""
