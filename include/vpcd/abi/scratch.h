/* What does not fit the 512 bytes of stack that the kernel gives a program. */
#pragma once

#include <vpcd/abi/flow.h>
#include <vpcd/abi/nat.h>

/* Is asked of a rule set. */
struct rule_question {
	__u64 rule;      /* out: its id, or one of enum rule_id */
	__u32 rule_set;  /* never 0 */
	__u32 group_set; /* of the peer; 0: none */
	struct address peer;
	__u8 protocol;
	__u8 port[2]; /* as in struct rule_port_key */
	__u8 pad[5];
};
VPCD_ABI_SIZE(struct rule_question, 40);

/* What a translation puts in the place of an address and its port. */
struct replacement {
	struct address address;
	__u32 vpc; /* of the private side */
	__u32 id;  /* of the public address */
	__be16 port;
	__u16 pad; /* always 0 */
};
VPCD_ABI_SIZE(struct replacement, 28);

/* The one element of `scratch`, per CPU. Nothing in it outlives the function that writes it. */
struct scratch {
	struct flow_key key; /* of another flow than the packet's */
	struct flow flow;
	struct rule_question question;
	struct translation translation; /* to be written, under one of these two keys */
	struct flow_key out_key;
	struct flow_key in_key;
	struct replacement replacement;
	__u32 pad;
	struct flow_key renewed[2]; /* the two directions of a translation that is asked about again */
} VPCD_LAYOUT(1);
VPCD_ABI_SIZE(struct scratch, 448);
