// Rules of security groups and network ACLs as the API shows them: what each says, and what it has decided here.
#pragma once

#include <boost/json/object.hpp>

#include "observe/views.h"

namespace vpcd {

// "rules": the document's rules in its order, then those between members, then what becomes of the rest, with packets
// and bytes; "unmatched": what no rule matched, in the whole VPC. What the kernel cannot be asked has an "error"
// instead.
void add_rules(const Views&, const SecurityGroup&, boost::json::object& answer);
void add_rules(const Views&, const NetworkAcl&, boost::json::object& answer);

// "memberOf", its groups, and "effectiveRules": those of all its groups, in the order in which they decide.
void add_effective_rules(const Views&, const Interface&, boost::json::object& answer);

} // namespace vpcd
