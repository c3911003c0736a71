/* Numbers both halves must agree on: sizes of tables, well-known ports, the virtual router's MAC. */
#pragma once

#define VPCD_MAX_INTERFACES 4096 /* interfaces on one host; index 0 means "none" */
#define VPCD_MAX_HOSTS 16384     /* hosts of the fleet; index 0 means "this host or none" */
#define VPCD_MAX_VPCS 65536      /* VPCs with an interface on this host */
#define VPCD_MAX_SUBNETS 262144
#define VPCD_MAX_ROUTES 1048576
#define VPCD_MAX_ENDPOINTS 1048576 /* default; `datapath.endpoints` in vpcd.yaml changes it */
#define VPCD_MAX_FLOWS 262144      /* default; `datapath.flows` in vpcd.yaml changes it */
#define VPCD_MAX_PENDING 65536     /* default; `datapath.pendingFlows` */
#define VPCD_MAX_FRAGMENTS 16384   /* packets in fragments at a time */
#define VPCD_MAX_POLICIES                                                                                            \
	16384 /* distinct sets of security groups of local interfaces, and network ACLs, by direction */
#define VPCD_MAX_RULE_SETS 32768 /* those in force, and those about to be */
#define VPCD_RULES 1024          /* rules of a rule set */
#define VPCD_MAX_RULES 1048576   /* of all rule sets */
#define VPCD_MAX_RULE_PEERS 1048576
#define VPCD_MAX_RULE_GROUPS 1048576
#define VPCD_MAX_RULE_PORTS 1048576
#define VPCD_MAX_RULE_HITS 262144 /* distinct rules that have decided */
#define VPCD_MAX_DROPS 65536      /* distinct (vpc, interface, reason) */
#define VPCD_MAX_PUBLICS                                                                                             \
	16384 /* public addresses, and backends of load balancers, of one host; index 0 means "none" */
#define VPCD_MAX_LIMITS 40960   /* bandwidth caps on one host, one for each direction; index 0 means "none" */
#define VPCD_MAX_SNATS 65536    /* sources that share public addresses, on one host */
#define VPCD_MAX_FORWARDS 65536 /* mapped ports of public addresses, on one host */
#define VPCD_MAX_TRANSLATIONS                                                                                        \
	524288 /* default; `datapath.translations` in vpcd.yaml changes it; two for each connection */
#define VPCD_MAX_TRANSLATION_COUNTS 262144 /* VPCs, private and public addresses with translations */
#define VPCD_MAX_SLICES 262144             /* blocks of ports that other hosts have */
#define VPCD_MAX_SERVICES 16384            /* listeners of load balancers on one host; index 0 means "none" */
#define VPCD_MAX_SERVICE_BLOCKS 65536      /* of SERVICE_BLOCK slots each */
#define VPCD_MAX_SERVICE_CLIENTS 262144
#define VPCD_EVENT_BYTES (1 << 20) /* ring of drop events */

#define VPCD_MAX_VNI 0xffffff /* 24 bits (RFC 7348, 5) */

#define VPCD_VXLAN_PORT 4789  /* RFC 7348, 8 */
#define VPCD_GENEVE_PORT 6081 /* RFC 8926, 3.3 */

#define VPCD_VXLAN_OVERHEAD 50  /* IPv4 20, UDP 8, VXLAN 8, inner Ethernet 14 */
#define VPCD_GENEVE_OVERHEAD 50 /* IPv4 20, UDP 8, Geneve 8 without options, inner Ethernet 14 */
#define VPCD_GRE_OVERHEAD 28    /* IPv4 20, GRE 4, key 4 (RFC 2890) */

/* The virtual router has one MAC in every subnet of every VPC. Locally administered, unicast. */
#define VPCD_ROUTER_MAC {0x02, 0x76, 0x70, 0x63, 0x64, 0xfe}

/* The inner destination of what leaves a VPC, towards the host whose gateway takes it out. */
#define VPCD_GATEWAY_MAC {0x02, 0x76, 0x70, 0x63, 0x64, 0xfd}

/* The inner source of what a gateway lets into a VPC to open a connection, and the inner destination of the answers, which
 * go back to that gateway whatever the route tables say. */
#define VPCD_RETURN_MAC {0x02, 0x76, 0x70, 0x63, 0x64, 0xfc}

/* The inner source of a health check, which is let in like that, and past all rules. */
#define VPCD_CHECK_MAC {0x02, 0x76, 0x70, 0x63, 0x64, 0xfb}

/* The inner destination of what has come from the Internet, as it came, to the host that translates it. */
#define VPCD_PASS_MAC {0x02, 0x76, 0x70, 0x63, 0x64, 0xfa}

/* No instance may send from a MAC that begins like these. */
#define VPCD_OWN_MAC_BYTES 5

/* The same in a GRE key, which has room beside the VNI. What is passed on is marked VPCD_GRE_OUTSIDE | VPCD_GRE_CHECK. */
#define VPCD_GRE_OUTSIDE 0x01000000
#define VPCD_GRE_RETURN 0x02000000
#define VPCD_GRE_CHECK 0x04000000

/* The source of a health check before it enters a VPC: an IPv4 address of class E, whose low bits are the VNI. */
#define VPCD_CHECK_BLOCK 0xf0000000

/* skb->mark of what our programs send out of an instance's device. Anything else that the host's own stack
 * tries to send there is not meant for a tenant. */
#define VPCD_MARK 0x76706364
