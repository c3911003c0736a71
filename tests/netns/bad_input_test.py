"""A change that breaks a rule is refused as a whole, every error by file:line:column, and what runs goes on."""
import os
import subprocess

import lab_paths
from lab_fleet import FILE, render
from lab_test import main
from lab_two_hosts import NearAndFar


class BadInput(NearAndFar):
    @classmethod
    def build(cls):
        super().build()
        cls.good = render(cls.fleet.resources)

    def tearDown(self):
        self.node_a.write(FILE, self.good)
        self.node_a.wait_applied()

    def refused(self, text, file=FILE):
        """Writes a bad file on node-a; returns the errors the agent reports while traffic goes on."""
        stream = self.near.udp_stream(self.far, rate=1000)
        self.node_a.write(file, text)
        errors = self.node_a.wait_applied(accepted=False)["pendingErrors"]
        self.assert_reaches(self.near, self.far)
        result = stream.stop()
        self.assertGreater(result.sent, 0)
        self.assertEqual(result.lost, 0)
        return errors

    def test_each_kind_of_mistake_is_named_with_its_place(self):
        lines = self.good.count("\n") + 1  # of the separator that follows
        cases = [
            ("syntax", "kind: Vpc\nname: [broken\n", 2, None, ""),
            ("unknown kind", "kind: Vpcc\nname: x\n", 1, 7, "Vpcc"),
            ("unknown key", "kind: Vpc\nname: x\nvni: 7\ncidrs: [10.1.0.0/16]\ncolour: blue\n", 5, 1, "colour"),
            ("bad address", "kind: Subnet\nname: x\nvpc: prod\ncidr: 10.0.300.0/24\n", 4, 7, "10.0.300.0"),
            ("dangling reference", "kind: Subnet\nname: x\nvpc: nobody\ncidr: 10.0.9.0/24\n", 3, 6, "nobody"),
            ("outside the VPC", "kind: Subnet\nname: x\nvpc: prod\ncidr: 10.1.9.0/24\n", 4, 7, "10.1.9.0/24"),
            ("overlap", "kind: Subnet\nname: x\nvpc: prod\ncidr: 10.0.1.128/25\n", 4, 7, "10.0.1.128/25"),
            ("reserved address", "kind: Interface\nname: x\nsubnet: web\naddress: 10.0.1.253\n"
                                 "mac: 02:00:00:00:00:01\n", 4, 10, "10.0.1.253"),
            ("duplicate name", "kind: Vpc\nname: prod\nvni: 300\ncidrs: [10.1.0.0/16]\n", None, None, "prod"),
            ("duplicate VNI", "kind: Vpc\nname: x\nvni: 100\ncidrs: [10.1.0.0/16]\n", 3, 6, "100"),
        ]
        for name, document, line, column, words in cases:
            with self.subTest(name):
                errors = self.refused(self.good + "---\n" + document)

                place = f"{FILE}:" + (f"{line + lines}:" if line else "") + (f"{column}: " if column else "")
                self.assertTrue([error for error in errors if place in error and words in error],
                                f"no error at {place} about {words!r}: {errors}")

    def test_all_errors_of_a_change_are_reported_at_once(self):
        errors = self.refused(self.good + "---\nkind: Subnet\nname: x\nvpc: nobody\ncidr: 10.0.9.0/24\n"
                                          "---\nkind: Vpc\nname: y\nvni: 100\ncidrs: [10.1.0.0/16]\n")

        self.assertEqual(len({error.split(": ")[0] for error in errors}), 2, errors)

    def test_a_thousand_errors_are_counted_and_the_first_hundred_told_once(self):
        bad = "---\n".join(f"kind: Subnet\nname: x{i}\nvpc: nobody\ncidr: 10.0.9.0/24\n" for i in range(1000))
        vpcd = self.node_a.vpcd
        logged = vpcd.whole_log().count("nobody")

        errors = self.refused(bad, file="bad.yaml")

        self.assertEqual(len(errors), 100)
        status = vpcd.status()
        self.assertGreaterEqual(status["pendingErrorCount"], 1000)
        self.assertEqual(status["lastChange"]["errorCount"], status["pendingErrorCount"])
        self.assertIn(f"... and {status['pendingErrorCount'] - 100} more\n", self.node_a.ctl("status"))
        self.assertEqual(vpcd.whole_log().count("nobody") - logged, 100)

        vpcd.write("other.yaml", "kind: Vpc\nname: other\nvni: 300\ncidrs: [10.3.0.0/16]\n")
        vpcd.wait_applied(accepted=False)
        self.assertEqual(vpcd.whole_log().count("nobody") - logged, 100)

        for name, accepted in (("other.yaml", False), ("bad.yaml", True)):
            vpcd.remove(name)
            vpcd.wait_applied(accepted)

    def test_a_file_removed_by_mistake_changes_nothing_when_others_refer_to_it(self):
        fleet = self.fleet
        parts = {"vpc.yaml": {key: value for key, value in fleet.resources.items() if key[0] == "Vpc"},
                 FILE: {key: value for key, value in fleet.resources.items() if key[0] != "Vpc"}}
        # Together they say what one file said; half of it would be refused, so nothing is lost on the way.
        self.node_a.write(FILE, self.good + "# the VPC moves to another file\n")
        self.node_a.wait_applied()
        self.node_a.write("vpc.yaml", render(parts["vpc.yaml"]))
        self.node_a.wait_applied(accepted=False)  # the name is there twice
        self.node_a.write(FILE, render(parts[FILE]))
        self.node_a.wait_applied()

        self.node_a.vpcd.remove("vpc.yaml")
        errors = self.node_a.wait_applied(accepted=False)["pendingErrors"]

        self.assertTrue([error for error in errors if "prod" in error], errors)
        self.assert_reaches(self.near, self.far)

    def test_check_prints_the_same_places_without_touching_anything(self):
        directory = self.lab.directory_of("checked")
        program = lab_paths.program("VPCD_BIN", "agent/app/vpcd")
        path = os.path.join(directory, FILE)

        def check(text):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            return subprocess.run([program, "--check", directory, "--host", "node-a"], text=True, check=False,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

        good = check(self.good)
        self.assertEqual(good.returncode, 0, good.stdout)
        self.assertIn("near", good.stdout)

        bad = check("kind: Vpc\nname: x\nvni: 7\ncidrs: [10.1.0.0/16]\ncolour: blue\n")
        self.assertNotEqual(bad.returncode, 0)
        self.assertIn(f"{FILE}:5:1: ", bad.stdout)


if __name__ == "__main__":
    main()
