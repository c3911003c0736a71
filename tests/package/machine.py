"""A Debian machine to install packages on: systemd as PID 1 in namespaces of its own, over a throw-away overlay of this
machine's root file system. Works on a host and inside a VM; only the kernel is shared."""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CGROUPS = "/sys/fs/cgroup"
SYSTEMD = "/lib/systemd/systemd"

# Runs as PID 1 of the new namespaces; $1: a directory, $2: a file to take along.
BOOT = r"""
set -e
mount --make-rprivate /
mount -t tmpfs box "$1"
mkdir "$1/upper" "$1/work" "$1/root"
cp "$2" "$1/upper/box.deb"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" box "$1/root"
cd "$1/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mount -t tmpfs box run
mount -t tmpfs box tmp
mount -t cgroup2 cgroup sys/fs/cgroup
mount -t bpf bpf sys/fs/bpf
[ ! -d /lib/modules ] || mount --rbind /lib/modules lib/modules
rm -f usr/sbin/policy-rc.d
mkdir .host
pivot_root . .host
umount -l /.host
hostname node-a
echo node-a > etc/hostname
# The kernel's settings are not this machine's to change.
for unit in systemd-sysctl.service systemd-binfmt.service systemd-modules-load.service systemd-udevd.service \
    systemd-udev-trigger.service systemd-random-seed.service proc-sys-fs-binfmt_misc.automount; do
    ln -sf /dev/null "etc/systemd/system/$unit"
done
ip link set lo up
export container=box
exec /lib/systemd/systemd --system --unit=basic.target
"""


def missing():
    """Why no machine can be had here; nothing when it can."""
    if os.geteuid() != 0:
        return "needs root"
    if not os.path.exists(SYSTEMD):
        return "needs systemd"
    return None


class Machine:
    def __init__(self, package):
        self._package = package
        self._directory = tempfile.mkdtemp(prefix="vpcd-box-")
        self._cgroup = None
        self._outer = None
        self.init = None

    def __enter__(self):
        try:
            self._boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _boot(self):
        with open("/proc/mounts", encoding="ascii") as mounts:
            place = next((line.split()[1] for line in mounts if line.split()[2] == "cgroup2"), None)
        if not place:
            raise RuntimeError("no cgroup2 is mounted")
        self._cgroup = os.path.join(place, os.path.basename(self._directory))
        os.mkdir(self._cgroup)
        self.console = open(os.path.join(self._directory, "console"), "w+", encoding="utf-8")
        root = os.path.join(self._directory, "machine")
        os.mkdir(root)
        # The shell enters the group before the cgroup namespace is made, so that systemd finds itself at the root of one.
        self._outer = subprocess.Popen(
            ["sh", "-c", 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"', "sh", self._cgroup,
             "setpriv", "--pdeathsig", "KILL",  # whatever ends this process ends the machine
             "unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork", "--kill-child",
             "bash", "-c", BOOT, "boot", root, self._package],
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console)
        self.init = self.wait(self._find_init, "systemd to start")
        self.wait(lambda: self.run("systemctl", "is-system-running", check=False).stdout.strip()
                  in ("running", "degraded"), "systemd to be up")

    def _find_init(self):
        if self._outer.poll() is not None:
            raise RuntimeError(f"no machine: {self.last_words()}")
        with open(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children", encoding="ascii") as children:
            for child in children.read().split():
                with open(f"/proc/{child}/cmdline", encoding="utf-8") as line:
                    if line.read().startswith(SYSTEMD):
                        return child
        return None

    def last_words(self):
        self.console.seek(0)
        return self.console.read()[-2000:]

    def __exit__(self, *_):
        if self._outer:
            for child in (self.init, self._outer.pid):
                if child:
                    try:
                        os.kill(int(child), signal.SIGKILL)
                    except ProcessLookupError:
                        pass
            self._outer.wait()
            self.console.close()
        if self._cgroup and os.path.isdir(self._cgroup):
            for path, _, _ in os.walk(self._cgroup, topdown=False):
                self.wait(lambda group=path: _removed(group), f"{path} to be empty")
        shutil.rmtree(self._directory, ignore_errors=True)

    # --- what is done on it ---------------------------------------------------------------------------------------

    def command(self, *argv):
        return ["nsenter", "-t", str(self.init), "-a", "env", "-i",
                "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LANG=C.UTF-8", "DEBIAN_FRONTEND=noninteractive",
                *map(str, argv)]

    def run(self, *argv, check=True, timeout=300):
        done = subprocess.run(self.command(*argv), capture_output=True, text=True, stdin=subprocess.DEVNULL,
                              timeout=timeout, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, argv))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def shell(self, script, **options):
        return self.run("bash", "-ec", script, **options).stdout

    def spawn(self, *argv):
        return subprocess.Popen(self.command(*argv), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                stdin=subprocess.DEVNULL)

    def write(self, path, text):
        subprocess.run(self.command("sh", "-c", 'cat > "$1.new" && mv "$1.new" "$1"', "sh", path), input=text, text=True,
                       check=True)

    @staticmethod
    def wait(condition, what, limit=float(os.environ.get("VPCD_TEST_SECONDS", "240"))):
        """Polls: what is waited for is the state of another machine."""
        deadline = time.monotonic() + limit
        while True:
            found = condition()
            if found:
                return found
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {limit:.0f} s for {what}")
            time.sleep(0.05)


def _removed(group):
    try:
        os.rmdir(group)
    except OSError:
        return False
    return True


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(4)
