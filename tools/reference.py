"""Write the generated pages of `docs/reference/`, and mend the line numbers of links into the code.

`python -m tools.reference` writes; `tests/docs` fails where writing would change something.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "docs" / "reference"
MARK = "<!-- Written by `python -m tools.reference`. Change the code, not this page. -->"

# Written by others, or not ours to check.
_FOREIGN = ("docs/model/", "docs/measurements/")
# Importing these runs something: the command, a migration, a device library, Ray.
_NOT_IMPORTED = re.compile(r"\.__main__$|^figment\.core\.migrations|^figment\.engine\.backends\.|^figment\.scaleout\.")
_LINE_LINK = re.compile(r"\[`?([\w.]+)`?\]\(([^)#\s]+)#L(\d+)\)")
_UNITS_BY_ENDING = {"_s": "seconds", "_bytes": "bytes", "_pixels": "pixels"}
_UNITS = {
    "port": "port number",
    "database_pool": "connections",
    "engine_threads": "threads",
    "engine_queue": "requests",
    "pool_min_replicas": "replicas",
    "pool_max_replicas": "replicas",
    "pool_replica_cpus": "CPUs",
    "pool_replica_gpus": "GPUs",
    "pool_target": "requests",
    "pool_replica_requests": "requests",
    "worker_concurrency": "jobs",
    "queue_limit": "jobs",
    "queue_limit_person": "jobs",
    "job_attempts": "tries",
    "limit_generations": "images, as `COUNT/PERIOD`",
    "limit_uploads": "uploads, as `COUNT/PERIOD`",
    "limit_newcomers": "images, as `COUNT/PERIOD`",
    "limit_newcomer_uploads": "uploads, as `COUNT/PERIOD`",
    "limit_sessions": "sessions, as `COUNT/PERIOD`",
    "limit_archives": "archives, as `COUNT/PERIOD`",
    "limit_sign_ins": "attempts, as `COUNT/PERIOD`",
    "limit_sign_ups": "accounts, as `COUNT/PERIOD`",
    "limit_resets": "mails, as `COUNT/PERIOD`",
    "limit_exports": "exports, as `COUNT/PERIOD`",
    "limit_map_exports": "megapixels, as `COUNT/PERIOD`",
    "map_exports": "exports",
    "map_export_tiles": "tiles",
    "archive_images": "images",
    "limit_verify": "files, as `COUNT/PERIOD`",
    "limit_reports": "reports, as `COUNT/PERIOD`",
    "reports_hide": "weight of a report by an account",
    "limit_requests": "requests, as `COUNT/PERIOD`",
}


# -- settings -------------------------------------------------------------------------------------------------------------


def settings_page() -> str:
    """A heading a setting, with default, meaning, unit and bounds."""
    from figment.core.settings import Settings

    sections = [_setting(name, field) for name, field in Settings.model_fields.items()]
    return "\n\n".join(
        [
            "# Settings",
            MARK,
            "Figment reads its settings from environment variables when it starts. None is needed: the defaults make one "
            "machine without a network work. `figment doctor` says what is misconfigured.\n\n"
            "A rate is `COUNT/PERIOD`, such as `30/minute`, `5/10 minutes` or `1000/day`; `off` lifts it. The whole count can "
            "be used at once and comes back evenly. A list is separated by commas.\n\n"
            "In a clone, `make serve` sets `FIGMENT_DATA` to the clone's own `.figment` unless you set it.",
            *sections,
        ]
    )


def setting_name(field: str) -> str:
    return f"FIGMENT_{field.upper()}"


def _setting(name: str, field: FieldInfo) -> str:
    if not field.description:
        raise ValueError(f"the setting {name} has no description")
    facts = [f"Default: {_default(field.default)}."]
    if unit := _unit(name, field):
        facts.append(f"Unit: {unit}.")
    if choices := _choices(field):
        facts.append(f"One of {choices}.")
    if bounds := _bounds(field):
        facts.append(f"Allowed: {bounds}.")
    return f"## {setting_name(name)}\n\n{field.description}\n\n{' '.join(facts)}"


def _default(value: object) -> str:
    if value is None:
        return "unset"
    if value == ():
        return "empty"
    if isinstance(value, Path):
        return f"`{Path('~') / value.relative_to(Path.home())}`"
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _unit(name: str, field: FieldInfo) -> str | None:
    by_ending = next((unit for ending, unit in _UNITS_BY_ENDING.items() if name.endswith(ending)), None)
    unit = _UNITS.get(name, by_ending)
    if unit is None and (field.annotation in (int, float) or name.startswith("limit_")):
        raise ValueError(f"say the unit of the setting {name} in tools/reference.py")
    return unit


def _choices(field: FieldInfo) -> str:
    if get_origin(field.annotation) is not Literal:
        return ""
    return ", ".join(f"`{choice}`" for choice in get_args(field.annotation))


def _bounds(field: FieldInfo) -> str:
    words = {"ge": "at least {}", "gt": "above {}", "le": "at most {}", "lt": "below {}"}
    found: list[str] = []
    for bound in field.metadata:
        found += [text.format(getattr(bound, name)) for name, text in words.items() if hasattr(bound, name)]
    return ", ".join(found)


# -- errors ---------------------------------------------------------------------------------------------------------------


def errors_page() -> str:
    """A heading a code, in the order of the alphabet: the anchors that an answer's `type` names."""
    sections = [f"## {error.code}\n\nStatus {error.status}. {error.message()}" for error in error_classes()]
    return "\n\n".join(
        [
            "# Errors",
            MARK,
            "Every error is a problem details object (RFC 9457, `application/problem+json`): `type`, `title`, `status`, "
            "`detail` for a person to read, and `code`, which is stable and meant for programs. Where fields of the request "
            "are at fault, `errors` lists them as `{field, message}`, all at once. A 429 has `retry_after_s` and the header "
            "`Retry-After`, both in seconds; `queue_full` also says how many are `ahead`.",
            *sections,
        ]
    )


def error_classes() -> list[Any]:
    """Every error that can reach the wire, by code."""
    from figment.core.errors import FigmentError

    _import_all()
    ours = {error for error in FigmentError.every() if error.__module__.startswith("figment.")}
    return sorted(ours, key=lambda error: (error.code, error.__name__))


@cache
def _import_all() -> None:
    package = importlib.import_module("figment")
    for module in pkgutil.walk_packages(package.__path__, "figment."):
        if not _NOT_IMPORTED.search(module.name):
            importlib.import_module(module.name)


# -- command line ---------------------------------------------------------------------------------------------------------


def cli_page() -> str:
    """A heading a command, with its arguments and flags."""
    return "\n\n".join(
        [
            "# The command line",
            MARK,
            "`make setup` installs the command as `.venv/bin/figment`. It reads the settings of "
            "[settings.md](settings.md); a flag goes before the variable. In a clone, say `FIGMENT_DATA=.figment` for the "
            "commands that look into the data of `make serve`.",
            *(_command(name, command) for name, command in commands()),
        ]
    )


def commands() -> list[tuple[str, Any]]:
    """Every command that is not hidden, by its full name."""
    import typer.main

    from figment.cli import app

    def below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        inner: Mapping[str, Any] = getattr(command, "commands", {})
        if not inner:
            yield name, command
        for part, sub in inner.items():
            if not sub.hidden:
                yield from below(f"{name} {part}", sub)

    return list(below("figment", typer.main.get_command(app)))


def _command(name: str, command: Any) -> str:
    rows = [_parameter(parameter) for parameter in command.params if parameter.name != "help"]
    table = ["| argument | default | meaning |", "| --- | --- | --- |", *rows] if rows else []
    return "\n\n".join(part for part in (f"## {name}", command.help, "\n".join(table)) if part)


def _parameter(parameter: Any) -> str:
    is_flag = parameter.param_type_name == "option"
    shown = ", ".join(f"`{name}`" for name in parameter.opts) if is_flag else f"`{parameter.name.upper()}`"
    default = "required" if parameter.required else "" if parameter.default in (None, "") else f"`{parameter.default}`"
    return f"| {shown} | {default} | {parameter.help or ''} |"


# -- permissions ----------------------------------------------------------------------------------------------------------


def permissions_page() -> str:
    """A row a route: what it does, who may, and with which scope of an API token."""
    from figment.accounts.permissions import RULES, Standing, standings

    rows = []
    for route, action in sorted(actions().items()):
        rule = RULES[action]
        who = [("yes" if allowed else "") for allowed in standings(action).values()]
        scope = {None: "none may", "any": "any"}.get(rule.scope, f"`{rule.scope}`")
        others = "" if rule.others is None else f"{rule.others.name.lower()}s"
        rows.append(
            f"| `{route}` | {action} | {' | '.join(who)} | {others} | {scope} | {'yes' if rule.suspended else ''} | {'no' if rule.speaks else ''} |"
        )
    names = " | ".join(standing.name.lower() for standing in Standing)
    return "\n\n".join(
        [
            "# Permissions",
            MARK,
            "Who may do what. One function decides it, [`may`](../../figment/accounts/permissions.py); every route names the action that "
            "it does, and a test knocks at each of them as everybody. A yes is for what is one's own: what belongs to somebody else is "
            "as if it were not there (404), unless *others'* says who may. *Token* is the scope that an API token needs; "
            "*suspended* says that whoever is shut out may still do it, *muted* that whoever is kept from speaking to others may not.",
            f"| route | action | {names} | others' | token | suspended | muted |\n|{' --- |' * (len(Standing) + 6)}\n"
            + "\n".join(rows),
            "Not in the table are the addresses that ask nobody who they are: pages, `/docs`, `/openapi.json`, `/healthz`, `/readyz`, and files "
            "(`/files/…`, `/blobs/…`), whose addresses carry a key that only this server can make.",
        ]
    )


def actions() -> Mapping[str, Any]:
    """What each route asks leave for.

    Raises:
        ValueError: one asks for nothing, or for several things.
    """
    from fastapi.routing import APIRoute, APIWebSocketRoute

    from figment.accounts.asking import actions_of
    from figment.main import ROUTES

    found: dict[str, Any] = {}
    for room in ROUTES:
        for route in room.router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                methods = route.methods or set()
            elif isinstance(route, APIWebSocketRoute):
                methods = {"WEBSOCKET"}
            else:
                continue
            asked = actions_of(route.dependant)
            if len(asked) != 1:
                raise ValueError(f"{route.path} asks leave for {sorted(asked) or 'nothing'}: it must name one action")
            [action] = asked
            found |= {f"{method} {route.path}": action for method in methods}
    return found


PAGES: Mapping[str, Callable[[], str]] = {
    "permissions.md": permissions_page,
    "settings.md": settings_page,
    "errors.md": errors_page,
    "cli.md": cli_page,
}


# -- links into the code --------------------------------------------------------------------------------------------------


def documents() -> list[Path]:
    """The Markdown files that are checked."""
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    return sorted(path for path in found if not str(path.relative_to(ROOT)).startswith(_FOREIGN))


def line_links(document: Path) -> Iterator[tuple[str, Path, int]]:
    """Links such as ``[`Jobs.submit`](../figment/generation/service.py#L70)``: the symbol, its file, the line stated."""
    for symbol, target, line in _LINE_LINK.findall(document.read_text()):
        yield symbol, (document.parent / target).resolve(), int(line)


@cache
def symbols(path: Path) -> Mapping[str, int]:
    """The line on which each class, function, method and constant of a Python or TypeScript file begins."""
    source = path.read_text()
    if path.suffix == ".py":
        return dict(_python_symbols(ast.parse(source), ""))
    declared = re.compile(r"^(?:export )?(?:default )?(?:async )?(?:function|const|class|interface|type) (\w+)")
    lines = enumerate(source.splitlines(), 1)
    return {found[1]: number for number, line in lines if (found := declared.match(line))}


def _python_symbols(node: ast.AST, prefix: str) -> Iterator[tuple[str, int]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + child.name, child.lineno
            yield from _python_symbols(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.Assign | ast.AnnAssign):
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            yield from ((prefix + target.id, child.lineno) for target in targets if isinstance(target, ast.Name))


def with_right_lines(document: Path) -> str:
    """The document with every line number that can be mended mended."""

    def mended(link: re.Match[str]) -> str:
        path = (document.parent / link[2]).resolve()
        line = symbols(path).get(link[1]) if path.is_file() else None
        return link[0] if line is None else link[0].replace(f"#L{link[3]})", f"#L{line})")

    return _LINE_LINK.sub(mended, document.read_text())


def main() -> None:
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page() + "\n")
    for document in documents():
        document.write_text(with_right_lines(document))


if __name__ == "__main__":
    main()
