"""Writes `generated.py`, which calls every mechanism by name, `world/asked.py`, by which one asks another to do
something, and the numbers of new names. `--check` only compares.

Numba has to see every call, so the dispatch is source text; a test holds it to what is declared.
"""

from __future__ import annotations

import keyword
import sys
from pathlib import Path

from . import assembly
from .declare import Function, Mechanism, Verb
from .declare.numbers import FRESH, LEDGER
from .files import whole_file
from .mechanisms import ORDER
from .world import functions, hooks, states, verbs

TARGET = Path(__file__).with_name("generated.py")
ASKED = Path(__file__).parent / "world" / "asked.py"

_HEAD = '''"""Calls every mechanism by name. Written by `python -m briarpatch.generate`; do not edit."""

from __future__ import annotations

{imports}
from .world import acts, hooks, machine, states
from .world.compiled import kernel
from .world.parts import FLOAT, INT, fills, socket
'''

_ASKED_HEAD = '''"""Asks a mechanism to carry out a verb. Written by `python -m briarpatch.generate`; do not edit.

Each takes the time, the entry that causes it, and the parameters of the verb by the names of its declaration.
"""

from __future__ import annotations

from . import acts
from .compiled import kernel
'''

_SETTLE = {"command", "signals", "radiation", "observation", "knowledge"}
_REDRAW = {"signals", "command", "rules", "march", "ships", "devices"}
"""What those do that are still registered by hand."""

_PATHS = (
    ("crosses", "path, level, now", "Return when a path next comes to a level after now, or leaves it.", "1e300"),
    ("along", "path, now", "Return how far along a path is at a time.", "now"),
)
"""What the stack machine asks about a path: moment, parameters, meaning, and the answer where nobody owns any."""


def text() -> str:
    """Return what `generated.py` should be."""
    parts = [_HEAD.format(imports=_imports())]
    parts.append(f"ORDER = {tuple(assembly.NUMBERS[name] for name in ORDER)!r}")
    parts.append('"""The numbers of the mechanisms in the order in which those that are due at one instant run."""\n')
    parts.append(_step())
    parts.append(_moment("settle", _SETTLE, "Bring up to the present what is reckoned only when it changes."))
    parts.append(_moment("redraw", _REDRAW, "Draw anew what has been drawn and not yet shown."))
    parts.append(_answer())
    parts += [_path(*one) for one in _PATHS]
    parts += [_requests(one) for one in assembly.MECHANISMS if one.verbs]
    parts += [_hook(hook) for hook in hooks.HOOKS.values()]
    return "\n\n".join(parts).replace('\n\n"""The numbers', '\n"""The numbers')


def _module(path: str) -> tuple[str, str]:
    """Return the package below this one, and the last name, of a module's path."""
    head, _, last = path.removeprefix("briarpatch.").rpartition(".")
    return head, last


def _imports() -> str:
    """Return the lines that import every module which is called."""
    found = {f"briarpatch.systems.{name}" for name in ORDER if name in states.UNDECLARED}
    for one in assembly.MECHANISMS:
        found |= {one.module, *(f.module for f in one.functions), *(v.module for v in one.verbs)}
        found |= {module for module, _ in one.does.values()}
    lines: dict[str, list[str]] = {}
    for path in sorted(found):
        head, last = _module(path)
        lines.setdefault(head, []).append(last if _alias(path) == last else f"{last} as {_alias(path)}")
    return "\n".join(f"from .{head} import {', '.join(sorted(names))}" for head, names in sorted(lines.items()))


def _alias(path: str) -> str:
    """Return the name by which a module is called: its own, or for one inside a package the package's before it."""
    head, last = _module(path)
    return last if head in ("mechanisms", "systems") else f"{head.rpartition('.')[2]}_{last}"


def _step() -> str:
    lines = ["@kernel", "def step(program, world, mechanism, since, now):"]
    lines.append('    """Let one mechanism step from its last call to now; return when it is due again."""')
    modules = {one.name: one.module for one in assembly.MECHANISMS}
    for name in ORDER:
        lines.append(f"    if mechanism == {assembly.NUMBERS[name]}:")
        lines.append(
            f"        return {_alias(modules[name]) if name in modules else name}.step(program, world, since, now)"
        )
    lines += ["    world.state[0].broken = states.NUMBER_GUARD", "    return now", ""]
    return "\n".join(lines)


def _moment(moment: str, by_hand: set[str], meaning: str) -> str:
    lines = ["@kernel", f"def {moment}(program, world, now):", f'    """{meaning}"""']
    does = {one.name: one.does[moment] for one in assembly.MECHANISMS if moment in one.does}
    for name in ORDER:
        if name in does:
            lines.append(f"    {_alias(does[name][0])}.{does[name][1]}(program, world, now)")
        elif name in by_hand and name in states.UNDECLARED:
            lines.append(f"    {name}.{moment}(program, world, now)")
    return "\n".join([*lines, ""])


def _answer() -> str:
    lines = ["@fills(machine.ANSWER)", "def answer(program, world, op, top, now, then):"]
    lines += ['    """Answer a function of conditions from the topmost rows of the stack; return the new top."""']
    lines += ["    stack = world.stack"]
    found = [f for one in assembly.MECHANISMS for f in one.functions]
    for function in sorted(found, key=lambda f: f.number):
        lines += _answers(function)
    lines += ["    return machine.unknown(world, top)", ""]
    return "\n".join(lines)


def _answers(function: Function) -> list[str]:
    given = [f"a{n}" for n in range(len(function.arguments))]
    signature = ", ".join(function.arguments)
    lines = [f"    if op == {functions.FIRST_OPCODE + function.number}:  # {function.name}({signature})"]
    if len(given) > 1:
        lines.append(f"        top -= {len(given) - 1}")
    if not given:
        lines.append("        top += 1")
    for n, (name, kind) in enumerate(zip(given, function.arguments, strict=True)):
        value = f"stack[top + {n}].value" if n else "stack[top].value"
        lines.append(f"        {name} = {value if kind in verbs.NUMERIC else f'int({value})'}")
    lines.append("        machine.push(stack[top], 0.0)")
    arguments = ", ".join(["program", "world", "then" if function.drifts else "now", "stack[top]", *given])
    lines.append(f"        {_alias(function.module)}.{function.kernel}({arguments})")
    lines.append("        return top")
    return lines


def _path(moment: str, takes: str, means: str, otherwise: str) -> str:
    """Return what answers a question about paths; one mechanism at most owns them."""
    owner = next((one.does[moment] for one in assembly.MECHANISMS if moment in one.does), None)
    answer = otherwise if owner is None else f"{_alias(owner[0])}.{owner[1]}(program, world, {takes})"
    lines = [f"@fills(machine.{moment.upper()})", f"def {moment}(program, world, {takes}):"]
    return "\n".join([*lines, f'    """{means}"""', f"    return {answer}", ""])


def _requests(one: Mechanism) -> str:
    """Return the part that fills a mechanism's socket; nobody calls it by its name, but through the socket."""
    lines = [f'@fills(socket("briarpatch_{one.name}_requests", FLOAT, gives=INT))']
    lines += [f"def {one.name}_requests(program, world, now):"]
    lines += [f'    """Carry out what is asked of {one.name} now; return how much that was."""', "    done = 0"]
    lines += ["    while acts.going(world, 10):", f"        number = acts.take(program, world, {one.number})"]
    lines += ["        if number < 0:", "            return done", "        asked = world.requests[number]"]
    for n, verb in enumerate(one.verbs):
        lines.append(f"        {'if' if n == 0 else 'elif'} asked.verb == {verb.number}:  # {verb.name}")
        arguments = ", ".join(["program", "world", "now", "asked.cause", *_slots(verb)])
        lines.append(f"            {_alias(verb.module)}.{verb.kernel}({arguments})")
    lines += ["        else:", "            world.state[0].broken = states.NUMBER_GUARD"]
    lines += ["        acts.spend(program, world, number)", "        done += 1", "    return done", ""]
    return "\n".join(lines)


def _slots(verb: Verb) -> list[str]:
    """Return the arguments of a verb's kernel in its own order, from where a request holds them."""
    whole, real = iter("abcd"), iter(("amount", "extra"))
    return [
        f"{name}=asked.{next(real) if p.type in verbs.NUMERIC else next(whole)}" for name, p in verb.parameters.items()
    ]


def asked() -> str:
    """Return what `world/asked.py` should be: for each verb that a mechanism asks for, a kernel with its parameters."""
    wanted = sorted({name for one in assembly.MECHANISMS for name in one.asks})
    return "\n\n".join([_ASKED_HEAD, *(_asked(assembly.VERBS[name]) for name in wanted)])


def _asked(verb: verbs.Verb) -> str:
    """Return the kernel by which a verb is asked for; what is left out is as where an author leaves it out."""
    given = [(p.name + "_" * keyword.iskeyword(p.name), p) for p in verb.parameters]
    whole, real = iter("abcd"), iter(("amount", "extra"))
    slots = {next(real) if p.type in verbs.NUMERIC else next(whole): name for name, p in given}
    rest = [name if p.default is None or not p.optional else f"{name}={_default(p)}" for name, p in given]
    values = [
        slots.get(slot, "0.0" if slot in ("amount", "extra") else "-1")
        for slot in ("a", "b", "c", "d", "amount", "extra")
    ]
    return "\n".join(
        (
            "@kernel",
            f"def {verb.name}(world, now, cause, {', '.join(rest)}):",
            f'    """Ask {assembly.NAMES[verb.system]} to carry out `{verb.name}` at a time."""',
            f"    acts.request(world, {verb.number}, {verb.system}, now, cause, {', '.join(values)})",
            "",
        )
    )


def _default(parameter: verbs.Parameter) -> str:
    return repr(parameter.default if parameter.type in verbs.NUMERIC else int(parameter.default or 0.0))


def _hook(hook: hooks.Hook) -> str:
    given = ", ".join(name for name, _ in hook.takes)
    answers = [one.does[hook.name] for one in assembly.MECHANISMS if hook.name in one.does]
    calls = [f"{_alias(module)}.{name}(program, world, {given})" for module, name in answers]
    lines = [f"@fills(hooks.{hook.constant})"]
    lines += [f"def {hook.name.replace(' ', '_')}(program, world, {given}):", f'    """Return {hook.meaning}."""']
    return "\n".join([*lines, f"    return {f' {hook.combine} '.join([hook.neutral, *calls])}", ""])


def numbers() -> str:
    """Return what the ledger should be: as it stands, and the numbers of new names."""
    return LEDGER.read_text(encoding="utf-8") + "".join(f"{family} {n} {name}\n" for family, name, n in FRESH)


def main() -> int:
    """Write both files, or with `--check` say whether they are as they should be."""
    wanted = {TARGET: text().rstrip() + "\n", ASKED: asked().rstrip() + "\n", LEDGER: numbers()}
    stale = [path for path, content in wanted.items() if not path.exists() or path.read_text("utf-8") != content]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path.name} is not what the mechanisms declare; run python -m briarpatch.generate")
        return 1 if stale else 0
    for path in stale:
        with whole_file(path) as written:
            written.write_text(wanted[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
