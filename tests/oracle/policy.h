// Who may talk to whom, rule after rule, the first that matches decides.
#pragma once

#include <vpcd/abi/drop.h>

#include "world.h"

namespace vpcd::oracle {

// What rules are asked about: the packet that opens a connection, and who is at the other end.
struct Question {
    Ipv4 peer = 0;
    std::uint8_t protocol = 0;
    std::uint16_t port = 0; // destination port
    std::uint8_t icmp_type = 0, icmp_code = 0;
};

// Which rule decided, in words: "SecurityGroup web: ingress allow tcp 80 from anybody", "SecurityGroup web: ingress
// members", "otherwise".
struct Decision {
    bool allows = false;
    std::string rule;
};

constexpr const char* kOtherwise = "otherwise";

// By all groups of `card`, for its outbound or inbound connections.
Decision ask_groups(const World&, const Card&, Direction, const Question&);
// By the network ACL of a subnet, which must have one.
Decision ask_acl(const World&, const Cloud&, const Subnet&, Direction, const Question&);

} // namespace vpcd::oracle
