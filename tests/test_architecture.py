"""The shape of the package: layers, owners of outside libraries, what is imported when."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache

import pytest

from interviewer.report import LAYERS, PACKAGE

LEVEL = {name: level for level, (_, names) in enumerate(LAYERS) for name in names.split()}

OWNERS = {
    "openai": "llm",
    "httpx2": "llm",
    "gradio": "page",
    "starlette": "page",
    "faster_whisper": "hearing",
    "jinja2": "prompts",
    "ruamel": "markup",
    "markdown_it": "markup",
    "onnxruntime": "encoder",
    "tokenizers": "encoder",
    "xllamacpp": "local_model",
    "huggingface_hub": "local_model",
    "json_repair": "stated",
    "snowballstemmer": "stems",
    "sentencex": "sentences",
    "py3langid": "language",
    "tiktoken": "tokens",
    "tiktoken_ext": "tokens",
    "platformdirs": "folders",
    "pydantic_settings": "settings",
    "sqlalchemy": "store",
    "alembic": "store",
    "typer": "cli",
    "fsrs": "schedule",
    "rich": "terminal",
    "fpdf": "exports",
    "fontTools": "exports",
    "manimgx_fonts": "exports",
}
"""The one module that may import each outside library."""

SHARED = {"numpy", "pydantic"}
"""Libraries that every module may import."""

HEAVY = (
    "gradio",
    "openai",
    "onnxruntime",
    "tokenizers",
    "tiktoken",
    "xllamacpp",
    "numpy",
    "huggingface_hub",
    "py3langid",
    "faster_whisper",
    "sqlalchemy",
    "alembic",
)

MODULES = sorted(
    file.relative_to(PACKAGE).with_suffix("").as_posix().removesuffix("/__init__")
    for file in PACKAGE.rglob("*.py")
    if "_bundled" not in file.parts and file != PACKAGE / "__init__.py"
)


@cache
def tree(module: str) -> ast.Module:
    file = PACKAGE / f"{module}.py"
    return ast.parse((file if file.is_file() else PACKAGE / module / "__init__.py").read_text(encoding="utf-8"))


def imports(module: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name) of everything a module imports, at its top or inside a function; own modules in full."""
    here = ["interviewer", *module.split("/")]
    package = here if (PACKAGE / module).is_dir() else here[:-1]
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                whole = f"{origin}.{alias.name}"
                is_module = whole.removeprefix("interviewer.").replace(".", "/") in MODULES
                yield node.lineno, whole if origin.startswith("interviewer") and is_module else origin


def own_imports(module: str) -> Iterator[tuple[int, str]]:
    """(line, module of this package) of everything a module imports from this package."""
    for line, name in imports(module):
        if name.startswith("interviewer."):
            yield line, name.removeprefix("interviewer.").replace(".", "/")


def top(module: str) -> str:
    return module.partition("/")[0]


def test_every_module_has_a_layer() -> None:
    missing = sorted({top(module) for module in MODULES} - LEVEL.keys())
    assert not missing, f"add {missing} to LAYERS in interviewer/report.py"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_from_lower_layers(module: str) -> None:
    upward = [
        f"interviewer/{module}.py:{line} imports {name}"
        for line, name in own_imports(module)
        if top(name) != top(module) and LEVEL.get(top(name), -1) >= LEVEL[top(module)]
    ]
    assert not upward


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: {name for _, name in own_imports(module)} & set(MODULES) for module in MODULES}
    done: set[str] = set()

    def visit(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, f"a circle: {' → '.join([*path, module])}"
        if module not in done:
            for name in graph[module]:
                visit(name, (*path, module))
            done.add(module)

    for module in MODULES:
        visit(module, ())


@pytest.mark.parametrize("module", MODULES)
def test_an_outside_library_is_imported_by_its_owner_alone(module: str) -> None:
    foreign = [
        f"interviewer/{module}.py:{line} imports {name}; its owner is {OWNERS.get(library, 'nobody yet')}"
        for line, name in imports(module)
        if (library := name.partition(".")[0]) not in sys.stdlib_module_names | SHARED | {"interviewer", ""}
        and OWNERS.get(library) != top(module)
    ]
    assert not foreign


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"settings", "folders", "report"}))
def test_only_settings_and_folders_read_the_environment(module: str) -> None:
    reads = [
        f"interviewer/{module}.py:{node.lineno}"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv", "environb"}
    ]
    assert not reads, "take it from Settings instead"


@pytest.mark.parametrize("module", MODULES)
def test_a_module_opens_with_one_sentence_and_lists_what_it_offers(module: str) -> None:
    first = (ast.get_docstring(tree(module)) or "").partition("\n")[0]
    assert re.fullmatch(r"\S.{10,118}[.]", first), "the module map shows this line: make it one full sentence"
    if LEVEL[top(module)] == 0 or module == "__main__":
        return  # everything in the records is public, and nothing in __main__
    names = [
        target.id
        for node in tree(module).body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    ]
    offers = any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) for node in tree(module).body)
    assert "__all__" in names or not offers


def loaded_by(code: str) -> set[str]:
    """The heavy libraries that a fresh Python has loaded after this code."""
    report = f"{code}\nimport json, sys\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", report], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_importing_the_package_loads_nothing_heavy() -> None:
    assert not loaded_by("import interviewer")


def test_asking_for_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from interviewer.cli import main\n"
        "sys.argv = ['interviewer', '--help']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code"
    )
    assert not loaded_by(code)


def test_importing_every_module_but_the_page_loads_nothing_heavy() -> None:
    names = [
        module for module in MODULES if top(module) not in {"page", "__main__"} and not module.startswith("store/")
    ]
    assert not loaded_by("import " + ", ".join(f"interviewer.{name.replace('/', '.')}" for name in names)) - {"numpy"}
