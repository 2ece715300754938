"""The pytest plugin: options, fixtures, and one test item per (app, rule) of the filed list.

Every option is ``--harness-*`` with an ini value ``harness_*`` and an environment variable ``HARNESS_*``; the command
line beats the environment, the environment beats the ini file, the ini file beats the default. Node ids hold package
and rule and nothing that changes from night to night. An app is walked once per run, by whichever item asks first, in
whichever xdist worker; an app's items are kept on one worker, so that no worker waits for another.
What an item has to say travels in its ``user_properties``: into JUnit XML, and to the controller's summary.

This package is loaded by every pytest run of the environment, so everything heavy is imported where it is used.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.errors import HarnessError
from harness.messages import text
from harness.model import FiledApp, Finding, Rule, Verdict
from harness.pytest_plugin import options, telling
from harness.pytest_plugin.plan import Plan, Unusable, app_id, chosen_rules, make_plan
from harness.pytest_plugin.trail import Trail

if TYPE_CHECKING:
    from harness import session
    from harness.device.android import AndroidDevice
    from harness.walk import Walker

_PLAN = pytest.StashKey[Plan]()
_RUN = pytest.StashKey[str]()
_SETTINGS = pytest.StashKey["session.Settings"]()
_KNOWN = pytest.StashKey[frozenset[str]]()
_WALKED = pytest.StashKey[dict[str, "session.Inspection | str"]]()  # by app id; a text says why there was no walk
_RUN_INPUT = "harness_run"


# --- before anything runs


def pytest_addoption(parser: pytest.Parser) -> None:
    options.add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Refuse what cannot be meant; read the filed list where one is given."""
    options.refuse_nonsense(config)
    if options.given(config, "harness_filed_list") is not None or options.many(config, "harness_rule"):
        config.stash[_PLAN] = make_plan(config)
    worker_input: dict[str, Any] | None = getattr(config, "workerinput", None)  # in xdist's workers only
    if worker_input is None:
        config.pluginmanager.register(Controller(config), "harness-controller")
    elif _RUN_INPUT in worker_input:
        config.stash[_RUN] = worker_input[_RUN_INPUT]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the run's name to an xdist worker: all bundles of a run land in one folder."""
    if _PLAN in node.config.stash:
        node.workerinput[_RUN_INPUT] = _run(node.config)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:
    """Keep an app's items on one worker, however the run is distributed, unless files or scopes are kept together."""
    if _PLAN not in config.stash or config.getoption("dist") not in ("load", "loadgroup", "worksteal"):
        return None
    from harness.pytest_plugin.scheduling import AppScheduling

    return AppScheduling(config, log, [name for name, _ in config.stash[_PLAN].params()])


def pytest_report_header(config: pytest.Config) -> list[str]:
    if _PLAN not in config.stash or not config.stash[_PLAN].source:
        return []
    plan = config.stash[_PLAN]
    settings = _settings(config)
    counted = [("apps", len(plan.apps)), ("rules", len(plan.rules)), ("list", plan.source)]
    lines = [
        text("plugin-plan", counted),
        text("plugin-evidence-dir", [("folder", settings.evidence_dir / settings.run)]),
    ]
    return [f"harness: {line}" for line in (*lines, *plan.notes)]


def _run(config: pytest.Config) -> str:
    if _RUN not in config.stash:
        from harness import session
        from harness.clock import SystemClock

        config.stash[_RUN] = session.run_name(SystemClock())
    return config.stash[_RUN]


def _settings(config: pytest.Config) -> session.Settings:
    if _SETTINGS not in config.stash:
        config.stash[_SETTINGS] = options.settings(config, _run(config))
    return config.stash[_SETTINGS]


def _plan(config: pytest.Config) -> Plan:
    if _PLAN not in config.stash:
        config.stash[_PLAN] = make_plan(config)
    return config.stash[_PLAN]


# --- one item per (app, rule)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give a test that asks for ``filed_app`` the filed list, and one that asks for ``rule`` the catalogue.

    A row that cannot be used is one item, whatever the number of rules.
    """
    wants_app, wants_rule = "filed_app" in metafunc.fixturenames, "rule" in metafunc.fixturenames
    if not wants_app and not wants_rule:
        return
    if not wants_app:
        rules = chosen_rules(metafunc.config)
        metafunc.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in rules], scope="session")
        return
    plan = _plan(metafunc.config)
    if not wants_rule:
        params = [pytest.param(value, id=name, marks=_group(metafunc.config, name)) for name, value in plan.params()]
        metafunc.parametrize("filed_app", params, indirect=True, scope="session")
        return
    pairs = []
    for name, value in plan.params():
        marks = _group(metafunc.config, name)
        if isinstance(value, Unusable):
            pairs.append(pytest.param(value, None, id=name, marks=marks))
        else:
            pairs += [pytest.param(value, rule, id=f"{name}-{rule.id}", marks=marks) for rule in plan.rules]
    metafunc.parametrize(("filed_app", "rule"), pairs, indirect=["filed_app"], scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Bring the items of an app together, in the order of the list and the catalogue; the others stay where they are.

    Pytest's own order brings together whatever shares a parameter, apps and rules alike.
    """
    ours = [place for place, item in enumerate(items) if _parameters(item)[0] is not None]
    if not ours:
        return
    plan = _plan(config)
    apps = {id(value): number for number, (_, value) in enumerate(plan.params())}
    rules = {rule.id: number for number, rule in enumerate(plan.rules)}

    def order(item: pytest.Item) -> tuple[int, str, int, int]:
        app, rule = _parameters(item)
        path, line, _ = item.location
        return apps[id(app)], path, line or 0, rules[rule.id] if rule else 0

    for place, item in zip(ours, sorted([items[place] for place in ours], key=order), strict=True):
        items[place] = item


def _group(config: pytest.Config, name: str) -> tuple[pytest.MarkDecorator, ...]:
    """Keep one app's items on one xdist worker."""
    return (pytest.mark.xdist_group(name),) if config.pluginmanager.hasplugin("xdist") else ()


# --- fixtures


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What one walk through one app gave, for the items of that app."""

    inspection: session.Inspection
    fail_on: str
    known: frozenset[str]  # fingerprints of the baseline's findings

    @property
    def bundle(self) -> Path:
        return self.inspection.bundle

    def finding(self, rule: Rule) -> Finding:
        """Return the rule's finding in this app."""
        return next(f for f in self.inspection.judgement.findings if f.rule == rule.id)

    def statement(self, rule: Rule) -> str:
        """Return what the rule's finding says, in Chinese."""
        from harness import session

        return session.statement(self.finding(rule))

    def decide(self, rule: Rule) -> None:
        """Fail, skip or pass the running item by the rule's verdict and ``--harness-fail-on``.

        What could not be looked at is skipped with its reason and never passes; an error of the harness fails.
        """
        finding, said = self.finding(rule), self.statement(rule)
        if finding.verdict is Verdict.INCONCLUSIVE:
            pytest.skip(f"{telling.headline(finding, said)} · {text('plugin-bundle')}: {self.bundle}")
        counts = self.fail_on == "found" or (self.fail_on == "new" and finding.fingerprint not in self.known)
        if finding.verdict is Verdict.ERROR or (finding.verdict is Verdict.FOUND and counts):
            pytest.fail(telling.failure(self.inspection, finding, said), pytrace=False)


@pytest.fixture(scope="session")
def harness_settings(request: pytest.FixtureRequest) -> session.Settings:
    """Return the run's settings from command line, environment and ini file."""
    return _settings(request.config)


@pytest.fixture(scope="session")
def filed_app(request: pytest.FixtureRequest) -> FiledApp:
    """Return one app of the filed list; a row that cannot be used is an error here."""
    if isinstance(request.param, Unusable):
        pytest.fail(request.param.why, pytrace=False)
    app = request.param
    assert isinstance(app, FiledApp)
    return app


@pytest.fixture(scope="session")
def evidence(request: pytest.FixtureRequest, filed_app: FiledApp, harness_settings: session.Settings) -> Evidence:
    """Return what the walk through ``filed_app`` gave; the first item of the run that asks for it walks."""
    config = request.config
    with _told_plainly(filed_app):
        known = _known(config)
    walked = config.stash.setdefault(_WALKED, {})
    name = app_id(filed_app)
    if name not in walked:
        walked[name] = _walk(filed_app, harness_settings, _plan(config).filed_from)
    inspection = walked[name]
    if isinstance(inspection, str):
        pytest.fail(inspection, pytrace=False)
    return Evidence(inspection=inspection, fail_on=options.fail_on(config), known=known)


@pytest.fixture
def device(request: pytest.FixtureRequest, harness_settings: session.Settings) -> Iterator[AndroidDevice]:
    """Return a leased device, for scenarios of one's own."""
    from harness import session

    with contextlib.ExitStack() as stack:
        with _told_plainly():
            serial = stack.enter_context(session.leased(harness_settings))
            opened = stack.enter_context(session.opened(serial, harness_settings))
        yield opened


@pytest.fixture
def walker(
    request: pytest.FixtureRequest, device: AndroidDevice, filed_app: FiledApp, harness_settings: session.Settings
) -> Iterator[Walker]:
    """Return a walker that records into a bundle of its own, for scenarios of one's own; judged at the end."""
    from harness import session

    with contextlib.ExitStack() as stack:
        with _told_plainly(filed_app):
            scene = session.scenario(device, filed_app, harness_settings, _plan(request.config).filed_from)
            walker = stack.enter_context(scene)
        yield walker


@pytest.fixture
def trail(walker: Walker) -> Trail:
    """Return the steps that ``walker`` has taken so far; the view grows with them."""
    return Trail(walker)


def _walk(app: FiledApp, settings: session.Settings, filed_from: Path | None) -> session.Inspection | str:
    from harness import session

    try:
        return session.inspect_once(app, settings, filed_from)
    except HarnessError as error:
        return _not_inspected(app, error)


def _known(config: pytest.Config) -> frozenset[str]:
    """Return the fingerprints that the baseline has found. Raises ``HarnessError``."""
    baseline = options.given(config, "harness_baseline")
    if baseline is None:
        return frozenset()
    if _KNOWN not in config.stash:
        from harness import session

        config.stash[_KNOWN] = session.known_fingerprints(baseline.path)
    return config.stash[_KNOWN]


def _not_inspected(app: FiledApp, error: HarnessError) -> str:
    return text("plugin-not-inspected", [("app", app.name), ("package", app.package), ("error", error)])


@contextlib.contextmanager
def _told_plainly(app: FiledApp | None = None) -> Iterator[None]:
    """Turn an error of ours into a failure without a traceback: it names device or file, and the mend, already."""
    try:
        yield
    except HarnessError as error:
        pytest.fail(_not_inspected(app, error) if app else str(error), pytrace=False)


# --- what every item tells


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    app, rule = _parameters(item)
    if isinstance(app, FiledApp):
        _tell(item, telling.properties_before(app, rule))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    _, rule = _parameters(item)
    found = getattr(item, "funcargs", {}).get("evidence")
    if rule is not None and isinstance(found, Evidence):
        _tell(item, telling.properties_after(found.inspection, found.finding(rule), found.statement(rule)))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Say ``error`` of a rule whose app could not be looked at: its set-up failed."""
    app, rule = _parameters(item)
    if call.when == "setup" and call.excinfo is not None and isinstance(app, FiledApp) and rule is not None:
        said = str(call.excinfo.value).splitlines()
        _tell(item, {"verdict": Verdict.ERROR.value, "statement": said[0] if said else call.excinfo.typename})
    return (yield)


def _parameters(item: pytest.Item) -> tuple[FiledApp | Unusable | None, Rule | None]:
    params = getattr(getattr(item, "callspec", None), "params", {})
    app, rule = params.get("filed_app"), params.get("rule")
    return app if isinstance(app, FiledApp | Unusable) else None, rule if isinstance(rule, Rule) else None


def _tell(item: pytest.Item, told: dict[str, str]) -> None:
    """Put what a reviewer needs into the item's properties; told again, as after a rerun, it replaces."""
    item.user_properties[:] = [(name, value) for name, value in item.user_properties if name not in told]
    item.user_properties.extend(told.items())


# --- the end of a run


class Controller:
    """Gathers what the items told, in the process that reports; writes the run's report over its bundles."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._told: dict[str, dict[str, str]] = {}  # by node id
        self._failed: set[str] = set()
        self._ending = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        report.nodeid = telling.without_group(report.nodeid)
        told = {name: str(value) for name, value in report.user_properties}
        if "package" in told:
            self._told.setdefault(report.nodeid, {}).update(told)
            if report.failed:
                self._failed.add(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if not self._told:
            return
        try:
            report = self._write_report()
        except (HarnessError, OSError) as error:
            self._ending = text("plugin-no-report", [("error", error)])
            if session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.TESTS_FAILED
        else:
            self._ending = text("plugin-report", [("path", report)]) if report else ""

    def _write_report(self) -> Path | None:
        """Write the report over the run's bundles and return its page, ``None`` where no walk began."""
        from harness import session

        settings = _settings(self._config)
        bundles = session.bundles_of_run(settings)
        return session.report_on(bundles, settings.evidence_dir / settings.run / "report")[0] if bundles else None

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        notes = self._config.stash[_PLAN].notes if _PLAN in self._config.stash else ()
        if not self._told and not notes:
            return
        terminalreporter.section(text("plugin-title"), "=")
        for line in notes:
            terminalreporter.write_line(line, yellow=True)
        for line in telling.summary_lines(self._told, self._failed):
            terminalreporter.write_line(line)
        if self._ending:
            terminalreporter.write_line(self._ending)
