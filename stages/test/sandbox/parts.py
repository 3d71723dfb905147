"""
A program compiled in one piece, with a `with` block around the answer and one around the test case's code.

The blocks are in no line of the source: line numbers, columns and what the program says of itself are unchanged. A
`with` keeps what it uses on the frame's stack, so that while the program runs no name leads to it.

A statement belongs to the part in which its first line is: answer and test case may share one.
"""
import builtins

HOOK = '__part_of_the_program__'
ONLY_AST = 0x400


def compile_parts(program, path, answer_size, hook):
    """The code object; `hook` is what its blocks enter. One block if answer_size is None."""
    tree = compile(program, path, 'exec', ONLY_AST, dont_inherit=True)
    take_apart(tree, None if answer_size is None else last_line(program[:answer_size]))
    code = compile(tree, path, 'exec', dont_inherit=True)
    offer(hook)
    return code


def offer(hook):
    """The next block finds it; it takes the name away when it is entered."""
    builtins.__dict__[HOOK] = hook


def take_back():
    del builtins.__dict__[HOOK]


def last_line(text):
    return text.replace(b'\r\n', b'\n').replace(b'\r', b'\n').count(b'\n') + 1


def take_apart(tree, answer_end):
    body = tree.body
    start = first_after_preamble(body)
    split = len(body)
    if answer_end is not None:
        split = start
        while split < len(body) and first_line(body[split]) <= answer_end:
            split += 1
    parts = [body[start:split]] if answer_end is None else [body[start:split], body[split:]]
    tree.body = body[:start] + [block_around(part) for part in parts]


def first_after_preamble(body):
    """Docstring and __future__ imports mean something only at the top."""
    start = 0
    if body and type(body[0]).__name__ == 'Expr' and isinstance(getattr(body[0].value, 'value', None), str):
        start = 1
    while start < len(body) and getattr(body[start], 'module', None) == '__future__':
        start += 1
    return start


def first_line(statement):
    return min([statement.lineno, *(decorator.lineno for decorator in getattr(statement, 'decorator_list', ()))])


def block_around(statements):
    block = compile(f'with {HOOK}: pass', '', 'exec', ONLY_AST, dont_inherit=True).body[0]
    if statements:
        block.body = statements
        name = block.items[0].context_expr
        block.lineno = block.end_lineno = name.lineno = name.end_lineno = first_line(statements[0])
    return block
