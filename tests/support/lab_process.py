"""A child process whose output is collected, and which is ended by its own pid only."""
import ctypes
import os
import select
import signal
import subprocess
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """Standard output and error go to pipes, or to `log` (a path) so that nobody has to read them."""

    def __init__(self, argv, log=None, outlive=False, **options):
        self.argv = argv
        self.log = log
        self._buffers = {"stdout": b"", "stderr": b""}
        sink = open(log, "ab") if log else subprocess.PIPE
        self.popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink,
                                      start_new_session=outlive, preexec_fn=None if outlive else _die_with_parent,
                                      **options)
        if log:
            sink.close()
        self.pid = self.popen.pid
        self.pidfd = os.pidfd_open(self.pid)

    def running(self):
        return self.popen.poll() is None

    def ended_within(self, seconds):
        """Waits for the end of the process, at most so long."""
        return bool(select.select([self.pidfd], [], [], seconds)[0]) and not self.running()

    def wait_line(self, text, stream="stderr", timeout=10):
        """Reads a stream until a line contains `text`; returns that line."""
        pipe = getattr(self.popen, stream)
        deadline = time.monotonic() + timeout
        seen = self._buffers[stream]
        while True:
            while b"\n" in seen:
                line, seen = seen.split(b"\n", 1)
                self._buffers[stream] = seen
                if text.encode() in line:
                    return line.decode()
            ready, _, _ = select.select([pipe], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(pipe.fileno(), 65536) if ready else b""
            if not chunk:
                raise RuntimeError(f"{' '.join(self.argv)}: no line with {text!r} on {stream} "
                                   f"({'ended' if ready else 'timeout'}); last: {seen.decode(errors='replace')!r}")
            seen += chunk
            self._buffers[stream] = seen

    def discard_output(self):
        """Forgets what standard output has said until now."""
        while select.select([self.popen.stdout], [], [], 0)[0] and os.read(self.popen.stdout.fileno(), 65536):
            pass
        self._buffers["stdout"] = b""

    def finish(self, timeout=30):
        """Waits for the end; returns (exit status, rest of stdout, rest of stderr)."""
        out, err = self.popen.communicate(timeout=timeout)
        head = {name: text.decode(errors="replace") for name, text in self._buffers.items()}
        return (self.popen.returncode, head["stdout"] + (out or b"").decode(errors="replace"),
                head["stderr"] + (err or b"").decode(errors="replace"))

    def signal(self, number):
        if self.running():
            self.popen.send_signal(number)

    def stop(self, timeout=15):
        """SIGTERM, and the output it still gives; SIGKILL and an error when it does not end."""
        self.signal(signal.SIGTERM)
        try:
            return self.finish(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"{' '.join(self.argv)}: did not end on SIGTERM within {timeout} s") from None

    def kill(self):
        if self.running():
            self.popen.kill()
            self.popen.wait()
        for pipe in (self.popen.stdout, self.popen.stderr):
            if pipe:
                pipe.close()
        if self.pidfd >= 0:
            os.close(self.pidfd)
            self.pidfd = -1
