"""The Debian package as a file: what is in it, and that its parts work before anything is installed."""
import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest

from package import make_package

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
EXPECTED = """
etc/vpcd/documents/ etc/vpcd/vpcd.yaml lib/systemd/system/vpcd.service usr/bin/vpcctl usr/sbin/vpcd
usr/share/bash-completion/completions/vpcctl usr/share/bash-completion/completions/vpcd
usr/share/doc/vpcd/README.md usr/share/doc/vpcd/changelog.gz usr/share/doc/vpcd/copyright
usr/share/man/man5/vpcd-documents.5.gz usr/share/man/man5/vpcd.yaml.5.gz usr/share/man/man8/vpcctl.8.gz
usr/share/man/man8/vpcd.8.gz
""".split()
SECTIONS = ("quotas", "datapath", "timeouts", "denyLog")  # of vpcd.yaml, in the order of its keys
PAGES = ("man8/vpcd.8", "man8/vpcctl.8", "man5/vpcd.yaml.5", "man5/vpcd-documents.5")


def run(*argv, **options):
    return subprocess.run([str(word) for word in argv], capture_output=True, text=True, check=False, **options)


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.file = make_package()
        cls.directory = tempfile.TemporaryDirectory(prefix="vpcd-unpacked-")
        cls.root = cls.directory.name
        subprocess.run(["dpkg-deb", "-x", cls.file, cls.root], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.directory.cleanup()

    def good(self, *argv, **options):
        done = run(*argv, **options)
        self.assertEqual(done.returncode, 0, f"{argv}\n{done.stdout}{done.stderr}")
        return done.stdout

    def page(self, name):
        return self.good("zcat", f"{self.root}/usr/share/man/{name}.gz")

    def test_it_holds_what_a_host_needs_and_no_more(self):
        listed = {line.split()[5].removeprefix("./") for line in self.good("dpkg-deb", "-c", self.file).splitlines()}
        self.assertEqual(sorted(set(EXPECTED) - listed), [])
        for kept, place in (("bpf", "usr/share/vpcd"), ("include", "usr/share/vpcd"),
                            ("config/examples", "usr/share/doc/vpcd"), ("config/reference", "usr/share/doc/vpcd")):
            files = {path for path in glob.glob(f"{SOURCE}/{kept}/**", recursive=True)
                     if os.path.isfile(path) and path.endswith((".h", ".c", ".yaml"))}
            installed = {f"{place}/{os.path.relpath(path, SOURCE).removeprefix('config/')}" for path in files}
            self.assertTrue(installed)
            self.assertEqual(sorted(installed - listed), [])
            listed -= installed
        self.assertEqual(sorted(path for path in listed - set(EXPECTED) if not path.endswith("/")), [])

    def test_it_depends_on_a_libbpf_that_works(self):
        self.assertIn("libbpf1 (>= 1:1.4)", self.good("dpkg-deb", "-f", self.file, "Depends"))

    def test_it_suggests_what_compiling_here_takes(self):
        suggests = self.good("dpkg-deb", "-f", self.file, "Suggests").strip().split(", ")
        with open(f"{SOURCE}/tools/setup", encoding="utf-8") as file:
            recent = dict(re.findall(r"\[([\w-]+)\]=([\d.]+)", file.read()))
        self.assertIn(f"libbpf-dev (>= 1:{recent['libbpf-dev']})", suggests)
        self.assertIn(f"linux-libc-dev (>= {recent['linux-libc-dev']})", suggests)
        self.assertIn("clang-19 | clang", suggests)

    def test_its_programs_run(self):
        for program in ("usr/sbin/vpcd", "usr/bin/vpcctl"):
            self.good(f"{self.root}/{program}", "--help")
        self.assertEqual(self.good(f"{self.root}/usr/sbin/vpcd", "--version").strip(),
                         self.good("dpkg-deb", "-f", self.file, "Version").strip())

    def test_its_settings_and_examples_are_valid(self):
        vpcd, config = f"{self.root}/usr/sbin/vpcd", f"{self.root}/etc/vpcd/vpcd.yaml"
        examples = glob.glob(f"{self.root}/usr/share/doc/vpcd/examples/*/")
        self.assertTrue(examples)
        for directory in [f"{self.root}/etc/vpcd/documents", *examples]:
            self.good(vpcd, "--config", config, "--host", "node-a", "--check", directory)

    def test_its_unit_is_correct_and_confines_the_agent(self):
        with open(f"{self.root}/lib/systemd/system/vpcd.service", encoding="utf-8") as file:
            unit = file.read().replace("/usr/sbin/vpcd", f"{self.root}/usr/sbin/vpcd")
        with tempfile.TemporaryDirectory() as directory:
            path = f"{directory}/vpcd.service"
            with open(path, "w", encoding="utf-8") as file:
                file.write(unit)
            self.assertEqual(run("systemd-analyze", "verify", "--man=no", path).stderr, "")
            rated = self.good("systemd-analyze", "security", "--offline=true", path)
        with open(f"{SOURCE}/README.md", encoding="utf-8") as file:
            told = re.search(r"`systemd-analyze security` rates the\s+unit (\d\.\d \(\w+\))", file.read())[1]
        score, word = re.search(r"Overall exposure level for vpcd.service: (\d\.\d) (\w+)", rated).groups()
        self.assertEqual(f"{score} ({word})", told)

    def test_its_maintainer_scripts_are_shell(self):
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(["dpkg-deb", "-e", self.file, directory], check=True)
            for script in ("postinst", "prerm", "postrm"):
                self.good("sh", "-n", f"{directory}/{script}")
            with open(f"{directory}/conffiles", encoding="utf-8") as file:
                self.assertEqual(file.read(), "/etc/vpcd/vpcd.yaml\n")

    def test_its_pages_render_without_a_warning(self):
        for name in PAGES:
            done = run("groff", "-ww", "-mandoc", "-Tutf8", "-rLL=118n", input=self.page(name))
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)
            self.assertGreater(len(done.stdout.splitlines()), 20, name)
            self.assertNotRegex(done.stdout, r"@[A-Z]+@", name)

    def test_its_pages_tell_every_kind_and_every_setting(self):
        kinds = re.findall(r"^\.SH (\w+)$", self.page("man5/vpcd-documents.5"), re.MULTILINE)
        for path in glob.glob(f"{SOURCE}/config/reference/*.yaml"):
            with open(path, encoding="utf-8") as file:
                self.assertIn(re.search(r"^kind: (\w+)$", file.read(), re.MULTILINE)[1], kinds)
        settings = self.page("man5/vpcd.yaml.5")
        for key in self.settings():
            self.assertRegex(settings, rf"\.BR? {re.escape(key)}\b")

    def settings(self):
        """The keys the agent knows, as it names them to who writes another."""
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("nonsense: 1\n" + "".join(f"{section}: {{nonsense: 1}}\n" for section in SECTIONS))
            file.flush()
            told = run(f"{self.root}/usr/sbin/vpcd", "--config", file.name).stderr
        top, *sections = (line.split(", ") for line in re.findall(r"the keys are (.*)$", told, re.MULTILINE))
        self.assertEqual(top[-len(SECTIONS):], list(SECTIONS))
        return [*top[:-len(SECTIONS)],
                *(f"{section}.{key}" for section, keys in zip(SECTIONS, sections, strict=True) for key in keys)]

    def completed(self, tool, line):
        """What TAB offers at the end of the line."""
        words = line.split(" ")
        script = (f'source "{self.root}/usr/share/bash-completion/completions/{tool}"\n'
                  f'COMP_WORDS=({" ".join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}\n'
                  f'_{tool}\nprintf "%s\\n" "${{COMPREPLY[@]}}"')
        path = f"{self.root}/usr/bin:{self.root}/usr/sbin:{os.environ['PATH']}"
        return self.good("bash", "-c", script, env={**os.environ, "PATH": path}).split()

    def test_completion_knows_commands_and_options(self):
        self.assertEqual(self.completed("vpcctl", "vpcctl desc"), ["describe"])
        self.assertIn("--follow", self.completed("vpcctl", "vpcctl drops --f"))
        self.assertEqual(self.completed("vpcctl", "vpcctl status -o j"), ["json"])
        self.assertEqual(self.completed("vpcd", "vpcd --che"), ["--check", "--check-upgrade"])


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=2)
