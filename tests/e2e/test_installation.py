"""`cmake --install`, man pages and completion: they are there, and say what --help says. What the packages do on a Debian
of their own is tested by scripts/check-package."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from harness import BINARY, HANG

BUILD = Path(BINARY).parent.parent
DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
CASTOR = Path(os.environ.get("CASTOR_BINARY", BUILD / "castor/castor"))
PROGRAMS = {"pollux": (Path(BINARY), DEPLOY / "man/pollux.8"), "castor": (CASTOR, DEPLOY / "man/castor.1")}
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z0-9-]+|-[A-Za-z0-9])(?![\w-])")


def output(*command):
    return subprocess.run([*map(str, command)], capture_output=True, text=True, timeout=HANG, check=True).stdout


@pytest.fixture(scope="module", params=PROGRAMS)
def program(request):
    return request.param


@pytest.fixture(scope="module")
def options(program):
    """Of --help."""
    found = set(OPTION.findall(output(PROGRAMS[program][0], "--help")))
    assert len(found) > 10
    return found


# -- What describes the options


def test_the_man_page_has_every_option(program, options):
    page = PROGRAMS[program][1].read_text().replace("\\-", "-")
    assert set(OPTION.findall(re.sub(r'^\.\\".*$|\\f[A-Z]', " ", page, flags=re.M))) == options


def test_completion_in_bash_has_every_option(program, options):
    complete = f'source {DEPLOY}/completion/{program}.bash; COMP_WORDS=({program} -); COMP_CWORD=1; _{program}; echo "${{COMPREPLY[@]}}"'
    assert set(output("bash", "-euc", complete).split()) == options


def test_completion_in_bash_knows_what_an_option_takes(tmp_path):
    (tmp_path / "site.ini").touch()
    complete = f'source {DEPLOY}/completion/pollux.bash; COMP_WORDS=(pollux --config {tmp_path}/si); COMP_CWORD=2; _pollux; echo "${{COMPREPLY[@]}}"'
    assert output("bash", "-euc", complete).split() == [f"{tmp_path}/site.ini"]


def test_completion_in_zsh_has_every_option(program, options):
    # _arguments is zsh's; what it would get says which options there are: -x[..]:.., (..)-x[..], *--x[..].
    specs = output("zsh", "-fc", f"_arguments() {{ print -l -- $@ }}; source {DEPLOY}/completion/_{program}").splitlines()
    assert {re.match(r"(?:\(.*?\))?\*?(-[\w-]+)\[", spec)[1] for spec in specs if spec != "*:URL:_urls"} == options


# -- What is installed


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    directory = tmp_path_factory.mktemp("prefix")
    output("cmake", "--install", BUILD, "--prefix", directory)
    return directory


@pytest.mark.parametrize("page", ["man8/pollux.8", "man5/pollux-config.5", "man1/castor.1"])
def test_man_pages_have_no_errors(prefix, page):
    # Wide lines, because the prefix may be long.
    result = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-rLL=400n", "-z", prefix / "share/man" / page], capture_output=True,
                            text=True, timeout=HANG, check=True)  # fmt: skip
    assert result.stderr == ""
    assert "/usr/local" not in (prefix / "share/man" / page).read_text()


def test_the_page_of_the_configuration_has_every_key_with_its_description(prefix):
    page = (prefix / "share/man/man5/pollux-config.5").read_text().replace("\\-", "-")
    config = (prefix / "share/pollux/config.ini").read_text()
    keys = re.findall(r"^;?([a-z0-9_]+ = .*)$", config, flags=re.M)
    assert len(keys) > 80
    for key in keys:
        assert f"\n.B {key}\n" in page
    assert re.findall(r"^\.SH (\[.*)$", page, flags=re.M) == re.findall(r"^\[.*$", config, flags=re.M)
    assert re.search(r"\.B shutdown = 10s\nFor requests in flight to finish after SIGTERM", page)


def test_units_name_the_prefix(prefix):
    unit = (prefix / "lib/systemd/system/pollux.service").read_text()
    assert f"ExecStart={prefix}/bin/pollux --config {prefix}/etc/pollux/config.ini\n" in unit
    assert "/usr/local" not in unit
    for name in ("lib/systemd/system/pollux.socket", "lib/sysusers.d/pollux.conf", "etc/logrotate.d/pollux"):
        assert (prefix / name).stat().st_size > 0


def test_the_installed_server_serves_its_page(prefix):
    command = ["--config", prefix / "etc/pollux/config.ini", "--set", "log.access=off"]
    output(prefix / "bin/pollux", *command, "--check")
    process = subprocess.Popen([prefix / "bin/pollux", *command, "--set", "server.listen=127.0.0.1:0"],
                               stdout=subprocess.PIPE, text=True)  # fmt: skip
    try:
        url = process.stdout.readline().removeprefix("listening on ").strip()
        assert "<title>Pollux is serving</title>" in output("curl", "-sSf", url)
    finally:
        process.terminate()
        process.communicate(timeout=HANG)
    assert process.returncode == 0


def test_a_configuration_that_is_there_is_kept(prefix):
    config = prefix / "etc/pollux/config.ini"
    delivered = config.read_text()
    config.write_text("; mine\n")
    try:
        output("cmake", "--install", BUILD, "--prefix", prefix)
        assert config.read_text() == "; mine\n"
    finally:
        config.write_text(delivered)


def test_each_component_installs_its_own_program(tmp_path):
    for component in PROGRAMS:
        output("cmake", "--install", BUILD, "--prefix", tmp_path / component, "--component", component)
    assert [path.name for path in tmp_path.glob("*/bin/*")] == [path.parts[-3] for path in tmp_path.glob("*/bin/*")]
    assert len(list(tmp_path.glob("*/bin/*"))) == 2


def test_prefix_usr_has_its_configuration_in_etc(tmp_path):
    subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr", "--component", "pollux"], check=True, timeout=HANG,
                   env={**os.environ, "DESTDIR": str(tmp_path)}, stdout=subprocess.DEVNULL)  # fmt: skip
    assert not (tmp_path / "usr/etc").exists()
    assert "root = /usr/share/pollux/site\n" in (tmp_path / "etc/pollux/config.ini").read_text()
    assert " --config /etc/pollux/config.ini\n" in (tmp_path / "usr/lib/systemd/system/pollux.service").read_text()


# -- The version


def test_the_changelog_begins_with_this_version():
    version = output(BINARY, "--version").split()[1]
    changelog = (DEPLOY.parent / "CHANGELOG.md").read_text()
    assert re.search(r"^## (\S+)", changelog, flags=re.M)[1] == version
