// The default VPC and its subnets (S1, S2 "Default VPC and VSwitch"): an interface that names no subnet is in the
// default subnet of its host's zone, a /20 of VPC "default". They are ordinary resources of the model, there while an
// interface needs them and no document declares them.
#pragma once

#include <string>
#include <vector>

#include "model/model.h"

namespace vpcd {

// Fills in `subnet` of interfaces that were written without, and makes or removes the default subnets and the default
// VPC. `changes` hold what takes back the change so far; what takes back this is appended to `undo`.
// The block of a default subnet is the /20 around its interfaces' addresses.
void complete_defaults(Model& model, const std::vector<Declaration*>& changes, std::vector<Declaration>& undo);

// "default-<zone>"
std::string default_subnet_name(std::string_view zone);

// The interface that a generated subnet was made for; nullptr: none needs it.
const Interface* cause_of(const Subnet&, const Model&);

} // namespace vpcd
