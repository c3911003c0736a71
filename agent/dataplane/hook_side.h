// Where on a device a program is attached.
#pragma once

namespace vpcd {

enum class HookSide { Ingress, Egress, Xdp };

} // namespace vpcd
