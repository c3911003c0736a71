"""A host of the lab: a namespace with an underlay device, instances, and perhaps an agent."""
import os

from lab_agent import Agent
from lab_instance import Instance


class Host:
    """`gateway` is set on a routed underlay: the next hop to the other hosts."""

    def __init__(self, lab, name, address, gateway=None):
        self.lab = lab
        self.name = name
        self.address = address
        self.gateway = gateway
        self.device = "underlay0"
        self.namespace = lab.namespace(name)
        self.instances = []
        self._agent = None

    def instance(self, name, device, address, prefix_len, gateway, mac, mtu=1450, kind="veth"):
        """An instance behind `device`; inside its namespace the device is eth0."""
        instance = Instance(self, name, device, address, prefix_len, gateway, mac, mtu, kind)
        self.instances.append(instance)
        instance.plug()
        return instance

    # --- the agent ------------------------------------------------------------------------------------------------

    def agent(self, documents, config=None, start=True):
        """Starts vpcd with these documents: {file: text}, or the path of a directory to copy them from."""
        if isinstance(documents, str):
            documents = {name: _read(os.path.join(documents, name)) for name in sorted(os.listdir(documents))}
        pins = f"{self.lab.prefix}-{self.name}"
        self._agent = Agent(self.namespace, self.name, self.lab.directory_of(self.name), pins, config,
                            outlive=self.lab.outlive)
        self.lab.at_exit(self._agent.remove_pins)
        for file, text in documents.items():
            self._agent.write(file, text)
        if start:
            self._agent.start()
        return self._agent

    @property
    def vpcd(self):
        if self._agent is None:
            raise RuntimeError(f"host {self.name} has no agent")
        return self._agent

    @property
    def has_agent(self):
        return self._agent is not None

    def write(self, file, text):
        self.vpcd.write(file, text)

    def wait_applied(self, accepted=True, timeout=30):
        return self.vpcd.wait_applied(accepted, timeout)

    def ctl(self, *argv, check=True):
        return self.vpcd.ctl(*argv, check=check)


def _read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
