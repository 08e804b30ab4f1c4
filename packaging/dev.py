#!/usr/bin/env python3
"""Set up and start cgplanner, or set up and run all of its checks.

python3 packaging/dev.py run     set up what is missing, then open the window on the sample
python3 packaging/dev.py test    set up what is missing, then run every check of the project

Needs nothing but Python 3.11 or later; everything else goes into .venv at the root of the project. On Debian and Ubuntu
the system libraries of Qt are looked for too: root gets them installed, anybody else gets the one line that does it.
This file runs before anything is installed, so it knows only the standard library, and nothing of the program's inside.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "cgplanner-setup.txt"
CONSTRAINTS = ROOT / "packaging" / "constraints.txt"
OUT = ROOT / "out"

OLDEST_PYTHON = (3, 11)
UNFINISHED = "unfinished"
LINUX = sys.platform.startswith("linux")

# What the wheels of PySide6 and its X11 plugin load from the system, by the names of Debian 12; later Debians and
# Ubuntus know the same names or provide them.
QT_PACKAGES = """
fontconfig libdbus-1-3 libegl1 libfontconfig1 libgl1 libglib2.0-0 libsm6 libx11-xcb1 libxcb-cursor0 libxcb-icccm4
libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-sync1 libxcb-xfixes0 libxcb-xkb1
libxkbcommon-x11-0 libxkbcommon0
"""
# Programs that tests hold the product against: a real screen, a foreign PDF reader, a foreign GDAL.
TEST_PROGRAMS = {"Xvfb": "xvfb", "xdotool": "xdotool", "pdftotext": "poppler-utils", "ogrinfo": "gdal-bin"}

QT_PROBE = """
import ctypes, pathlib, PySide6
from PySide6 import QtGui, QtSvg, QtWidgets
ctypes.CDLL(str(pathlib.Path(PySide6.__file__).parent / "Qt/plugins/platforms/libqxcb.so"))
"""
DISPLAY_PROBE = "from PySide6.QtGui import QGuiApplication; QGuiApplication([])"

# pytest comes last, so that its closing line is the last line of the run.
CHECKS = {
    "ruff check": ["-m", "ruff", "check", "."],
    "ruff format --check": ["-m", "ruff", "format", "--check", "."],
    "mypy": ["-m", "mypy", "src/cgplanner", "packaging/dev.py"],
    "lint-imports": ["-c", "from importlinter.cli import lint_imports_command as main; main()"],
    "pytest": ["-m", "pytest"],
}


class Stop(Exception):
    """The work cannot go on; the text is for the person before the terminal."""


def say(text: str) -> None:
    """Print a line of this script, told apart from the lines of the programs it starts."""
    print(f"[dev] {text}", flush=True)


def clean_environment() -> dict[str, str]:
    """Return the environment for children, without what would lead Python or pip out of ``.venv``.

    They may keep what they have compiled: without it, the window waits 0.5 s longer each time.
    """
    foreign = {"PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "__PYVENV_LAUNCHER__"}
    foreign.add("PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if name not in foreign}


def start(*arguments: str | Path) -> int:
    """Run ``.venv``'s Python with these arguments at the root of the project and return its exit code."""
    return subprocess.run([PYTHON, *arguments], cwd=ROOT, env=clean_environment(), check=False).returncode


def probe(code: str) -> str | None:
    """Run code in ``.venv``'s Python; return None when it went well, else the last line it complained with."""
    try:
        done = subprocess.run(
            [PYTHON, "-c", code], cwd=ROOT, env=clean_environment(), capture_output=True, text=True, check=False
        )
    except OSError as error:
        return str(error)
    lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
    return None if done.returncode == 0 else lines[-1]


# --- the system: Debian's packages -----------------------------------------------------------------------------------


def install_with_apt(packages: list[str], reason: str) -> None:
    """Install Debian packages as root; stop and say how where that cannot be."""
    line = "apt-get install -y --no-install-recommends " + " ".join(packages)
    if not shutil.which("apt-get"):
        raise Stop(f"{reason} Install what this system calls these packages of Debian: {', '.join(packages)}.")
    if not is_root():
        raise Stop(f"{reason} This line installs what is missing:\n\n    sudo {line}\n")
    say(f"{reason} Installing: {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    # An unreachable third-party source fails the update, yet the packages may be there: only the install counts.
    subprocess.run(["apt-get", "update", "-q"], env=environment, stdout=subprocess.DEVNULL, check=False)
    if subprocess.run([*line.split(), "-q"], env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
        raise Stop(f"apt-get could not install them: see its lines above, then run the same command again. ({line})")


def is_root() -> bool:
    """Say whether this process may install system packages; never on Windows."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def missing_qt_library() -> str | None:
    """Return what Qt fails to load from the system, such as ``libEGL.so.1``, or None."""
    complaint = probe(QT_PROBE)
    if complaint is None:
        return None
    match = re.search(r"(\S+\.so[.\d]*): cannot open shared object", complaint)
    return match.group(1) if match else complaint


def check_qt_libraries() -> None:
    """Make Qt's system libraries be there, or stop."""
    if not LINUX:
        return
    missing = missing_qt_library() or (None if shutil.which("fc-list") else "fontconfig")
    if missing is None:
        return
    install_with_apt(QT_PACKAGES.split(), f"Qt needs system libraries that are not here ({missing}).")
    still = missing_qt_library()
    if still:
        raise Stop(f"Qt still cannot be loaded: {still} is missing. Install the system package that holds it.")


def check_test_programs(*, with_qgis: bool) -> None:
    """Make the programs be there that the tests start, or stop; QGIS only when asked for, it is large."""
    if not LINUX:
        return
    packages = [package for program, package in TEST_PROGRAMS.items() if not shutil.which(program)]
    if (
        with_qgis
        and subprocess.run(["/usr/bin/python3", "-c", "import qgis.core"], stderr=subprocess.DEVNULL, check=False).returncode
    ):
        packages.append("python3-qgis")
    if packages:
        install_with_apt(packages, "Tests start programs that are not here.")


# --- the environment: .venv ------------------------------------------------------------------------------------------


def check_python() -> None:
    """Stop on a Python that cannot run the program."""
    # Asked at run time, as a tuple: the project's own settings let the checkers take 3.11 for granted.
    if tuple(sys.version_info[:2]) < OLDEST_PYTHON:
        found = ".".join(str(part) for part in sys.version_info[:3])
        raise Stop(
            f"cgplanner needs Python 3.11 or later, and this is Python {found} ({sys.executable})."
            " Start dev.py with a later one, for example: python3.11 packaging/dev.py run"
        )


def check_venv_module() -> None:
    """Make Python's venv module be there, which Debian packs on its own."""
    test = [sys.executable, "-c", "import venv, ensurepip"]
    if subprocess.run(test, stderr=subprocess.DEVNULL, check=False).returncode:
        package = f"python3.{sys.version_info[1]}-venv"
        install_with_apt([package], "Python's venv module is not here.")


def fingerprint() -> str:
    """Return a hash of all that decides what ``.venv`` must hold; the path too, for a venv does not bear moving."""
    parts = [str(ROOT).encode(), (ROOT / "pyproject.toml").read_bytes(), CONSTRAINTS.read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def read_stamp() -> tuple[str, str]:
    """Return the fingerprint ``.venv`` was last set up for, and for which work; empty when it never was."""
    words = STAMP.read_text(encoding="utf-8").split() if STAMP.is_file() else []
    return (words[0] if words else "", words[1] if len(words) > 1 else "")


def make_venv() -> None:
    """Make ``.venv`` unless a whole one is there; one that was left half made is made anew."""
    half_made = read_stamp()[0] == UNFINISHED
    if not half_made and probe(f"import pip, sys; assert sys.version_info >= {OLDEST_PYTHON}") is None:
        return
    check_venv_module()
    say("Making .venv anew: it is not whole." if VENV.exists() else "Making .venv.")
    if subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], env=clean_environment(), check=False).returncode:
        raise Stop(f"Python's venv module could not make {VENV}: see its lines above.")


def set_up(*, dev: bool) -> None:
    """Make ``.venv`` hold the project at its pinned versions; quick when nothing has changed since the last time."""
    check_python()
    wanted = fingerprint()
    found, work = read_stamp()
    if found == wanted and (work == "test" or not dev) and probe("import pip, cgplanner, PySide6") is None:
        return
    make_venv()
    STAMP.write_text(UNFINISHED, encoding="utf-8")
    say("Installing the project and its libraries into .venv (a minute or two and 1.4 GB the first time).")
    project = f"{ROOT}[dev]" if dev else str(ROOT)
    install = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    run_pip([*map(str, install), "-c", str(CONSTRAINTS), "-e", project])
    start("-m", "compileall", "-q", ROOT / "src")  # pip does so for what it copies, not for what it links
    STAMP.write_text(f"{wanted} {'test' if dev else 'run'}\n", encoding="utf-8")


def run_pip(command: list[str]) -> None:
    """Run pip, show what it says, and turn its failure into one sentence."""
    said = ""
    with subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        for line in pip.stdout or ():
            said += line
            if not line.startswith("Requirement already"):
                print(line, end="", flush=True)
    if pip.returncode == 0:
        return
    STAMP.unlink()
    if re.search(r"connection|timed out|name resolution|getaddrinfo|unreachable|ProxyError", said, re.IGNORECASE):
        raise Stop("pip could not reach the package registry: connect this machine to a network and run this again.")
    raise Stop("pip could not install the libraries: see its lines above. Running this again goes on from here.")


# --- the two commands ------------------------------------------------------------------------------------------------


def has_display() -> bool:
    """Say whether a window can open here."""
    if os.environ.get("QT_QPA_PLATFORM", "") in ("offscreen", "minimal"):
        return False
    if not LINUX:
        return True
    announced = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(announced) and probe(DISPLAY_PROBE) is None


def run() -> int:
    """Set up, then open the window on the sample, or do the same work off screen where there is no display."""
    set_up(dev=False)
    try:
        check_qt_libraries()
    except Stop as stop:
        if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
            raise
        say(f"{stop}\n[dev] They are needed for the window only; going on without.")
    if has_display():
        say("Opening the window.")
        return start("-m", "cgplanner")
    return work_off_screen()


def work_off_screen() -> int:
    """Write a workspace of the sample, its printed page and its shapefiles into ``out/`` and say where they are."""
    say("No display: writing the sample, its page and its shapefiles instead of opening the window.")
    workspace, page, shapefiles = OUT / "sample.gpkg", OUT / "sample.pdf", OUT / "shapefiles"
    OUT.mkdir(exist_ok=True)
    workspace.unlink(missing_ok=True)
    page.unlink(missing_ok=True)
    shutil.rmtree(shapefiles, ignore_errors=True)
    steps: list[tuple[Path, list[str | Path]]] = [
        (workspace, ["new", workspace]),
        (page, ["print", workspace, page]),
        (shapefiles, ["export", workspace, shapefiles, "--format", "shp"]),
    ]
    for product, verb in steps:
        # 1 means: done, and a check has something to say. A Python that cannot even start says 1 as well, hence the look.
        if start("-m", "cgplanner", *verb) not in (0, 1) or not product.exists():
            raise Stop(f"'cgplanner {verb[0]}' failed: see its lines above.")
    say(f"workspace   {workspace}")
    say(f"page        {page}")
    for path in sorted(shapefiles.rglob("*.shp")):
        say(f"shapefile   {path}")
    return 0


def test(*, with_qgis: bool) -> int:
    """Set up, then run the checks in order up to the first that fails; return its exit code."""
    set_up(dev=True)
    check_qt_libraries()
    check_test_programs(with_qgis=with_qgis)
    for name, arguments in CHECKS.items():
        say(name)
        code = start(*arguments)
        if code:
            # pytest has the last word: its closing line says itself what failed.
            if name != "pytest":
                say(f"Stopped: '{name}' failed with exit code {code}; the checks after it were not run.")
            return code
    return 0


def main() -> int:
    """Read the command line and do what it asks; return the exit code."""
    parser = argparse.ArgumentParser(prog="dev.py", description="Set up cgplanner, then open it or check it.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="{run,test}")
    commands.add_parser(
        "run",
        help="set up what is missing and open the window on the sample;"
        " without a display, write the sample's page and shapefiles into out/",
    )
    test_parser = commands.add_parser(
        "test", help="set up what is missing and run ruff, mypy, the import contracts and all tests"
    )
    test_parser.add_argument(
        "--with-qgis", action="store_true", help="install QGIS too (Debian, Ubuntu), for the tests that ask it"
    )
    arguments = parser.parse_args()
    try:
        return run() if arguments.command == "run" else test(with_qgis=arguments.with_qgis)
    except Stop as stop:
        say(str(stop))
    except KeyboardInterrupt:
        say("Interrupted; the same command goes on from here.")
        return 130
    return 1


if __name__ == "__main__":
    sys.exit(main())
