"""The documents of a large fleet, as one drops them: one file per host with its interfaces, one with the network."""
import ipaddress
import os

HOSTS = 1000
HERE = 0  # the number of the host that is measured
UNDERLAY = int(ipaddress.ip_address("198.18.0.0"))  # kept for benchmarks (RFC 2544)
UNDERLAY_LENGTH = 15
FIRST_ADDRESS = int(ipaddress.ip_address("10.0.0.0"))
SUBNET_LENGTH = 20
SUBNET_STEP = 1 << (32 - SUBNET_LENGTH)
PER_SUBNET = 4000  # of 4,092
ROUTE_TABLES, ROUTES = 100, 40
FIRST_VNI = 100
SMALLEST_VPC = 10
NETWORK = "network.yaml"


def text_of(address):
    return f"{address >> 24}.{address >> 16 & 255}.{address >> 8 & 255}.{address & 255}"


def host_name(host):
    return f"host-{host:04}"


def host_address(host):
    return text_of(UNDERLAY + 1 + host)


def host_file(host):
    return f"{host_name(host)}.yaml"


class Documents:
    """`place(i)` of a shape says where instance i is: (VPC, subnet within it, host, place in the subnet)."""

    def __init__(self, instances):
        self.instances = instances
        self.moved = {}  # instance -> host
        self.other_macs = set()
        self.by_host = [[] for _ in range(HOSTS)]
        self.subnets = {}  # (vpc, subnet) -> None, in order
        for instance in range(instances):
            vpc, subnet, host, _ = self.place(instance)
            self.by_host[host].append(instance)
            self.subnets[vpc, subnet] = None
        self.vpcs = list(dict.fromkeys(vpc for vpc, _ in self.subnets))

    # --- one instance ---------------------------------------------------------------------------------------------

    @staticmethod
    def name(instance):
        return f"eni-{instance:012}"

    @staticmethod
    def device(instance):
        return f"tap{instance}"

    def vni(self, instance):
        return FIRST_VNI + self.place(instance)[0]

    def address(self, instance):
        _, subnet, _, at = self.place(instance)
        return text_of(FIRST_ADDRESS + subnet * SUBNET_STEP + 1 + at)

    def mac(self, instance):
        _, subnet, _, at = self.place(instance)
        value = f"{FIRST_ADDRESS + subnet * SUBNET_STEP + 1 + at:08x}"
        first = "06" if instance in self.other_macs else "02"
        return f"{first}:00:{value[0:2]}:{value[2:4]}:{value[4:6]}:{value[6:8]}"

    def host(self, instance):
        return self.moved.get(instance, self.place(instance)[2])

    # --- files ----------------------------------------------------------------------------------------------------

    def host_text(self, file):
        """The file of a host. It goes on to declare what has moved away since."""
        parts = []
        for instance in self.by_host[file]:
            vpc, subnet, _, _ = self.place(instance)
            parts.append(f"kind: Interface\nname: {self.name(instance)}\nsubnet: subnet-{vpc}-{subnet}\n"
                         f"host: {host_name(self.host(instance))}\ndevice: {self.device(instance)}\n"
                         f"address: {self.address(instance)}\nmac: {self.mac(instance)}\n")
        return "---\n".join(parts)

    def network_text(self):
        parts = [f"kind: Host\nname: {host_name(host)}\naddress: {host_address(host)}\ndevice: underlay0\n"
                 for host in range(HOSTS)]
        parts += [f"kind: Vpc\nname: vpc-{vpc}\nvni: {FIRST_VNI + vpc}\ncidrs: [10.0.0.0/8]\n" for vpc in self.vpcs]
        for vpc, subnet in self.subnets:
            cidr = f"{text_of(FIRST_ADDRESS + subnet * SUBNET_STEP)}/{SUBNET_LENGTH}"
            parts.append(f"kind: Subnet\nname: subnet-{vpc}-{subnet}\nvpc: vpc-{vpc}\ncidr: {cidr}\n"
                         f"routeTable: {self.route_table(subnet)}\n")
        return "---\n".join(parts + self.route_table_texts())

    def write(self, directory, progress):
        """All files; returns how many and their bytes."""
        size = 0
        for host in range(HOSTS):
            progress.say(f"writing documents, host {host + 1} of {HOSTS}")
            size += _write(os.path.join(directory, host_file(host)), self.host_text(host))
        size += _write(os.path.join(directory, NETWORK), self.network_text())
        return HOSTS + 1, size

    # --- what the shapes differ in --------------------------------------------------------------------------------

    def place(self, instance):
        raise NotImplementedError

    def route_table(self, subnet):
        del subnet
        return "main"

    def route_table_texts(self):
        return []

    def custom_routes(self):
        return 0

    # --- what has to come of it -----------------------------------------------------------------------------------

    def expected_rows(self, devices):
        """Rows of each table on the host that is measured, when `devices` of its interfaces have their device."""
        here = self.by_host[HERE]
        vpcs = {self.place(instance)[0] for instance in here}
        instances = sum(len(members) for vpc, members in self._by_vpc().items() if vpc in vpcs)
        subnets = [(vpc, subnet) for vpc, subnet in self.subnets if vpc in vpcs]
        with_locals = {self.place(instance)[:2] for instance in here}
        tables = {(vpc, self.route_table(subnet)) for vpc, subnet in with_locals}
        system = sum(1 + sum(1 for other, _ in subnets if other == vpc) for vpc, _ in tables)
        return {"hosts": HOSTS - 1, "vteps": HOSTS - 1, "next_hops": instances, "vpcs": len(vpcs),
                "endpoints": instances + len(subnets), "stations": len(here), "interfaces": len(here),
                "devices": devices, "routes": system + self.custom_routes(), "settings": 1}

    def _by_vpc(self):
        members = {}
        for instance in range(self.instances):
            members.setdefault(self.place(instance)[0], []).append(instance)
        return members


class OneVpc(Documents):
    """Neighbours in a subnet are on different hosts; each host has the same number of instances."""

    def place(self, instance):
        return 0, instance // PER_SUBNET, instance % HOSTS, instance % PER_SUBNET


class ManyVpcs(Documents):
    """1,000 VPCs, fewer when they would have less than ten instances each; this host has one instance of each."""

    def __init__(self, instances):
        self.count = max(1, min(1000, instances // SMALLEST_VPC))
        super().__init__(instances)

    def place(self, instance):
        vpc, member = instance % self.count, instance // self.count
        host = HERE if member == 0 else 1 + (member - 1 + vpc) % (HOSTS - 1)
        return vpc, member // PER_SUBNET, host, member % PER_SUBNET


class RouteTables(Documents):
    """100 subnets with a route table of 40 routes each; this host has an instance in every one."""

    def place(self, instance):
        subnet, member = instance % ROUTE_TABLES, instance // ROUTE_TABLES
        return 0, subnet, HERE if member == 0 else 1 + instance % (HOSTS - 1), member

    def route_table(self, subnet):
        return f"table-{subnet}"

    def route_table_texts(self):
        texts = []
        for table in range(ROUTE_TABLES):
            routes = "".join(f"  - destination: 172.{16 + route // 16}.{route % 16 * 16}.0/20\n"
                             f"    nextHop: {self._next_hop(table, route)}\n" for route in range(ROUTES))
            texts.append(f"kind: RouteTable\nname: table-{table}\nvpc: vpc-0\nroutes:\n{routes}")
        return texts

    def _next_hop(self, table, route):
        """Every fourth route leads nowhere, the others to instances of the subnet on other hosts."""
        if route % 4 == 3:
            return "{blackhole: true}"
        member = 1 + route % (self.instances // ROUTE_TABLES - 1)
        return f"{{interface: {self.name(table + member * ROUTE_TABLES)}}}"

    def custom_routes(self):
        return ROUTE_TABLES * ROUTES


SHAPES = {"one-vpc": OneVpc, "many-vpcs": ManyVpcs, "route-tables": RouteTables}


def _write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return len(text)
