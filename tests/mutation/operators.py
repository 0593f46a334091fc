"""Small faults: for one piece of a syntax tree, what could stand there by mistake.

Each is a slip that compiles: a boundary off by one, a condition turned round or left out, `min`
for `max`, a row missing from a table, a call forgotten.
"""

import ast
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

_COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    # The neighbour at the boundary, then the opposite.
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_FUNCTIONS: Mapping[str, str] = {
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "sorted": "list",
    "reversed": "list",
    "abs": "int",
}
_METHODS: Mapping[str, str] = {
    "startswith": "endswith",
    "endswith": "startswith",
    "lower": "upper",
    "partition": "rpartition",
    "strip": "lstrip",
    "fullmatch": "match",
    "match": "search",
    "issuperset": "issubset",
}


def expressions(node: ast.expr, *, is_table: bool) -> Iterator[ast.expr]:
    """What could stand where this expression stands. `is_table`: it is evaluated at import, so
    that a tuple is a list of rows and not several values."""
    match node:
        case ast.Compare():
            yield from _compared(node)
        case ast.BoolOp():
            yield from _conditions(node)
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.BinOp(op=op) if type(op) in _ARITHMETIC:
            yield ast.BinOp(node.left, _ARITHMETIC[type(op)](), node.right)
        case ast.Constant(value=value):
            yield from (ast.Constant(other) for other in _constants(value))
        case ast.Call():
            yield from _calls(node)
        case ast.Slice(lower=lower, upper=upper):
            if lower is not None:
                yield ast.Slice(None, upper, node.step)
            if upper is not None:
                yield ast.Slice(lower, None, node.step)
        case ast.Set(elts=elements):
            for kept in _without_one(elements):
                yield ast.Set(kept) if kept else ast.Call(ast.Name("set", ast.Load()), [], [])
        case ast.Tuple(elts=elements, ctx=ast.Load()) if is_table and _are_rows(elements):
            for kept in _without_one(elements):
                yield ast.Tuple(kept, ast.Load())
        case ast.Dict():
            for index in range(len(node.keys)):
                yield ast.Dict(
                    node.keys[:index] + node.keys[index + 1 :],
                    node.values[:index] + node.values[index + 1 :],
                )


def conditions(node: ast.AST) -> Iterator[tuple[str, int | None, ast.expr]]:
    """Conditions of this node that no operator above turns round: field, index, the opposite."""
    match node:
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            tests: list[tuple[str, int | None, ast.expr]] = [("test", None, test)]
        case ast.comprehension(ifs=ifs):
            tests = [("ifs", index, test) for index, test in enumerate(ifs)]
        case _:
            return
    for field, index, test in tests:
        plain = not isinstance(test, ast.Compare | ast.BoolOp | ast.Constant)
        if plain and not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
            yield field, index, ast.UnaryOp(ast.Not(), test)


def statements(node: ast.stmt) -> Iterator[ast.stmt]:
    """What could stand where this statement stands."""
    match node:
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()) | ast.AugAssign():
            yield ast.Pass()
            if isinstance(node, ast.AugAssign) and type(node.op) in _ARITHMETIC:
                yield ast.AugAssign(node.target, _ARITHMETIC[type(node.op)](), node.value)
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()


def _are_rows(elements: list[ast.expr]) -> bool:
    """Whether a tuple is a list of like things, so that one may be missing."""
    return len(elements) > 2 and len({type(element) for element in elements}) == 1


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _compared(node: ast.Compare) -> Iterator[ast.expr]:
    for index, op in enumerate(node.ops):
        for other in _COMPARISONS[type(op)]:
            ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
            yield ast.Compare(node.left, ops, node.comparators)


def _conditions(node: ast.BoolOp) -> Iterator[ast.expr]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for kept in _without_one(node.values):
        yield ast.BoolOp(node.op, kept) if len(kept) > 1 else kept[0]


def _calls(node: ast.Call) -> Iterator[ast.expr]:
    match node.func:
        case ast.Name(id=name) if name in _FUNCTIONS:
            yield ast.Call(ast.Name(_FUNCTIONS[name], ast.Load()), node.args, node.keywords)
        case ast.Attribute(value=value, attr=name) if name in _METHODS:
            other = ast.Attribute(value, _METHODS[name], ast.Load())
            yield ast.Call(other, node.args, node.keywords)
        case ast.Attribute(attr="get") if len(node.args) == 2:
            yield ast.Call(node.func, node.args[:1], [])


def _constants(value: object) -> Iterator[bool | int | float | str]:
    match value:
        case bool():
            yield not value
        case int() | float():
            yield value + 1
        case str():
            try:
                yield str(Decimal(value) + 1)
            except InvalidOperation:
                yield f"XX{value}"


def _without_one(items: list[ast.expr]) -> Iterator[list[ast.expr]]:
    for index in range(len(items)):
        yield items[:index] + items[index + 1 :]
