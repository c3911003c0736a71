/* What the embedded programs are built for: everything. A host that compiles its own programs has another file of this
 * name (see lib/features.h). */
#pragma once

#include <linux/types.h>

#include <vpcd/abi/limits.h>

#define X(id, name, sentence) const volatile __u8 feature_##id = 1;
VPCD_FEATURES(X)
#undef X

#define BUILD_FLOWS VPCD_MAX_FLOWS
#define BUILD_PENDING VPCD_MAX_PENDING
#define BUILD_TRANSLATIONS VPCD_MAX_TRANSLATIONS
#define BUILD_ENDPOINTS VPCD_MAX_ENDPOINTS
