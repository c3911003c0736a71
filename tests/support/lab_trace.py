"""What `vpcctl trace` answers."""
import json
import subprocess

ARRIVES, DROPPED, WRONG = 0, 1, 2


def ask(host, *argv):
    """(exit code, the answer or what was said about the question)"""
    done = subprocess.run(host.vpcd.ctl_argv("trace", *argv, "--json"), text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def texts(answer):
    return "\n".join(step["text"] for leg in answer["legs"] for step in leg["steps"])


def steps(answer):
    return [step["step"] for step in answer["legs"][-1]["steps"]]
