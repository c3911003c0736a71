// The paths of the status API. GET, but where another method stands; every answer is a JSON object, with keys as in
// json.h.
//
//   /v1/status
//   /v1/resources                       how many there are of each kind
//   /v1/resources/{kind}?limit=&after=  {"items": [...], "next": name}; {kind} in any spelling: subnets, rt, eni
//   /v1/resources/{kind}/{name}         {"resource": document, "where": "file:line:column", "state": ...}
//   /v1/describe/{kind}/{name}          the same and everything related
//   /v1/flows?vpc=&address=&port=&protocol=&interface=&limit=
//   DELETE /v1/flows?vpc=&address=&port=&protocol=&interface=   or ?all=true: {"ended": connections}
//   /v1/counters
//   /v1/trace?from=&to=&vpc=&source=&protocol=&sport=&dport=&flags=&icmpType=&icmpCode=&size=&ttl=&fresh=&arriving=
//                                       the way of one packet; flags: syn|ack
//   /v1/drops?vpc=&interface=&reason=   counts
//   /v1/drops/follow?vpc=&interface=&reason=   a stream of records, one a line
#pragma once

#include "observe/drop_feed.h"
#include "observe/router.h"
#include "observe/views.h"

namespace vpcd {

// Both must outlive the server that is given the router.
Router make_api(const Views&, DropFeed&);

} // namespace vpcd
