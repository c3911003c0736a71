// Where on a device a program is attached.
#pragma once

namespace vpcd {

enum class Direction { Ingress, Egress, Xdp };

} // namespace vpcd
