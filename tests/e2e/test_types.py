"""The table of types against npm's mime-db, for every extension that it marks as served by nginx or Apache.

npm's own mime-types says which type an extension has that stands under several. The packages are fetched, so this is
skipped where npm or its registry cannot be reached; tests/files/mime_test.cpp needs neither.
"""

import json
import re
import subprocess
from pathlib import Path

import npm
import pytest

from harness import Server

PROJECT = Path(__file__).parents[2]
GENERATED = PROJECT / "files" / "mime_db.inc"
VERSION = re.search(r"mime-db (\d+\.\d+\.\d+);", GENERATED.read_text())[1]

# With the reasons that files/mime.cpp gives.
EXCEPTIONS = {
    **dict.fromkeys("asm s c cc cpp cxx h hh f f77 f90 for java pas pl pm tcl sh csh bat cu".split(), "text/plain"),
    "tex": "text/x-tex",
    "flac": "audio/flac",
    "mka": "audio/matroska",
    "mkv": "video/matroska",
    "mk3d": "video/matroska",
    "vcf": "text/vcard",
    "p12": "application/pkcs12",
    "pfx": "application/pkcs12",
    "cbz": "application/vnd.comicbook+zip",
    "cbr": "application/vnd.comicbook-rar",
    "deb": "application/vnd.debian.binary-package",
    "udeb": "application/vnd.debian.binary-package",
}

LOOK_UP = """
const database = require('mime-db'), types = require('mime-types');
const served = Object.values(database).filter(type => ['apache', 'nginx'].includes(type.source));
const extensions = served.flatMap(type => type.extensions ?? []);
console.log(JSON.stringify(Object.fromEntries(extensions.map(name => [name, types.lookup(name)]))));
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory):
    directory = tmp_path_factory.mktemp("npm")
    try:
        npm.install(directory, f"mime-db@{VERSION}", "mime-types@3.0.2", seconds=120)
    except subprocess.CalledProcessError:
        pytest.skip("npm's registry cannot be reached")
    return directory


@pytest.fixture(scope="module")
def types(packages):
    said = subprocess.run(["node", "-e", LOOK_UP], cwd=packages, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(said)


def test_files_get_the_types_of_mime_db(types, tmp_path):
    assert len(types) >= 330
    assert EXCEPTIONS.keys() <= types.keys()
    with Server(tmp_path) as server, server.connect() as client:
        for extension, type in types.items():
            server.write(f"file.{extension}", b"x")
            value = client.get(f"/file.{extension}")["Content-Type"]
            assert value.split(";")[0] == EXCEPTIONS.get(extension, type), extension
            assert not type.startswith("text/") or value.endswith("; charset=utf-8"), extension


def test_the_generated_file_is_what_the_script_makes(packages):
    made = subprocess.run([PROJECT / "scripts" / "update-types", "--print", VERSION], stdout=subprocess.PIPE, check=True)
    assert made.stdout == GENERATED.read_bytes()
