"""The kernel state outlives the agent: packets go on without it, and the next one takes over what is there."""
from lab_fleet import FILE, render
from lab_test import Fleet, LabTest, main


class Restart(LabTest):
    @classmethod
    def build(cls):
        cls.fleet = fleet = Fleet(cls.lab)
        cls.node_a, cls.node_b = fleet.hosts
        fleet.vpc("prod", 100)
        fleet.subnet("web", "prod", "10.0.1.0/24")
        fleet.subnet("db", "prod", "10.0.2.0/24")
        cls.near = fleet.interface("near", "web", cls.node_a, "10.0.1.10")
        cls.local = fleet.interface("local", "db", cls.node_a, "10.0.2.11")
        cls.far = fleet.interface("far", "db", cls.node_b, "10.0.2.10")
        fleet.start()

    def nothing_is_lost_while(self, change):
        streams = [self.near.udp_stream(self.far), self.far.udp_stream(self.near), self.near.udp_stream(self.local)]
        held = self.near.hold_connection(self.far)
        change()
        self.assert_reaches(self.near, self.far)
        for result in [stream.stop() for stream in streams]:
            self.assertGreater(result.sent, 100)
            self.assertEqual((result.lost, result.duplicate), (0, 0), result)
        self.assertEqual(held.stop()["error"], "")

    def restart(self, end):
        end()
        self.assert_reaches(self.near, self.far)  # nobody is in charge now
        self.assert_reaches(self.near, self.local)
        self.node_a.vpcd.start()
        self.node_a.vpcd.wait_attached()

    def test_an_agent_that_is_killed_and_started_again_loses_no_packet(self):
        self.nothing_is_lost_while(lambda: self.restart(self.node_a.vpcd.kill))

    def test_an_agent_that_is_stopped_and_started_again_loses_no_packet(self):
        self.nothing_is_lost_while(lambda: self.restart(self.node_a.vpcd.stop))

    def test_a_restart_keeps_the_flows(self):
        held = self.near.hold_connection(self.far)
        before = self.node_a.vpcd.counter("flow-created")

        self.restart(self.node_a.vpcd.kill)
        known = [flow for flow in self.node_a.vpcd.get("/v1/flows?address=10.0.2.10")["flows"]
                 if flow["protocol"] == "tcp"]

        self.assertTrue(known)
        self.assertGreaterEqual(self.node_a.vpcd.counter("flow-created"), before)
        self.assertEqual(held.stop()["error"], "")

    def test_a_change_made_while_no_agent_ran_is_taken_up(self):
        self.node_a.vpcd.kill()
        self.fleet.put("RouteTable", "prod-main", vpc="prod", main=True,
                       routes=[{"destination": "10.0.2.11/32", "nextHop": {"blackhole": True}}])
        self.addCleanup(self.forget_the_route)
        self.node_a.write(FILE, render(self.fleet.resources))
        self.assert_reaches(self.near, self.local)

        self.node_a.vpcd.start()
        self.node_a.vpcd.wait_attached()

        self.assert_silence(self.near, self.local)
        self.assert_reaches(self.near, self.far)

    def forget_the_route(self):
        self.fleet.remove("RouteTable", "prod-main")
        self.fleet.apply()


if __name__ == "__main__":
    main()
