"""All mutants of a module: where each fault lies and what it changes."""

import ast
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from types import CodeType

from tests.mutation import operators

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("accounts/core", "reminders/core")

# Annotations and type aliases say nothing at run time; decorators and assertions hold what no
# test can break from outside.
_LEFT_ALONE = frozenset({"annotation", "returns", "decorator_list", "type_params"})
_SHOWN, _SHOWN_BEFORE = 70, 30


@dataclass(frozen=True, slots=True)
class Edit:
    """Puts `new` into `parent.field`, or into `parent.field[index]`."""

    parent: ast.AST
    field: str
    index: int | None
    new: ast.AST

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The tree with the fault in it; as it was afterwards."""
        slot = getattr(self.parent, self.field)
        old = slot if self.index is None else slot[self.index]
        self._put(self.new)
        try:
            yield
        finally:
            self._put(old)

    def _put(self, node: ast.AST) -> None:
        if self.index is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.index] = node


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. `lines` are those of its statement; at import they run before any test.

    `where` and `change` name it as long as the code around it stays; equal ones in one place are
    numbered.
    """

    path: Path
    where: str
    change: str
    lines: range
    runs_at_import: bool
    tree: ast.Module
    edit: Edit

    @property
    def module(self) -> str:
        """The module that the fault is in."""
        return self.where.partition(":")[0]

    @property
    def name(self) -> str:
        """How the list of survivors knows it."""
        return f"{self.where}: {self.change}"

    def code(self) -> CodeType:
        """The module with the fault in it."""
        with self.edit.applied():
            return compile(self.tree, str(self.path), "exec")


@dataclass(frozen=True, slots=True)
class _Place:
    names: tuple[str, ...] = ()
    lines: range = range(0)
    runs_at_import: bool = True


def all_mutants() -> list[Mutant]:
    """Every mutant of the core, module by module in order of line."""
    paths = (path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.py")))
    return [mutant for path in paths for mutant in mutants_of(path)]


def mutants_of(path: Path) -> list[Mutant]:
    """The mutants of one file."""
    return mutants_in(path.read_text(encoding="utf-8"), path=path)


def mutants_in(source: str, *, path: Path) -> list[Mutant]:
    """The mutants of a file with this text."""
    tree = ast.parse(source)
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    found = []
    seen: Counter[tuple[str, str]] = Counter()
    for place, edit in _edits(tree, place=_Place()):
        where = f"{module}:{'.'.join(place.names) or 'module'}"
        change = _in_words(edit)
        seen[where, change] += 1
        if seen[where, change] > 1:
            change = f"{change} #{seen[where, change]}"
        found.append(
            Mutant(path, where, change, place.lines, place.runs_at_import, tree, edit),
        )
    return found


def _edits(node: ast.AST, *, place: _Place) -> Iterator[tuple[_Place, Edit]]:
    """All edits below a node, each with the place that it lies in."""
    for field, position, opposite in operators.conditions(node):
        yield place, _edit(node, field, position, opposite)
    for field, value in ast.iter_fields(node):
        if field in _LEFT_ALONE:
            continue
        children = value if isinstance(value, list) else [value]
        for index, child in enumerate(children):
            if not isinstance(child, ast.AST) or _says_nothing(child, place=place):
                continue
            at = index if isinstance(value, list) else None
            inner = _place(child, within=place, field=field, of=node)
            for new in _alternatives(child, place=inner):
                yield inner, _edit(node, field, at, new)
            yield from _edits(child, place=inner)


def _alternatives(node: ast.AST, *, place: _Place) -> Iterator[ast.AST]:
    if isinstance(node, ast.stmt):
        yield from operators.statements(node)
    elif isinstance(node, ast.expr):
        yield from operators.expressions(node, is_table=place.runs_at_import)


def _edit(parent: ast.AST, field: str, index: int | None, new: ast.AST) -> Edit:
    slot = getattr(parent, field)
    ast.copy_location(new, slot if index is None else slot[index])
    return Edit(parent, field, index, ast.fix_missing_locations(new))


def _says_nothing(node: ast.AST, *, place: _Place) -> bool:
    """Docstrings, imports, assertions, and type aliases at the top of a module."""
    match node:
        case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom() | ast.Assert():
            return True
        case ast.Assign(value=ast.BinOp(op=ast.BitOr(), right=ast.Name(id=name))):
            return place.runs_at_import and not name.isupper()
        case ast.Assign(value=ast.Subscript(slice=written)):
            return place.runs_at_import and not isinstance(written, ast.Slice)
    return False


def _place(node: ast.AST, *, within: _Place, field: str, of: ast.AST) -> _Place:
    if not isinstance(node, ast.stmt):
        return within
    names, at_import = within.names, within.runs_at_import
    if isinstance(of, ast.FunctionDef) and field == "body":
        at_import = False
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        names = (*names, node.name)
    body = getattr(node, "body", None)
    # A compound statement is its head: what is in it are statements of their own.
    last = body[0].lineno - 1 if body else node.end_lineno or node.lineno
    return replace(
        within,
        names=names,
        lines=range(node.lineno, max(node.lineno, last) + 1),
        runs_at_import=at_import,
    )


def _in_words(edit: Edit) -> str:
    """The change as source text: the piece itself, or what it stands in if that is short."""
    slot = getattr(edit.parent, edit.field)
    old = slot if edit.index is None else slot[edit.index]
    piece = old
    if isinstance(old, ast.Constant | ast.Slice | ast.Name) and isinstance(edit.parent, ast.expr):
        piece = edit.parent
    before = ast.unparse(piece)
    if piece is old:
        return _in_short(before, ast.unparse(edit.new))
    with edit.applied():
        return _in_short(before, ast.unparse(piece))


def _in_short(before: str, after: str) -> str:
    """Both, or where they are long the stretch around the first character that differs."""
    same = sum(
        1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, after, strict=False))
    )
    start = max(0, same - _SHOWN_BEFORE) if max(len(before), len(after)) > _SHOWN else 0
    cut = [f"{'…' if start else ''}{text[start : start + _SHOWN]}" for text in (before, after)]
    return " → ".join(cut).replace("\n", " ")
