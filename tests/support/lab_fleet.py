"""Hosts with agents, and the documents that declare what they carry: the same on every host, in one file."""
import ipaddress
import json

FILE = "network.yaml"


def render(resources):
    """YAML documents of {(kind, name): fields}, in the order in which they were put."""
    documents = []
    for (kind, name), fields in resources.items():
        lines = [f"kind: {kind}", f"name: {name}"] + [f"{key}: {json.dumps(value)}" for key, value in fields.items()]
        documents.append("\n".join(lines) + "\n")
    return "---\n".join(documents)


def mac_of(address):
    """02:00:0a:00:01:0a for 10.0.1.10: equal addresses of two tenants have equal MACs."""
    return "02:00:" + ":".join(f"{byte:02x}" for byte in ipaddress.ip_address(address).packed)


def ingress(policy="allow", **fields):
    """A rule of a group or an ACL: ingress(protocol="tcp", ports=80, peer={"group": "web"})"""
    return {"direction": "ingress", "policy": policy, **fields}


def egress(policy="allow", **fields):
    return {"direction": "egress", "policy": policy, **fields}


class Fleet:
    """`encapsulation`: what each host receives, one word for all or {host: word}."""

    def __init__(self, lab, hosts=2, encapsulation="vxlan", **underlay):
        self.lab = lab
        self.hosts = lab.underlay(hosts, **underlay)
        self.resources = {}
        self.managed = []
        for host in self.hosts:
            word = encapsulation if isinstance(encapsulation, str) else encapsulation[host.name]
            self.put("Host", host.name, address=host.address, device=host.device, encapsulation=word)

    # --- documents ------------------------------------------------------------------------------------------------

    def put(self, kind, name, **fields):
        self.resources[kind, name] = fields

    def change(self, kind, name, **fields):
        """Other values for some fields; None takes a field away."""
        merged = {**self.resources[kind, name], **fields}
        self.resources[kind, name] = {key: value for key, value in merged.items() if value is not None}

    def remove(self, kind, name):
        del self.resources[kind, name]

    def vpc(self, name, vni, *cidrs, **fields):
        self.put("Vpc", name, vni=vni, cidrs=list(cidrs or ["10.0.0.0/16"]), **fields)

    def subnet(self, name, vpc, cidr, **fields):
        self.put("Subnet", name, vpc=vpc, cidr=cidr, **fields)

    def security_group(self, name, vpc, *rules, **fields):
        self.put("SecurityGroup", name, vpc=vpc, rules=list(rules), **fields)

    def network_acl(self, name, vpc, *rules):
        self.put("NetworkAcl", name, vpc=vpc, rules=list(rules))

    def prefix_list(self, name, *prefixes):
        self.put("PrefixList", name, prefixes=list(prefixes))

    def gateway(self, subnet):
        """The virtual router's address: the first of a subnet's last three."""
        return str(ipaddress.ip_network(self.resources["Subnet", subnet]["cidr"])[-3])

    def interface(self, name, subnet, host, address, mac=None, kind="veth", mtu=1450, plug=True, **fields):
        """Declares an interface and, unless `plug` is False, makes the instance that has it. Without
        `securityGroups` it is in the VPC's default group: it reaches and is reached by all others that name none."""
        mac = mac or mac_of(address)
        self.put("Interface", name, subnet=subnet, host=host.name, device=name, address=address, mac=mac, **fields)
        return self.plug(name, host, kind, mtu) if plug else None

    def tenants(self, vnis, places):
        """Tenants with equal blocks, {name: VNI}: each has the subnet NAME-a, the group NAME-open, which lets everything
        in, and for each of `places`, {number: host}, the instance NAME-number at 10.0.1.<number>0. Returns {name: instance}."""
        instances = {}
        for tenant, vni in vnis.items():
            self.vpc(tenant, vni)
            self.subnet(f"{tenant}-a", tenant, "10.0.1.0/24")
            self.security_group(f"{tenant}-open", tenant, ingress(protocol="all"))
            for number, host in places.items():
                name = f"{tenant}-{number}"
                instances[name] = self.interface(name, f"{tenant}-a", host, f"10.0.1.{number}0",
                                                 securityGroups=[f"{tenant}-open"])
        return instances

    def plug(self, name, host, kind="veth", mtu=1450):
        declared = self.resources["Interface", name]
        cidr = ipaddress.ip_network(self.resources["Subnet", declared["subnet"]]["cidr"])
        return host.instance(name, name, declared["address"], cidr.prefixlen, self.gateway(declared["subnet"]),
                             declared["mac"], mtu, kind)

    # --- agents ---------------------------------------------------------------------------------------------------

    def start(self, *hosts, config=None, attached=True):
        """Starts the agents of these hosts (default: all) with the documents put so far."""
        self.managed = list(hosts) or list(self.hosts)
        for host in self.managed:
            host.agent({FILE: render(self.resources)}, config)
        if attached:
            for host in self.managed:
                host.vpcd.wait_attached()

    def restart(self):
        """Kills each agent and starts it again, one host after the other."""
        for host in self.managed:
            host.vpcd.kill()
            host.vpcd.start()
            host.vpcd.wait_attached()

    def apply(self, accepted=True, attached=True):
        """Gives every agent the documents as they are now and waits until each has taken or refused them."""
        text = render(self.resources)
        for host in self.managed:
            host.write(FILE, text)
        for host in self.managed:
            host.wait_applied(accepted)
        if accepted and attached:
            for host in self.managed:
                host.vpcd.wait_attached()
