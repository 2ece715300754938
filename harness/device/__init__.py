"""Devices behind one protocol (``harness.model.Device``); the only place that knows uiautomator2 and adbutils."""
