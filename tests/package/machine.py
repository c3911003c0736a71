"""A Debian machine to install packages on: systemd as PID 1 in namespaces of its own, over a throw-away overlay of this
machine's root file system. Works on a host and inside a VM; only the kernel is shared."""
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

SYSTEMD = "/lib/systemd/systemd"
LIMIT = float(os.environ.get("VPCD_TEST_SECONDS", "240"))

# Runs as PID 1 of the new namespaces; $1: a directory, $2: a file to take along, $3: the socket of who waits for the
# machine.
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
mkdir run/host
touch run/host/notify
mount --bind "$3" run/host/notify
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
export container=box NOTIFY_SOCKET=/run/host/notify
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
        self._end = None  # readable when the machine is no more
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
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
            notifications.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            notify = os.path.join(self._directory, "notify")
            notifications.bind(notify)
            # The shell enters the group before the cgroup namespace is made: systemd finds itself at the root of one.
            self._outer = subprocess.Popen(
                ["sh", "-c", 'echo $$ > "$1/cgroup.procs"; shift; exec "$@"', "sh", self._cgroup,
                 "setpriv", "--pdeathsig", "KILL",  # whatever ends this process ends the machine
                 "unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--fork", "--kill-child",
                 "bash", "-c", BOOT, "boot", root, self._package, notify],
                stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console)
            self._end = os.pidfd_open(self._outer.pid)
            self.init = self._wait_up(notifications)

    def _wait_up(self, notifications):
        """The process id of systemd, when it says that it is up, as to any manager of containers (sd_notify(3))."""
        deadline = time.monotonic() + LIMIT
        while True:
            told, _, _ = select.select([notifications, self._end], [], [], max(0, deadline - time.monotonic()))
            if notifications not in told:
                raise RuntimeError(f"no machine: {self.last_words()}")
            text, sent_by, _, _ = notifications.recvmsg(4096, socket.CMSG_SPACE(struct.calcsize("3i")))
            if b"READY=1" in text.splitlines():
                (_, _, credentials), = sent_by
                return struct.unpack("3i", credentials)[0]

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
        if self._end is not None:
            os.close(self._end)
        if self._cgroup and os.path.isdir(self._cgroup):
            self._wait_empty()
            for path, _, _ in os.walk(self._cgroup, topdown=False):
                os.rmdir(path)
        shutil.rmtree(self._directory, ignore_errors=True)

    def _wait_empty(self):
        """Returns when the last process of the machine has left its group, of which the kernel tells (cgroups(7))."""
        with open(os.path.join(self._cgroup, "cgroup.events"), "rb") as events:
            change = select.poll()
            change.register(events, select.POLLPRI)
            while b"populated 0" not in os.pread(events.fileno(), 4096, 0):
                if not change.poll(LIMIT * 1000):
                    raise RuntimeError(f"there are still processes in {self._cgroup}")

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

    def wait(self, condition, what):
        """Asks until the condition holds: systemctl and vpcctl answer, but tell nobody when their answer changes. Between
        two questions it watches whether the machine is still there."""
        deadline = time.monotonic() + LIMIT
        while True:
            found = condition()
            if found:
                return found
            if select.select([self._end], [], [], 0.05)[0]:
                raise RuntimeError(f"the machine ended: {self.last_words()}")
            if time.monotonic() > deadline:
                raise AssertionError(f"waited {LIMIT:.0f} s for {what}")


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(4)
