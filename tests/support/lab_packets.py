"""Scapy with the tunnel headers the tests speak of, loaded once (the import takes about a second)."""
import logging

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)

# pylint: disable=unused-import
from scapy.layers.inet import GRE, ICMP, IP, TCP, UDP  # noqa: E402,F401
from scapy.layers.l2 import ARP, Dot1Q, Ether  # noqa: E402,F401
from scapy.layers.vxlan import VXLAN  # noqa: E402,F401
from scapy.packet import Raw  # noqa: E402,F401
from scapy.contrib.geneve import GENEVE  # noqa: E402,F401


def vxlan(outer_source, outer_destination, vni, inner, source_port=50000, source_mac=None, destination_mac=None):
    """A VXLAN packet with an outer Ethernet header."""
    return (Ether(src=source_mac, dst=destination_mac) / IP(src=outer_source, dst=outer_destination) /
            UDP(sport=source_port, dport=4789, chksum=0) / VXLAN(vni=vni, flags=0x08) / inner)


def is_tunnel(packet):
    return VXLAN in packet or GENEVE in packet or GRE in packet
