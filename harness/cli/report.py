"""The command that writes the views of bundles, or of a run."""

from __future__ import annotations

from pathlib import Path

import click

from harness.cli.evidence import PLACES


@click.command("report", short_help="生成报告 write HTML, PDF, XLSX views of bundles or a run")
@click.argument(
    "bundles", metavar="BUNDLE_OR_RUN...", type=click.Path(exists=True, path_type=Path), nargs=-1, required=True
)
@click.option("--out", type=click.Path(path_type=Path), help="Folder to write to; default: `report` in the run's.")
@click.option("--pdf", "pdf", is_flag=True, help="Also a PDF/A of each app, to print and sign.")
@click.option("--xlsx", "xlsx", is_flag=True, help="Also a workbook.")
@click.option(
    "--format", "formats", multiple=True, help="Also this view (repeatable): pdf, xlsx, junit, sarif, allure."
)
@click.option("--ledger", default="", metavar="FILE_OR_URL", envvar="HARNESS_LEDGER", help="Of a night's folder.")
@click.option("--sign-key", default="", metavar="KEY", envvar="HARNESS_SIGN_KEY", help=f"Sign PDFs: {PLACES}.")
def report(
    *,
    bundles: tuple[Path, ...],
    out: Path | None,
    pdf: bool,
    xlsx: bool,
    formats: tuple[str, ...],
    ledger: str,
    sign_key: str,
) -> None:
    """生成可双击打开的网页报告，以及可打印签名的 PDF、表格等。

    Write the HTML report of bundles, or of every bundle in a run's folder, and what else is asked for; print the
    paths, the HTML report's first. For the folder of a night its report is written again, from the ledger alone.
    """
    from harness import session
    from harness.cli.night import written_again

    wanted = (*(["pdf"] if pdf else []), *(["xlsx"] if xlsx else []), *formats)
    if unknown := [name for name in wanted if name not in session.EXPORTS]:
        raise click.UsageError(f"no format {unknown[0]!r}; formats: {', '.join(session.EXPORTS)}")
    nights = {path: written_again(path.absolute(), ledger) for path in bundles if path.is_dir()}
    for page in filter(None, nights.values()):
        print(page)
    bundles = tuple(path for path in bundles if not nights.get(path))
    if not bundles:
        return
    found = tuple(dict.fromkeys(bundle for path in bundles for bundle in session.bundles_at(path.absolute())))
    for path in session.report_on(found, out or found[0].parent / "report", wanted, sign_key=sign_key):
        print(path)
