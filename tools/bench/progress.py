"""One line on standard error that says what goes on: rewritten on a terminal, every few seconds elsewhere."""
import sys
import time

INTERVAL_ELSEWHERE = 5.0
INTERVAL_ON_TERMINAL = 0.2


class Progress:
    def __init__(self, stream=sys.stderr):
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._last = 0.0
        self._heading = ""
        self._exit_status = None

    def interrupt(self, exit_status):
        """For a signal handler. Python swallows what is raised in its own hooks around a fork; then the next line ends
        the program."""
        self._exit_status = exit_status
        self._end_if_interrupted()

    def _end_if_interrupted(self):
        if self._exit_status is not None:
            raise SystemExit(self._exit_status)

    def begin(self, heading):
        """What the lines that follow are about; always shown."""
        self._end_if_interrupted()
        self._heading = heading
        self._last = time.monotonic()
        self._put(heading)

    def say(self, text):
        self._end_if_interrupted()
        now = time.monotonic()
        if now - self._last >= (INTERVAL_ON_TERMINAL if self._is_terminal else INTERVAL_ELSEWHERE):
            self._last = now
            self._put(f"{self._heading}: {text}")

    def end(self):
        if self._is_terminal:
            self._stream.write("\r\033[K")
            self._stream.flush()

    def _put(self, line):
        self._stream.write(f"\r\033[K{line}" if self._is_terminal else f"{line}\n")
        self._stream.flush()
