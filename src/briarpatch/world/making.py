"""From a part to object code: how Numba reads a handle, and what is done to what it makes.

Imported only to compile.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Sequence
from functools import cache
from typing import Any

import numba
from llvmlite import binding, ir
from numba.core import cgutils, types
from numba.core.callconv import RETCODE_NONE, RETCODE_OK
from numba.core.imputils import impl_ret_borrowed
from numba.core.typing.templates import AttributeTemplate
from numba.extending import infer_getattr, lower_getattr_generic, models, register_model
from numba.np.arrayobj import make_array, populate_array

from ..errors import BriarpatchError
from .compiled import own_cache
from .handles import WORDS
from .levels import OPTIMISED_FOR, TARGETS
from .parts import FLOAT, INT, NOTHING, PARTS, WORD, Part
from .targets import target_machine
from .world import empty_program, empty_world

_RAISED = "briarpatch_raised"
"""What a part would call that has raised; it exists nowhere."""
_LIBRARY = {"ceil", "cos", "exp", "exp2", "floor", "fma", "log", "log10", "log2", "memcpy", "memmove", "memset"}
_LIBRARY |= {"nearbyint", "pow", "rint", "round", "sin", "sqrt", "tan", "trunc"}
"""What LLVM calls in the C library where a processor has no instruction for it."""


class TablesType(types.Type):
    """The type of a handle: the names and the array types of the tables behind it."""

    def __init__(self, name: str, fields: Sequence[tuple[str, Any]]) -> None:
        self.fields = {field: (index, array) for index, (field, array) in enumerate(fields)}
        # The name becomes part of every symbol, so it is short; the digest stands for the columns.
        columns = ", ".join(f"{field}: {array}" for field, array in fields)
        super().__init__(name=f"{name}_{hashlib.sha256(columns.encode()).hexdigest()[:12]}")


@register_model(TablesType)
class _TablesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, ir.IntType(64))


@infer_getattr
class _TablesAttribute(AttributeTemplate):
    key = TablesType

    def generic_resolve(self, typ: Any, attr: str) -> Any:
        """Return the array type of the table `attr`."""
        found = typ.fields.get(attr)
        return None if found is None else found[1]


@lower_getattr_generic(TablesType)
def _table(context: Any, builder: Any, typ: Any, value: Any, attr: str) -> Any:
    index, array_type = typ.fields[attr]
    word = ir.IntType(64)
    base = builder.inttoptr(value, word.as_pointer())

    def load(position: int) -> Any:
        return builder.load(builder.gep(base, [ir.Constant(word, index * WORDS + position)]))

    array = make_array(array_type)(context, builder)
    item = context.get_abi_sizeof(context.get_data_type(array_type.dtype))
    shape = [load(1 + d) for d in range(array_type.ndim)]
    size = ir.Constant(word, item)
    strides = [size] if array_type.ndim == 1 else [builder.mul(size, shape[1]), size]
    populate_array(
        array,
        data=builder.inttoptr(load(0), array.data.type),
        shape=cgutils.pack_array(builder, shape, word),
        strides=cgutils.pack_array(builder, strides, word),
        itemsize=size,
        meminfo=None,
        parent=None,
    )
    return impl_ret_borrowed(context, builder, array_type, array._getvalue())


def _types(name: str, example: Any) -> TablesType:
    return TablesType(name, [(field, numba.typeof(getattr(example, field))) for field in example._fields])


_WORLD = _types("World", empty_world())
_PROGRAM = _types("Program", empty_program())


def _signature(one: Part) -> Any:
    return getattr(types, one.gives)(_PROGRAM, _WORLD, *(getattr(types, kind) for kind in one.takes))


@cache
def _of_symbol(symbol: str) -> Any:
    return types.ExternalFunction(symbol, _signature(PARTS[symbol]))


def external(one: Part) -> Any:
    """Return the type of a part as a function that calls it knows it."""
    return _of_symbol(one.symbol)


@cache
def _let_numba_finish() -> None:
    """Give every symbol an address that is never called: Numba links what it compiles, and that is thrown away."""
    never = ctypes.cast(ctypes.pythonapi.Py_IsInitialized, ctypes.c_void_p).value
    for symbol, one in PARTS.items():
        if not one.address:
            binding.add_symbol(symbol, never)


def object_code(one: Part) -> tuple[bytes, list[str]]:
    """Compile a part for this machine; return its object code, and the names of the functions that it calls.

    Raises BriarpatchError when it could raise an exception, or calls the interpreter.
    """
    machine = target_machine()
    module, needs = _optimised(one, machine)
    return machine.emit_object(module), needs


def object_code_of_all_levels(one: Part) -> tuple[dict[str, bytes], list[str]]:
    """Compile a part once; return its object code for each level by name, and the names of the functions that it calls.

    Raises BriarpatchError when it could raise an exception, or calls the interpreter.
    """
    binding.initialize_all_targets()
    binding.initialize_all_asmprinters()
    module, needs = _optimised(one, OPTIMISED_FOR.machine())
    bitcode, found = module.as_bitcode(), {}
    for target in TARGETS:
        module, machine = binding.parse_bitcode(bitcode), target.machine()
        module.triple, module.data_layout = target.triple, str(machine.target_data)
        found[target.name] = machine.emit_object(module)
    return found, needs


def _optimised(one: Part, machine: Any) -> tuple[Any, list[str]]:
    """Return the module of a part, optimised for `machine`, and the names of the functions that it calls.

    Numba's own function returns a status, and a wrapper of Numba's makes an exception of it. A part may not raise: there
    is nobody to hear it. So it gets a wrapper that returns the value alone, and would call a function that nowhere is
    should the status be bad; everything else becomes private, all of it is optimised as one, and what nobody calls goes.
    """
    _let_numba_finish()
    options: dict[str, Any] = {"error_model": "numpy", "_nrt": False}
    with own_cache():
        compiled: Any = numba.cfunc(_signature(one), **options)(one.function)
    module = binding.parse_assembly(compiled.inspect_llvm())
    native = compiled.native_name.removeprefix("cfunc.")
    for value in (*module.functions, *module.global_variables):
        if not value.is_declaration:
            value.linkage = "external" if value.name == native else "internal"
    module.link_in(binding.parse_assembly(str(_wrapper(one, native))))
    module.get_function(native).linkage = "internal"
    _optimise(module, machine)
    declared = {function.name for function in module.functions if function.is_declaration}
    needs = {name for name in declared if not name.startswith("llvm.")}
    needs |= {name.split(".")[1] for name in declared - needs} & _LIBRARY
    if " frem " in str(module):
        needs.add("fmod")
    if _RAISED in needs:
        raise BriarpatchError(f"part {one.symbol} can raise an exception; it may not")
    foreign = [name for name in sorted(needs) if name.startswith(("numba_", "Py", "NRT_"))]
    if foreign:
        raise BriarpatchError(f"part {one.symbol} calls the interpreter ({', '.join(foreign)}); it may not")
    inner = [value for value in (*module.functions, *module.global_variables) if not value.is_declaration]
    for number, value in enumerate(value for value in inner if value.name != one.symbol):
        value.name = f"inner{number}"  # Numba's names are long, and count what was compiled before
    return module, sorted(needs)


def _optimise(module: Any, machine: Any) -> None:
    """Optimise a module as a whole, and drop what is left without a caller."""
    tuning = binding.create_pipeline_tuning_options(3)
    tuning.loop_vectorization = True
    builder = binding.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    passes = binding.create_new_module_pass_manager()
    passes.add_ipsccp_pass()
    passes.add_simplify_cfg_pass()
    passes.add_global_dead_code_eliminate_pass()
    passes.run(module, builder)


def _wrapper(one: Part, native: str) -> ir.Module:
    """Return a module with the function that has the part's symbol, which calls `native` and returns its value."""
    kinds = {FLOAT: ir.DoubleType(), INT: ir.IntType(64), WORD: ir.IntType(64)}
    word, pointer = ir.IntType(64), ir.IntType(8).as_pointer()
    module = ir.Module(one.symbol)
    module.triple = binding.get_process_triple()
    takes = [word, word, *(kinds[kind] for kind in one.takes)]
    gives = ir.VoidType() if one.gives == NOTHING else kinds[one.gives]
    inner = ir.Function(module, ir.FunctionType(ir.IntType(32), [pointer, pointer, *takes]), native)
    outer = ir.Function(module, ir.FunctionType(gives, takes), one.symbol)
    builder = ir.IRBuilder(outer.append_basic_block())
    result = builder.alloca(pointer if one.gives == NOTHING else kinds[one.gives])
    raised = builder.alloca(pointer)
    status = builder.call(inner, [builder.bitcast(result, pointer), builder.bitcast(raised, pointer), *outer.args])
    bad = builder.and_(builder.icmp_signed("!=", status, RETCODE_OK), builder.icmp_signed("!=", status, RETCODE_NONE))
    with builder.if_then(bad):
        builder.call(ir.Function(module, ir.FunctionType(ir.VoidType(), []), _RAISED), [])
    if one.gives == NOTHING:
        builder.ret_void()
    else:
        builder.ret(builder.load(result))
    return module
